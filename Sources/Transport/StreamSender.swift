import Wire

/// The sending side of a connection's streams: messages that wait for credit and for the socket, each
/// stream in its turn (W39).
///
/// Whoever writes to a stream is bound by its room: it may write while there is some, and is told when
/// it returns. So what a stream queues is bounded, whatever the peer does.
struct StreamSender {
    private enum Closing {
        /// More messages may follow.
        case open
        /// No message follows those that are queued; the stream goes on (W56).
        case halfClose
        /// END follows the messages that are queued (W61).
        case end
        /// That was sent.
        case done
    }

    private struct Stream {
        var credit: Int
        var messages = Queue<[UInt8]>()
        /// How much of the first message was sent; nil while it hasn't begun, and taken no credit.
        var position: Int?
        var closing = Closing.open
        /// Whether the call's own message is still going out, before which nothing may.
        var isHeld = false
        /// Whether it is in `ready`.
        var isReady = false
        /// Room that has returned since whoever writes was told.
        var freed = 0
    }

    private enum Progress {
        case wrote
        /// Nothing can be sent before there is more of the stream's, or a message.
        case waits
        case waitsForConnection
        case ended
    }

    /// Room in bytes with which each stream begins.
    private let room: Int
    private var window: UInt32 = 0
    private var connectionCredit = 0
    private var streams: [UInt32: Stream] = [:]
    private var ready = Queue<UInt32>()
    private var waitingForConnection: [UInt32] = []
    /// Room to be told of, since the last look.
    private(set) var returned: [(stream: UInt32, byteCount: Int)] = []
    /// Streams whose END was written, since the last look.
    private(set) var ended: [UInt32] = []

    init(room: Int) { self.room = room }

    /// Whether a frame may be sent now.
    var isReady: Bool { !ready.isEmpty }

    /// Whether the peer takes streams.
    var isPossible: Bool { window > 0 }

    /// The longest message that the peer takes on a stream.
    var longestMessage: Int { StreamCredit.longestMessage(window: window) }

    /// Takes note of what the peer takes.
    mutating func greet(_ peer: Hello) {
        window = peer.streamWindow
        connectionCredit = Int(peer.connectionWindow)
    }

    /// Begins a stream. When it `isHeld`, nothing is sent on it before it is released.
    mutating func open(_ stream: UInt32, isHalfClosed: Bool = false, isHeld: Bool = false) {
        streams[stream] = Stream(
            credit: Int(window),
            closing: isHalfClosed ? .done : .open,
            isHeld: isHeld
        )
    }

    mutating func release(_ stream: UInt32) {
        guard streams[stream]?.isHeld == true else { return }
        streams[stream]?.isHeld = false
        wake(stream)
    }

    /// Forgets a stream and what it queues. A message that has begun isn't finished.
    mutating func remove(_ stream: UInt32) {
        streams[stream] = nil
        waitingForConnection.removeAll { $0 == stream }
    }

    mutating func removeAll() {
        streams = [:]
        ready = Queue()
        waitingForConnection = []
    }

    /// Queues a message.
    ///
    /// - Precondition: it is no longer than `longestMessage`, and the stream wasn't closed.
    mutating func append(_ message: [UInt8], to stream: UInt32) {
        precondition(message.count <= longestMessage, "a message fits the peer's window")
        guard case .open? = streams[stream]?.closing else { return }
        streams[stream]?.messages.append(message)
        wake(stream)
    }

    /// Says, behind the messages that are queued, that no other follows.
    mutating func halfClose(_ stream: UInt32) {
        guard case .open? = streams[stream]?.closing else { return }
        streams[stream]?.closing = .halfClose
        wake(stream)
    }

    /// Ends the stream behind the messages that are queued.
    mutating func end(_ stream: UInt32) {
        guard streams[stream] != nil else { return }
        streams[stream]?.closing = .end
        wake(stream)
    }

    /// The peer has given credit back: of `stream`, or of the connection when 0.
    ///
    /// - Throws: `malformed` when it is nothing or too much (W59).
    mutating func giveBack(
        _ byteCount: UInt32,
        to stream: UInt32
    ) throws(ProtocolViolation) {
        guard byteCount > 0 else { throw .malformed(.window, .credit) }
        if stream == 0 {
            connectionCredit += Int(byteCount)
            guard connectionCredit <= Hello.mostCredit else { throw .malformed(.window, .credit) }
            let waiting = waitingForConnection
            waitingForConnection = []
            for stream in waiting { wake(stream) }
        } else if let credit = streams[stream]?.credit {
            guard credit + Int(byteCount) <= Hello.mostCredit else {
                throw .malformed(.window, .credit)
            }
            streams[stream]?.credit = credit + Int(byteCount)
            wake(stream)
        }
    }

    private mutating func wake(_ stream: UInt32) {
        guard streams[stream]?.isReady == false else { return }
        streams[stream]?.isReady = true
        ready.append(stream)
    }

    /// Takes the room that has returned.
    mutating func takeReturned() -> [(stream: UInt32, byteCount: Int)] {
        defer { returned = [] }
        return returned
    }

    /// Takes the streams whose END was written.
    mutating func takeEnded() -> [UInt32] {
        defer { ended = [] }
        return ended
    }

    /// Writes one frame of the stream whose turn it is; false when no stream may send.
    mutating func writeNext(into output: inout MessageWriter, longestPayload: UInt32) -> Bool {
        while let stream = ready.popFirst() {
            guard streams[stream] != nil else { continue }
            switch write(stream, into: &output, longestPayload: longestPayload) {
            case .wrote:
                ready.append(stream)
                return true
            case .waits: streams[stream]?.isReady = false
            case .waitsForConnection:
                streams[stream]?.isReady = false
                // It may wait already: credit of its own has woken it meanwhile.
                if !waitingForConnection.contains(stream) { waitingForConnection.append(stream) }
            case .ended:
                streams[stream] = nil
                ended.append(stream)
                return true
            }
        }
        return false
    }

    private mutating func write(
        _ number: UInt32,
        into output: inout MessageWriter,
        longestPayload: UInt32
    ) -> Progress {
        guard streams[number]?.isHeld == false else { return .waits }
        guard let message = streams[number]?.messages.first else {
            return writeClosing(number, into: &output)
        }
        let cost = StreamCredit.cost(of: message.count)
        if streams[number]?.position == nil {
            guard cost <= streams[number]?.credit ?? 0 else { return .waits }
            guard cost <= connectionCredit else { return .waitsForConnection }
            connectionCredit -= cost
            streams[number]?.credit -= cost
        }
        let position = streams[number]?.position ?? 0
        let length = min(message.count - position, Int(longestPayload), Limits.longestFragment)
        let isLast = position + length == message.count
        var flags: FrameFlags = isLast ? .last : []
        if position == 0 { flags.insert(.first) }
        if isLast, streams[number]?.messages.count == 1,
            case .halfClose? = streams[number]?.closing
        {
            flags.insert(.halfClose)
            streams[number]?.closing = .done
        }
        message.withUnsafeBytes { bytes in
            output.appendFrame(
                .message,
                flags: flags,
                stream: number,
                field32: UInt32(message.count),
                payload: UnsafeRawBufferPointer(rebasing: bytes[position..<(position + length)])
            )
        }
        streams[number]?.position = isLast ? nil : position + length
        if isLast {
            _ = streams[number]?.messages.popFirst()
            free(cost, of: number)
        }
        return .wrote
    }

    private mutating func writeClosing(
        _ number: UInt32,
        into output: inout MessageWriter
    ) -> Progress {
        switch streams[number]?.closing {
        case .halfClose?:
            output.appendFrame(.message, flags: .halfClose, stream: number)
            streams[number]?.closing = .done
            return .wrote
        case .end?:
            output.appendFrame(.end, stream: number)
            return .ended
        case .open?, .done?, nil: return .waits
        }
    }

    /// Room returns in portions, and writing waits only when there is none: less than half is held back.
    private mutating func free(_ cost: Int, of number: UInt32) {
        guard var freed = streams[number]?.freed else { return }
        freed += cost
        if freed >= room / 2 {
            returned.append((number, freed))
            freed = 0
        }
        streams[number]?.freed = freed
    }
}
