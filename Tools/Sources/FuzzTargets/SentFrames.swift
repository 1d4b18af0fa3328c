import Transport
import Wire

/// What a side has sent: whole frames, and nothing that the protocol doesn't allow.
struct SentFrames {
    /// A message that is coming in fragments.
    private struct Unfinished {
        let total: UInt32
        var length: UInt32
    }

    /// The longest payload that the other side takes.
    var longestPayload: UInt32 = Hello.leastLongestPayload
    /// Credit that the other side has given: of the connection (0) and of streams.
    private var credit: [UInt32: Int] = [:]
    /// What the other side's HELLO gave to each stream.
    var streamWindow = 0
    /// How many ENDs each stream has.
    private(set) var ends: [UInt32: Int] = [:]
    private(set) var calls: Set<UInt32> = []
    /// ERROR was sent, behind which nothing comes (W10).
    private(set) var hasError = false
    private var unfinished: [UInt32: Unfinished] = [:]

    /// Takes what was written since the last look.
    mutating func take(_ output: inout MessageWriter) {
        output.withUnsafeBytes { bytes in
            var rest = bytes
            while rest.count > 0 {
                guard
                    case .found(let frame)? = try? Frame.first(
                        in: rest,
                        longestPayload: longestPayload
                    ), let type = FrameType(rawValue: frame.header.type)
                else { preconditionFailure("whole frames are sent, no longer than is taken") }
                precondition(!hasError, "nothing is sent behind ERROR")
                take(frame, type)
                rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
            }
        }
        output.removeAll()
    }

    private mutating func take(_ frame: Frame, _ type: FrameType) {
        let stream = frame.header.stream
        switch type {
        case .error: hasError = true
        case .call:
            precondition(calls.insert(stream).inserted, "a stream is opened once")
        case .end:
            precondition(ends[stream] == nil, "a call has one END")
            ends[stream] = 1
            precondition(
                frame.header.field16 != 0 || unfinished[stream] == nil,
                "END comes behind the whole message"
            )
            unfinished[stream] = nil
        case .message: takeFragment(frame)
        case .cancel: unfinished[stream] = nil
        case .window: precondition(frame.header.field32 > 0, "credit is more than nothing")
        case .hello, .authenticate, .ping, .pong, .goAway: break
        }
    }

    private mutating func takeFragment(_ frame: Frame) {
        let header = frame.header
        let stream = header.stream
        precondition(ends[stream] == nil, "nothing is sent behind END")
        let total = header.field32
        if header.flags.contains(.first) {
            precondition(unfinished[stream] == nil, "one message after the other")
            spend(Int(total) + 64, of: stream)
        } else if header.flags == .halfClose {
            precondition(total == 0 && header.payloadLength == 0, "nothing but the closing")
            return
        }
        var message = unfinished[stream] ?? Unfinished(total: total, length: 0)
        message.length += header.payloadLength
        precondition(message.total == total && message.length <= total, "fragments add up")
        precondition(
            header.flags.contains(.last) == (message.length == total) || calls.contains(stream),
            "LAST is on the fragment that completes the message"
        )
        unfinished[stream] = header.flags.contains(.last) ? nil : message
    }

    private mutating func spend(_ cost: Int, of stream: UInt32) {
        for owner in [0, stream] {
            let left = (credit[owner] ?? initialCredit(of: owner)) - cost
            credit[owner] = left
            precondition(left >= 0, "no more is sent than there is credit for")
        }
    }

    private func initialCredit(of owner: UInt32) -> Int { owner == 0 ? 0 : streamWindow }

    /// Takes note of credit that the other side has given, or may have.
    mutating func give(_ byteCount: UInt32, to owner: UInt32) {
        credit[owner] = (credit[owner] ?? initialCredit(of: owner)) + Int(byteCount)
    }
}

/// Bytes on their way to a session, which come in pieces.
struct Delivery {
    /// Bytes that have come and weren't taken yet.
    var backlog: [UInt8] = []
    /// How many come at a time.
    var pieceLength = Int.max

    /// The pieces in which `bytes` come.
    func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let length = min(pieceLength, max(bytes.count, 1))
        return stride(from: 0, to: bytes.count, by: length).map { start in
            bytes[start..<min(start + length, bytes.count)]
        }
    }
}

extension Limits {
    /// Small, so that few bytes reach them.
    static var small: Limits {
        var limits = Limits()
        limits.longestPayload = 16_384
        limits.longestMessage = 40_000
        limits.callsInFlight = 6
        limits.streams = 3
        limits.streamWindow = 32_768
        limits.connectionWindow = 65_536
        limits.streamQueueBytes = 32_768
        limits.resetsPerSecond = 3
        return limits
    }
}

extension MonotonicTime {
    static let start = MonotonicTime(nanoseconds: 5_000_000_000)
}
