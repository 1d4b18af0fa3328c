import Testing
import Wire

@testable import Transport

/// A server's session with a time of its own and no socket.
final class ServerHarness {
    enum Happening: Equatable {
        case call(stream: UInt32, message: [UInt8])
        case authenticate(Credentials)
        case cancelled(stream: UInt32)
        case opened(stream: UInt32, message: [UInt8], isHalfClosed: Bool)
        case message(stream: UInt32, [UInt8])
        case halfClosed(stream: UInt32)
        case roomReturned(stream: UInt32, Int)
        case closed
    }

    /// What the handler does with a call.
    enum Handling {
        case echo
        case later(timeout: UInt32)
        case reply([UInt8])
    }

    /// Whether messages on streams are dealt with at once.
    var readsStreams = true
    /// The time limit of streams.
    var streamTimeout: UInt32 = 0

    let session = UnsafeMutablePointer<ServerSession>.allocate(capacity: 1)
    private let output = UnsafeMutablePointer<MessageWriter>.allocate(capacity: 1)
    private var backlog: [UInt8] = []
    private(set) var now = MonotonicTime(nanoseconds: 5_000_000_000)
    private(set) var happenings: [Happening] = []
    private(set) var tickets: [UInt32: CallTicket] = [:]
    private(set) var requestIDs: [[UInt8]] = []
    private(set) var principals: [Principal] = []
    var handling: Handling

    /// - Parameters:
    ///   - profile: what it shares with other sessions; of its own when nil.
    ///   - windows: what the client announces; it takes no streams by default.
    init(
        _ limits: Limits = Limits(),
        sharing profile: ServerProfile? = nil,
        handling: Handling = .echo,
        windows: (stream: UInt32, connection: UInt32) = (0, 0),
        isGreeted: Bool = true
    ) {
        self.handling = handling
        output.initialize(to: MessageWriter())
        session.initialize(
            to: ServerSession(
                ConnectionID(reactor: 0, index: 0, generation: 0),
                profile: profile
                    ?? ServerProfile(realm: "test", limits: limits, product: "banjied"),
                at: now
            )
        )
        guard isGreeted else { return }
        receive(Preface.bytes + Bytes.hello(windows: windows))
        #expect(sent().map(\.type) == [.hello])
    }

    deinit {
        session.deinitialize(count: 1)
        session.deallocate()
        output.deinitialize(count: 1)
        output.deallocate()
    }

    var callsInFlight: Int { session.pointee.callsInFlight }
    var hasFragments: Bool { session.pointee.hasFragments }
    var isFinished: Bool { session.pointee.isFinished }
    var isClosed: Bool { happenings.last == .closed }

    /// What has happened since the last look.
    func takeHappenings() -> [Happening] {
        defer { happenings = [] }
        return happenings
    }

    /// Takes bytes as a loop does.
    func receive(_ bytes: [UInt8]) {
        session.pointee.received(at: now)
        backlog += bytes
        digest()
    }

    private func digest() {
        let count = backlog.withUnsafeBytes { bytes in
            var input = bytes
            digest(&input)
            return bytes.count - input.count
        }
        backlog.removeFirst(count)
        takeNotices()
        if session.pointee.isFinished, happenings.last != .closed { happenings.append(.closed) }
    }

    private func digest(_ input: inout UnsafeRawBufferPointer) {
        while true {
            switch session.pointee.next(in: &input, at: now, into: &output.pointee) {
            case .consumed: break
            case .wantsMore(let byteCount):
                #expect(byteCount > input.count)
                return
            case .call(let call): handle(call)
            case .authenticate:
                guard let credentials = session.pointee.takePendingCredentials() else {
                    Issue.record("credentials without credentials")
                    return
                }
                happenings.append(.authenticate(credentials))
            case .suspended: return
            case .cancelled(let ticket): happenings.append(.cancelled(stream: ticket.stream))
            case .stream(let call, let isHalfClosed): open(call, isHalfClosed)
            case .message(let ticket, let bytes, let isFinal):
                happenings.append(.message(stream: ticket.stream, [UInt8](bytes)))
                if readsStreams {
                    session.pointee.giveBack(bytes.count + 64, to: ticket, into: &output.pointee)
                }
                if isFinal { happenings.append(.halfClosed(stream: ticket.stream)) }
            case .halfClosed(let ticket):
                happenings.append(.halfClosed(stream: ticket.stream))
            case .close: return
            }
        }
    }

    private func handle(_ call: IncomingCall) {
        happenings.append(.call(stream: call.stream, message: [UInt8](call.message)))
        requestIDs.append([UInt8](call.requestID))
        principals.append(call.principal)
        var responder = Responder(call, session: session, output: output)
        switch handling {
        case .echo: responder.succeed(with: call.message)
        case .later(let timeout):
            tickets[call.stream] = responder.answerLater(timeoutMilliseconds: timeout)
        case .reply(let message): message.withUnsafeBytes { responder.succeed(with: $0) }
        }
    }

    private func open(_ call: IncomingCall, _ isHalfClosed: Bool) {
        happenings.append(
            .opened(
                stream: call.stream,
                message: [UInt8](call.message),
                isHalfClosed: isHalfClosed
            )
        )
        var responder = StreamResponder(
            call,
            isHalfClosed: isHalfClosed,
            session: session,
            output: output
        )
        tickets[call.stream] = responder.accept(timeoutMilliseconds: streamTimeout).ticket
    }

    private func takeNotices() {
        for notice in session.pointee.takeNotices() {
            switch notice {
            case .cancelled(let ticket): happenings.append(.cancelled(stream: ticket.stream))
            case .roomReturned(let ticket, let byteCount):
                happenings.append(.roomReturned(stream: ticket.stream, byteCount))
            }
        }
    }

    /// Posts a message on a stream.
    func send(_ stream: UInt32, _ message: [UInt8]) {
        post(stream, isEnd: false) { batch, ticket in
            _ = batch.send(on: ticket) { (writer: inout MessageWriter) in writer.append(message) }
        }
    }

    /// Ends a stream, and lets go of it.
    func end(_ stream: UInt32) { post(stream) { $0.end($1) } }

    func giveBack(_ stream: UInt32, _ byteCount: Int) {
        post(stream, isEnd: false) { $0.giveBack(byteCount, to: $1) }
    }

    func judge(_ verdict: Verdict) {
        session.pointee.judge(verdict, into: &output.pointee)
        digest()
    }

    /// Answers a call that was kept.
    func answer(_ stream: UInt32, _ message: [UInt8], replayed: Bool = false) {
        post(stream) { batch, ticket in
            message.withUnsafeBytes { batch.succeed(ticket, replayed: replayed, with: $0) }
        }
    }

    func fail(_ stream: UInt32, _ failure: CallFailure) {
        post(stream) { batch, ticket in batch.fail(ticket, failure) }
    }

    private func post(
        _ stream: UInt32,
        isEnd: Bool = true,
        _ add: (inout ReplyBatch, CallTicket) -> Void
    ) {
        guard let ticket = tickets[stream] else {
            Issue.record("no call is kept on stream \(stream)")
            return
        }
        if isEnd { tickets[stream] = nil }
        var batch = ReplyBatch()
        add(&batch, ticket)
        batch.withEntries { entry, payload in
            session.pointee.answer(entry, payload, into: &output.pointee)
        }
        digest()
    }

    func beginDrain() {
        session.pointee.beginDrain(at: now, into: &output.pointee)
    }

    func endInput() {
        _ = session.pointee.inputEnded(isWithinFrame: !backlog.isEmpty)
        digest()
    }

    /// Lets time pass, and the timer fire whenever it is due.
    func advance(milliseconds: UInt64) {
        let end = now.adding(milliseconds: milliseconds)
        while session.pointee.timer <= end {
            now = max(now, session.pointee.timer)
            _ = session.pointee.tick(at: now, into: &output.pointee)
            digest()
        }
        now = end
    }

    /// What was sent since the last look, as bytes: as much as a socket would be given at once.
    func sentBytes() -> [UInt8] {
        session.pointee.fillFragments(into: &output.pointee)
        takeNotices()
        defer { output.pointee.removeAll() }
        return output.pointee.bytes
    }

    /// The frames sent since the last look, fragments included.
    func sent() -> [SentFrame] {
        var frames: [SentFrame] = []
        repeat {
            session.pointee.fillFragments(into: &output.pointee)
            frames += SentFrame.all(in: output.pointee.bytes)
            output.pointee.removeAll()
        } while session.pointee.hasFragments
        takeNotices()
        return frames
    }

    /// Expects that the connection was ended by ERROR with this code and rule.
    func expectError(
        _ code: String,
        _ rule: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let farewell = sent().last { $0.type == .error }?.farewell
        #expect(farewell?.code == code, sourceLocation: sourceLocation)
        if let rule { #expect(farewell?.rule == rule, sourceLocation: sourceLocation) }
        #expect(isClosed, sourceLocation: sourceLocation)
    }
}
