import Testing
import Wire

@testable import Transport

/// A client's session with a time of its own and no socket.
final class ClientHarness {
    enum Happening: Equatable {
        case ready
        case refused(CallFailure)
        case succeeded(UInt32, [UInt8], isReplay: Bool)
        case failed(UInt32, CallFailure)
        case message(UInt32, [UInt8])
        case unprocessed([UInt32])
        case closed(ClientSession.End?)
    }

    private let session = UnsafeMutablePointer<ClientSession>.allocate(capacity: 1)
    private var output = MessageWriter()
    private var backlog: [UInt8] = []
    private(set) var now = MonotonicTime(nanoseconds: 5_000_000_000)
    private var happenings: [Happening] = []

    /// - Parameter windows: what the server announces; it takes no streams by default.
    init(
        credentials: Credentials? = nil,
        limits: Limits = Limits(),
        windows: (stream: UInt32, connection: UInt32) = (0, 0),
        isGreeted: Bool = true
    ) {
        let profile = ClientProfile(
            realm: "test",
            credentials: credentials,
            limits: limits,
            product: "tests"
        )
        session.initialize(to: ClientSession(profile: profile, at: now, into: &output))
        guard isGreeted else { return }
        output.removeAll()
        receive(Bytes.hello(calls: 3, windows: windows))
        #expect(takeHappenings() == [.ready])
    }

    deinit {
        session.deinitialize(count: 1)
        session.deallocate()
    }

    var canBegin: Bool { session.pointee.canBegin }
    var isRetired: Bool { session.pointee.isRetired }

    /// What was sent since the last look, as bytes.
    func sentBytes() -> [UInt8] {
        session.pointee.fillFragments(into: &output)
        defer { output.removeAll() }
        return output.bytes
    }

    func sent() -> [SentFrame] { SentFrame.all(in: sentBytes()) }

    func takeHappenings() -> [Happening] {
        defer { happenings = [] }
        return happenings
    }

    func begin(
        _ key: UInt32,
        _ message: [UInt8] = [],
        requestID: [UInt8] = [],
        flags: FrameFlags = []
    ) -> UInt32 {
        session.pointee.begin(
            key,
            method: 0x1_0001,
            timeoutMilliseconds: 500,
            requestID: requestID,
            traceparent: [],
            message: message,
            flags: flags,
            into: &output
        )
    }

    var takesStreams: Bool { session.pointee.takesStreams }
    func send(_ stream: UInt32, _ message: [UInt8]) { session.pointee.send(message, on: stream) }
    func halfClose(_ stream: UInt32) { session.pointee.halfClose(stream) }
    func giveBack(_ stream: UInt32, _ byteCount: Int) {
        session.pointee.giveBack(byteCount, to: stream, into: &output)
    }
    func takeReturned() -> [UInt32: Int] {
        Dictionary(session.pointee.takeReturned().map { ($0.key, $0.byteCount) }) { $0 + $1 }
    }

    func noteOutputEnd(_ position: UInt64, of stream: UInt32) {
        session.pointee.noteOutputEnd(position, of: stream)
    }

    func takeAll(sent: UInt64) -> [UInt32: Bool] {
        Dictionary(
            uniqueKeysWithValues: session.pointee.takeAll(sent: sent).map {
                ($0.key, $0.mayHaveArrived)
            }
        )
    }

    func cancel(_ stream: UInt32) { session.pointee.cancel(stream: stream, into: &output) }

    func receive(_ bytes: [UInt8]) {
        session.pointee.received(at: now)
        backlog += bytes
        let count = backlog.withUnsafeBytes { bytes in
            var input = bytes
            digest(&input)
            return bytes.count - input.count
        }
        backlog.removeFirst(count)
    }

    private func digest(_ input: inout UnsafeRawBufferPointer) {
        while true {
            switch session.pointee.next(in: &input, at: now, into: &output) {
            case .consumed: break
            case .wantsMore(let byteCount):
                #expect(byteCount > input.count)
                return
            case .ready: happenings.append(.ready)
            case .refused(let failure): happenings.append(.refused(failure))
            case .succeeded(let key, let message, let isReplay):
                happenings.append(.succeeded(key, [UInt8](message), isReplay: isReplay))
            case .failed(let key, let failure): happenings.append(.failed(key, failure))
            case .message(let key, let bytes): happenings.append(.message(key, [UInt8](bytes)))
            case .goingAway:
                happenings.append(.unprocessed(session.pointee.takeUnprocessed()))
            case .close:
                happenings.append(.closed(session.pointee.end))
                return
            }
        }
    }

    func advance(milliseconds: UInt64) {
        let end = now.adding(milliseconds: milliseconds)
        while session.pointee.timer <= end {
            now = max(now, session.pointee.timer)
            if case .close = session.pointee.tick(at: now, into: &output) {
                happenings.append(.closed(session.pointee.end))
            }
        }
        now = end
    }

    func expectViolation(
        _ code: String,
        _ rule: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let farewell = sent().last?.farewell
        #expect(farewell?.code == code, sourceLocation: sourceLocation)
        if let rule { #expect(farewell?.rule == rule, sourceLocation: sourceLocation) }
        guard case .closed(.violation(let violation)?)? = happenings.last else {
            Issue.record("not closed", sourceLocation: sourceLocation)
            return
        }
        #expect(violation.code == code, sourceLocation: sourceLocation)
    }
}

@Suite struct ClientSessionTests {
    @Test("W12, W13: a client begins with the preface, and then HELLO")
    func greeting() {
        let client = ClientHarness(isGreeted: false)
        let bytes = client.sentBytes()
        #expect(bytes.starts(with: Preface.bytes))
        let frames = SentFrame.all(in: Array(bytes.dropFirst(8)))
        #expect(frames.map(\.type) == [.hello])
        #expect(frames.first?.decoded(as: Hello.self)?.realm == "test")
        #expect(!client.canBegin)
        client.receive(Bytes.hello(calls: 3))
        #expect(client.takeHappenings() == [.ready])
        #expect(client.canBegin)
    }

    @Test("W14: a server that doesn't greet in time is given up")
    func handshakeTimeout() {
        let client = ClientHarness(isGreeted: false)
        _ = client.sentBytes()
        client.advance(milliseconds: 5_001)
        client.expectViolation("HANDSHAKE_TIMEOUT")
    }

    @Test("W15: a server that chose a version that wasn't offered is refused")
    func version() {
        let client = ClientHarness(isGreeted: false)
        _ = client.sentBytes()
        client.receive(Bytes.hello(versions: 2...2))
        client.expectViolation("NO_COMMON_VERSION")
    }

    @Test("W20: signing in is part of the handshake")
    func signingIn() {
        let client = ClientHarness(
            credentials: Credentials(login: "clerk", secret: "s"),
            isGreeted: false
        )
        let frames = SentFrame.all(in: Array(client.sentBytes().dropFirst(8)))
        #expect(frames.map(\.type) == [.hello, .authenticate])
        client.receive(Bytes.hello(calls: 3))
        #expect(client.takeHappenings().isEmpty)
        client.receive(
            Bytes.frame(.authenticate, SignedIn(login: "clerk", roles: ["staff"]))
        )
        #expect(client.takeHappenings() == [.ready])
    }

    @Test("W20: a refusal of credentials is told")
    func refusal() {
        let failure = CallFailure(
            .unauthenticated,
            reason: "WRONG_CREDENTIALS",
            message: "no",
            outcome: .notProcessed,
            origin: .server
        )
        var payload = MessageWriter()
        failure.write(to: &payload)
        let client = ClientHarness(
            credentials: Credentials(login: "clerk", secret: "s"),
            isGreeted: false
        )
        client.receive(
            Bytes.hello(calls: 3) + Bytes.frame(.authenticate, field16: 16, payload.bytes)
        )
        #expect(client.takeHappenings().first == .refused(failure))
    }

    @Test("W24, W32: streams are odd and increase, and no more calls begin than are taken")
    func streams() {
        let client = ClientHarness()
        #expect([client.begin(10), client.begin(11), client.begin(12)] == [1, 3, 5])
        #expect(!client.canBegin)
        client.receive(Bytes.frame(.end, stream: 3, [7]))
        #expect(client.takeHappenings() == [.succeeded(11, [7], isReplay: false)])
        #expect(client.begin(13) == 7)
        let frames = client.sent()
        #expect(frames.map(\.stream) == [1, 3, 5, 7])
        #expect(frames.allSatisfy { $0.type == .call && $0.field32 == 500 })
    }

    @Test("W27, W29: answers arrive with all that they say")
    func answers() {
        let failure = CallFailure(
            .notFound,
            reason: "NO_SUCH_CASE",
            message: "none",
            outcome: .processed,
            origin: .handler
        )
        var payload = MessageWriter()
        failure.write(to: &payload)
        let client = ClientHarness()
        _ = (client.begin(1), client.begin(2))
        client.receive(Bytes.frame(.end, flags: .replayed, stream: 1, [9]))
        client.receive(Bytes.frame(.end, stream: 3, field16: 5, payload.bytes))
        #expect(
            client.takeHappenings()
                == [.succeeded(1, [9], isReplay: true), .failed(2, failure)]
        )
    }

    @Test("W26: what comes for a call that has ended is ignored")
    func lateFrames() {
        let client = ClientHarness()
        let stream = client.begin(1)
        client.cancel(stream)
        #expect(client.sent().map(\.type) == [.call, .cancel])
        client.cancel(stream)
        #expect(client.sent().isEmpty)
        client.receive(
            Bytes.fragment(stream, of: 3, [1]) + Bytes.frame(.end, stream: stream)
                + Bytes.frame(.end, stream: stream)
        )
        #expect(client.takeHappenings().isEmpty)
    }

    @Test("W25: a stream that was never opened")
    func neverOpened() {
        for frame in [Bytes.frame(.end, stream: 3), Bytes.fragment(2, of: 3, [1])] {
            let client = ClientHarness()
            _ = client.begin(1)
            client.receive(frame)
            client.expectViolation("STREAM_NEVER_OPENED", "W25")
        }
    }

    @Test(
        "W11: a server doesn't send what is the client's",
        arguments: [(FrameType.call, UInt32(1)), (.cancel, 1), (.authenticate, 0)]
    )
    func wrongSide(type: FrameType, stream: UInt32) {
        let client = ClientHarness()
        _ = client.begin(1)
        client.receive(Bytes.frame(type, stream: stream))
        client.expectViolation("UNEXPECTED_FRAME")
    }

    @Test("W36: a long request goes in fragments", arguments: [65_000, 65_600, 300_000])
    func longRequest(length: Int) {
        let message = Bytes.pattern(length)
        let client = ClientHarness()
        _ = client.begin(1, message, requestID: Bytes.pattern(32))
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(client.sentBytes())
        while server.happenings.isEmpty {
            let more = client.sentBytes()
            guard !more.isEmpty else { break }
            server.receive(more)
        }
        #expect(server.happenings == [.call(stream: 1, message: message)])
        #expect(server.requestIDs == [Bytes.pattern(32)])
    }

    @Test("W37: a reply in fragments arrives whole")
    func longReply() {
        let client = ClientHarness()
        _ = client.begin(1)
        let message = Bytes.pattern(5)
        client.receive(
            Bytes.fragment(1, of: 5, Array(message[..<2]))
                + Bytes.fragment(1, of: 5, isLast: true, Array(message[2...]))
                + Bytes.frame(.end, stream: 1)
        )
        #expect(client.takeHappenings() == [.succeeded(1, message, isReplay: false)])
    }

    @Test("W37: a failure voids the fragments before it")
    func failureAfterFragments() {
        let client = ClientHarness()
        _ = client.begin(1)
        client.receive(
            Bytes.fragment(1, of: 5, [1]) + Bytes.frame(.end, stream: 1, field16: 13)
        )
        guard case .failed(1, let failure)? = client.takeHappenings().first else {
            Issue.record("no failure")
            return
        }
        #expect(failure.status == .internal)
    }

    @Test("W37: a reply that doesn't add up ends the connection")
    func misfits() {
        let misfits = [
            Bytes.fragment(1, of: 5, [1]) + Bytes.frame(.end, stream: 1),
            Bytes.fragment(1, of: 2, isLast: true, [1, 2]) + Bytes.frame(.end, stream: 1, [3]),
            Bytes.fragment(1, of: (4 << 20) + 1, [1]),
            Bytes.fragment(1, of: 2, [1, 2]),
        ]
        for bytes in misfits {
            let client = ClientHarness()
            _ = client.begin(1)
            client.receive(bytes)
            client.expectViolation("MALFORMED_FRAME", "W36")
            #expect(client.takeAll(sent: 0).count == 1, "the caller is told that it is lost")
        }
    }

    @Test("W42, W43: a client answers PING, and asks a silent server")
    func liveness() {
        let client = ClientHarness()
        client.receive(Bytes.frame(.ping, Bytes.pattern(8)))
        #expect(client.sent() == [SentFrame(type: .pong, payload: Bytes.pattern(8))])
        client.advance(milliseconds: 120_001)
        #expect(client.sent().map(\.type) == [.ping])
        client.advance(milliseconds: 20_001)
        client.expectViolation("PEER_SILENT")
    }

    @Test(
        "W42: any byte puts the question off, and a short silence needn't wait for the handshake's time"
    )
    func shortSilences() {
        var limits = Limits()
        limits.idleMilliseconds = 100
        limits.pongMilliseconds = 50
        let client = ClientHarness(limits: limits)
        for _ in 0..<10 {
            client.advance(milliseconds: 90)
            client.receive(Bytes.frame(.pong, Bytes.pattern(8)))
            #expect(client.sent().isEmpty)
        }
        client.advance(milliseconds: 101)
        #expect(client.sent().map(\.type) == [.ping])
        client.receive(Bytes.frame(.ping, Bytes.pattern(8)))
        #expect(client.sent().map(\.type) == [.pong])
        client.advance(milliseconds: 101)
        #expect(client.sent().map(\.type) == [.ping])
        client.advance(milliseconds: 51)
        client.expectViolation("PEER_SILENT")
    }

    @Test("W45: a lost call may have had an effect only when it was sent in whole")
    func lostCalls() {
        let client = ClientHarness()
        client.noteOutputEnd(100, of: client.begin(1))
        client.noteOutputEnd(200, of: client.begin(2))
        client.noteOutputEnd(300, of: client.begin(3, Bytes.pattern(400_000)))
        #expect(client.takeAll(sent: 199) == [1: true, 2: false, 3: false])
        #expect(!client.canBegin)
    }

    @Test("W47, W48: after GOAWAY nothing begins, and what is beyond the last stream is given back")
    func goAway() {
        let client = ClientHarness()
        _ = (client.begin(1), client.begin(2), client.begin(3))
        let farewell = Farewell(code: "DRAINING", message: "stopping")
        client.receive(Bytes.frame(.goAway, field32: 0x7FFF_FFFF, farewell))
        #expect(client.takeHappenings() == [.unprocessed([])])
        #expect(!client.canBegin && client.isRetired)
        client.receive(Bytes.frame(.goAway, field32: 1, farewell))
        #expect(client.takeHappenings() == [.unprocessed([2, 3])])
        client.receive(Bytes.frame(.end, stream: 1, [1]))
        #expect(client.takeHappenings() == [.succeeded(1, [1], isReplay: false)])
    }

    @Test("W10: ERROR ends the connection, with what it said")
    func error() {
        let client = ClientHarness()
        _ = client.begin(1)
        _ = client.sent()
        let farewell = Farewell(.streamOrder(stream: 2, last: 1))
        client.receive(Bytes.frame(.error, farewell) + Bytes.frame(.end, stream: 1))
        #expect(client.takeHappenings() == [.closed(.farewell(farewell))])
        #expect(client.sent().isEmpty)
    }

    @Test("W18: ERROR instead of HELLO tells why the handshake failed")
    func errorInsteadOfHello() {
        let client = ClientHarness(isGreeted: false)
        let farewell = Farewell(.wrongRealm(theirs: "test", ours: "production"))
        client.receive(Bytes.frame(.error, farewell))
        #expect(client.takeHappenings() == [.closed(.farewell(farewell))])
    }
}
