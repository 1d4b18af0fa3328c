import Transport
import Wire

/// A client's end of a connection: the real session, with a link in place of a socket.
final class ClientConnection {
    /// What has come of a read.
    enum News {
        case ready
        case succeeded(ClientSession.CallKey, [UInt8], isReplay: Bool)
        case failed(ClientSession.CallKey, CallFailure)
        case message(ClientSession.CallKey, [UInt8])
        /// The server takes no call here that it hasn't begun: these weren't.
        case notTaken([ClientSession.CallKey])
        /// The connection is of no use any more; why, when the peer or a rule is to blame.
        case over(ClientSession.End?)
    }

    let link: Link
    private let world: World
    private var session: ClientSession
    private var output = MessageWriter()
    private var backlog: [UInt8] = []
    /// How many bytes the link has taken.
    private var sent: UInt64 = 0
    private(set) var isReady = false

    init(on link: Link, profile: ClientProfile, in world: World) {
        self.link = link
        self.world = world
        session = ClientSession(profile: profile, at: world.now, into: &output)
    }

    var canBegin: Bool { isReady && session.canBegin }
    var takesStreams: Bool { session.takesStreams }
    /// Whether it takes no new calls, and none is underway.
    var isSpent: Bool { session.isRetired && session.callsInFlight == 0 }
    var deadline: MonotonicTime { session.timer }

    /// Begins a call.
    ///
    /// - Precondition: `canBegin`; `takesStreams` for a stream.
    func begin(_ key: ClientSession.CallKey, _ call: OutgoingRequest) -> UInt32 {
        let stream = session.begin(
            key,
            method: call.method,
            timeoutMilliseconds: call.timeoutMilliseconds,
            requestID: call.requestID,
            traceparent: call.traceparent,
            message: call.message,
            flags: call.isStream ? [.stream, .halfClose] : [],
            into: &output
        )
        session.noteOutputEnd(sent + UInt64(output.count), of: stream)
        return stream
    }

    func cancel(_ stream: UInt32) { session.cancel(stream: stream, into: &output) }

    /// Messages of a stream have been dealt with.
    func giveBack(_ byteCount: Int, to stream: UInt32) {
        session.giveBack(byteCount, to: stream, into: &output)
    }

    /// Takes `count` bytes that have arrived.
    func read(_ count: Int) -> [News] {
        guard !link.isReset else { return [.over(nil)] }
        let bytes = link.toClient.read(count)
        var news: [News] = []
        if !bytes.isEmpty {
            session.received(at: world.now)
            backlog += bytes
            let consumed = backlog.withUnsafeBytes { all in
                var input = all
                digest(&input, into: &news)
                return all.count - input.count
            }
            backlog.removeFirst(consumed)
        }
        if case .over = news.last { return news }
        if link.toClient.hasEnded, link.toClient.arrived.isEmpty {
            _ = session.inputEnded()
            news.append(.over(session.end))
        }
        return news
    }

    private func digest(_ input: inout UnsafeRawBufferPointer, into news: inout [News]) {
        while true {
            switch session.next(in: &input, at: world.now, into: &output) {
            case .consumed: break
            case .wantsMore: return
            case .ready:
                isReady = true
                news.append(.ready)
            case .refused(let failure):
                world.found("the server refuses to let a client in: \(failure.message)")
                news.append(.over(nil))
                return
            case .succeeded(let key, let message, let isReplay):
                news.append(.succeeded(key, [UInt8](message), isReplay: isReplay))
            case .failed(let key, let failure): news.append(.failed(key, failure))
            case .message(let key, let bytes): news.append(.message(key, [UInt8](bytes)))
            case .goingAway: news.append(.notTaken(session.takeUnprocessed()))
            case .close:
                news.append(.over(session.end))
                return
            }
        }
    }

    /// Does what has become due, and sends what there is room for; false when the connection is over.
    func settle() -> Bool {
        guard !link.isReset else { return false }
        if session.timer <= world.now, case .close = session.tick(at: world.now, into: &output) {
            return false
        }
        for _ in 0..<8 {
            if session.hasFragments { session.fillFragments(into: &output) }
            let count = min(output.count, link.toServer.room)
            guard count > 0 else { break }
            link.toServer.send(output.bytes[..<count])
            output.removeFirst(count)
            sent += UInt64(count)
        }
        _ = session.takeReturned()
        return true
    }

    var end: ClientSession.End? { session.end }

    /// Ends the connection; returns what was underway.
    func close() -> [(key: ClientSession.CallKey, mayHaveArrived: Bool)] {
        link.isForgottenByClient = true
        link.toServer.end()
        link.toClient.deafen()
        return session.takeAll(sent: sent)
    }
}

/// A call as a client begins it.
struct OutgoingRequest {
    let method: UInt32
    let message: [UInt8]
    var requestID: [UInt8] = []
    var traceparent: [UInt8] = []
    var timeoutMilliseconds: UInt32 = 0
    var isStream = false
}
