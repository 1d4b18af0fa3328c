import Testing
import Wire

@testable import Transport

@Suite struct HandshakeTests {
    @Test("W12: anything but the preface is refused at the first byte that differs")
    func preface() {
        for (index, byte) in Preface.bytes.enumerated() {
            let server = ServerHarness(isGreeted: false)
            server.receive(Array(Preface.bytes.prefix(index)))
            #expect(server.sent().isEmpty)
            server.receive([byte ^ 0x80])
            server.expectError("BAD_PREFACE", "W12")
        }
        for text in ["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\n", "\u{16}\u{3}\u{1}"] {
            let server = ServerHarness(isGreeted: false)
            server.receive(Array(text.utf8))
            server.expectError("BAD_PREFACE")
        }
    }

    @Test("W13: HELLO comes first, and once")
    func helloFirst() {
        for type in FrameType.allCases where type != .hello {
            let server = ServerHarness(isGreeted: false)
            let stream: UInt32 = type.rawValue < 0x10 ? 0 : 1
            server.receive(Preface.bytes + Bytes.frame(type, stream: stream, Bytes.pattern(8)))
            server.expectError("UNEXPECTED_FRAME")
        }
        let server = ServerHarness()
        server.receive(Bytes.hello())
        server.expectError("UNEXPECTED_FRAME", "W13")
    }

    @Test("W13: the server's HELLO answers the client's")
    func helloAnswers() throws {
        let server = ServerHarness(isGreeted: false)
        server.receive(Preface.bytes)
        #expect(server.sent().isEmpty)
        server.receive(Bytes.hello())
        let hello = try #require(server.sent().first?.decoded(as: Hello.self))
        #expect(hello.minimumVersion == 1 && hello.maximumVersion == 1)
        #expect(hello.realm == "test")
        #expect(hello.longestPayload == 65_536)
        #expect(hello.callsInFlight == 1_024)
        #expect(hello.product == "banjied")
    }

    @Test("W14: the handshake takes at most 5 seconds, however slowly it comes")
    func handshakeTimeout() {
        let server = ServerHarness(isGreeted: false)
        for byte in Bytes.greeting.dropLast() {
            server.receive([byte])
            server.advance(milliseconds: 50)
        }
        #expect(!server.isClosed)
        server.advance(milliseconds: 5_000)
        server.expectError("HANDSHAKE_TIMEOUT", "W14")
    }

    @Test("W14: a HELLO longer than 4096 bytes is refused before it has come")
    func handshakeTooLong() {
        let server = ServerHarness(isGreeted: false)
        let hello = Bytes.hello(product: String(repeating: "x", count: 4_096))
        server.receive(Preface.bytes + hello.prefix(24))
        server.expectError("HANDSHAKE_TOO_LONG", "W14")
    }

    @Test("W15: the server speaks a version that the client speaks, or none")
    func versions() {
        for (versions, isSpoken) in [
            (1...1, true), (0...9, true), (1...2, true), (2...3, false), (0...0, false),
        ] as [(ClosedRange<UInt32>, Bool)] {
            let server = ServerHarness(isGreeted: false)
            server.receive(Preface.bytes + Bytes.hello(versions: versions))
            if isSpoken {
                #expect(server.sent().map(\.type) == [.hello])
            } else {
                server.expectError("NO_COMMON_VERSION", "W15")
            }
        }
    }

    @Test("W16: nobody announces less than the least")
    func leastLimits() {
        let lessThanLeast = [
            Bytes.hello(longestPayload: 16_383), Bytes.hello(longestMessage: 65_535),
            Bytes.hello(longestPayload: 0, longestMessage: 0),
        ]
        for hello in lessThanLeast {
            let server = ServerHarness(isGreeted: false)
            server.receive(Preface.bytes + hello)
            server.expectError("MALFORMED_FRAME", "W16")
        }
    }

    @Test("W17: both sides name the same realm, byte for byte")
    func realms() {
        for realm in ["", "Test", "test ", "production", "te\u{301}st"] {
            let server = ServerHarness(isGreeted: false)
            server.receive(Preface.bytes + Bytes.hello(realm: realm) + Bytes.call(1))
            server.expectError("WRONG_REALM", "W17")
            #expect(server.happenings == [.closed])
        }
    }

    @Test("W18: calls may come right behind HELLO, and none is made when it is refused")
    func callsBehindHello() {
        let server = ServerHarness(isGreeted: false)
        server.receive(Bytes.greeting + Bytes.call(1, [1]) + Bytes.call(3, [2]))
        #expect(server.sent().map(\.type) == [.hello, .end, .end])
    }
}

@Suite struct SigningInTests {
    private let credentials = Credentials(login: "clerk", secret: "open sesame")
    private var auth: [UInt8] { Bytes.frame(.authenticate, credentials) }
    private let accepted = Verdict.accepted(
        Principal(rawValue: 7),
        SignedIn(login: "clerk", roles: ["staff"])
    )
    private let refused = Verdict.refused(
        CallFailure(
            .unauthenticated,
            reason: "WRONG_CREDENTIALS",
            message: "wrong",
            outcome: .notProcessed,
            origin: .server
        )
    )

    @Test("W19: without AUTH a connection is anonymous")
    func anonymous() {
        let server = ServerHarness()
        server.receive(Bytes.call(1))
        #expect(server.principals == [.anonymous])
    }

    @Test("W20: every AUTH is answered by one AUTH")
    func verdicts() throws {
        let server = ServerHarness()
        server.receive(auth)
        #expect(server.happenings == [.authenticate(credentials)])
        #expect(server.sent().isEmpty)
        server.judge(accepted)
        let reply = try #require(server.sent().first)
        #expect(reply.type == .authenticate && reply.field16 == 0)
        #expect(reply.decoded(as: SignedIn.self)?.roles == ["staff"])
    }

    @Test("W20: a refusal leaves the connection what it was")
    func refusal() throws {
        let server = ServerHarness()
        server.receive(auth)
        server.judge(accepted)
        server.receive(auth)
        server.judge(refused)
        let replies = server.sent()
        #expect(replies.map(\.field16) == [0, 16])
        #expect(replies.last?.failure?.reason == "WRONG_CREDENTIALS")
        server.receive(Bytes.call(1))
        #expect(server.principals == [Principal(rawValue: 7)])
    }

    @Test("W21: AUTH isn't sent while calls are in flight")
    func authWithCalls() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1) + auth)
        server.expectError("UNEXPECTED_FRAME", "W21")
    }

    @Test("W22: what comes behind AUTH waits for the verdict, and is handled as whoever it says")
    func framesWait() {
        let server = ServerHarness()
        server.receive(auth + Bytes.call(1, [1]) + Bytes.frame(.ping, Bytes.pattern(8)))
        server.receive(Bytes.call(3, [3]))
        #expect(server.takeHappenings() == [.authenticate(credentials)])
        #expect(server.sent().isEmpty)
        server.judge(accepted)
        #expect(server.sent().map(\.type) == [.authenticate, .end, .pong, .end])
        #expect(server.principals == [Principal(rawValue: 7), Principal(rawValue: 7)])
    }
}
