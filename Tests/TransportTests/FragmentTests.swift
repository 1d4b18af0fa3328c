import Testing
import Wire

@testable import Transport

@Suite struct FragmentTests {
    @Test("W36: a request in fragments arrives whole", arguments: [1, 7, 1_000, 65_000])
    func request(length: Int) {
        let message = Bytes.pattern(length * 3 + 1)
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.callInFragments(1, message, each: length))
        #expect(server.happenings == [.call(stream: 1, message: message)])
        #expect(server.callsInFlight == 1)
    }

    @Test("W36: the request id of a request in fragments arrives too")
    func requestID() {
        let server = ServerHarness()
        server.receive(Bytes.call(1, requestID: [4, 5], totalLength: 3, [1]))
        server.receive(Bytes.fragment(1, of: 3, isLast: true, [2, 3]))
        #expect(server.requestIDs == [[4, 5]])
        #expect(server.happenings == [.call(stream: 1, message: [1, 2, 3])])
    }

    @Test("W36: what doesn't add up ends the connection")
    func misfits() {
        let begin = Bytes.call(1, totalLength: 10, Bytes.pattern(4))
        let misfits = [
            Bytes.call(1, totalLength: 4, Bytes.pattern(4)),
            Bytes.call(1, totalLength: 3, Bytes.pattern(4)),
            begin + Bytes.fragment(1, of: 11, Bytes.pattern(2)),
            begin + Bytes.fragment(1, of: 10, []),
            begin + Bytes.fragment(1, of: 10, Bytes.pattern(7)),
            begin + Bytes.fragment(1, of: 10, Bytes.pattern(6)),
            begin + Bytes.fragment(1, of: 10, isLast: true, Bytes.pattern(5)),
            // A request that is complete and unanswered takes no fragment.
            Bytes.call(1) + Bytes.fragment(1, of: 10, [1]),
        ]
        for bytes in misfits {
            let server = ServerHarness(handling: .later(timeout: 1_000))
            server.receive(bytes)
            server.expectError("MALFORMED_FRAME", "W36")
        }
    }

    @Test("W37: a reply that doesn't fit a frame comes in fragments, and then END")
    func reply() {
        let message = Bytes.pattern(200_000)
        let server = ServerHarness(handling: .reply(message))
        server.receive(Bytes.call(1))
        let frames = server.sent()
        #expect(frames.map(\.type) == [.message, .message, .message, .message, .end])
        #expect(frames.dropLast().allSatisfy { $0.field32 == 200_000 && $0.stream == 1 })
        #expect(frames.map { $0.flags == .last } == [false, false, false, true, false])
        #expect(frames.flatMap(\.payload) == message)
        #expect(frames.last == SentFrame(type: .end, stream: 1))
    }

    @Test("W37: a reply of exactly the longest payload fits")
    func replyThatFits() {
        for (length, types) in [(65_536, [.end]), (65_537, [.message, .message, .end])]
            as [(Int, [FrameType])]
        {
            let server = ServerHarness(handling: .reply(Bytes.pattern(length)))
            server.receive(Bytes.call(1))
            #expect(server.sent().map(\.type) == types)
        }
    }

    @Test("W33, W37: a cancelled reply stops")
    func cancelledReply() {
        let server = ServerHarness(handling: .reply(Bytes.pattern(2_000_000)))
        server.receive(Bytes.call(1) + Bytes.frame(.cancel, stream: 1))
        #expect(server.sent().isEmpty)
        #expect(!server.hasFragments)
    }

    @Test("W38: a message that is too long ends its call alone")
    func tooLong() {
        var limits = Limits()
        limits.longestMessage = 100_000
        let server = ServerHarness(limits)
        server.receive(Bytes.callInFragments(1, Bytes.pattern(100_001), each: 60_000))
        server.receive(Bytes.callInFragments(3, Bytes.pattern(100_000), each: 60_000))
        let frames = server.sent()
        #expect(frames.first?.failure?.reason == "MESSAGE_TOO_LONG")
        #expect(frames.first?.failure?.outcome == .notProcessed)
        #expect(frames.last == SentFrame(type: .end, stream: 3))
        let absurd = ServerHarness(limits)
        absurd.receive(Bytes.call(1, totalLength: .max, [1]))
        #expect(absurd.sent().map(\.failure?.reason) == ["MESSAGE_TOO_LONG"])
    }

    @Test("W38: a reply longer than the client takes isn't sent")
    func replyTooLong() {
        let server = ServerHarness(handling: .reply(Bytes.pattern(70_001)), isGreeted: false)
        server.receive(Preface.bytes + Bytes.hello(longestMessage: 70_000) + Bytes.call(1))
        let frames = server.sent()
        #expect(frames.map(\.type) == [.hello, .end])
        #expect(frames.last?.failure?.reason == "REPLY_TOO_LONG")
        #expect(frames.last?.failure?.outcome == .processed)
    }

    @Test("W39: fragments of several streams take turns, and other frames go between")
    func turns() {
        let server = ServerHarness(handling: .reply(Bytes.pattern(150_000)))
        server.receive(Bytes.call(1) + Bytes.call(3))
        server.receive(Bytes.frame(.ping, Bytes.pattern(8)))
        let frames = server.sent()
        #expect(frames.first?.type == .pong)
        #expect(frames.dropFirst().prefix(4).map(\.stream) == [1, 3, 1, 3])
        #expect(Set(frames.suffix(2).map(\.type)) == [.end, .message] || frames.last?.type == .end)
    }

    @Test("W39: fragments of several requests may be mixed")
    func mixedRequests() {
        let server = ServerHarness()
        server.receive(
            Bytes.call(1, totalLength: 4, [1]) + Bytes.call(3, totalLength: 3, [9])
                + Bytes.fragment(1, of: 4, [2]) + Bytes.fragment(3, of: 3, isLast: true, [8, 7])
                + Bytes.fragment(1, of: 4, isLast: true, [3, 4])
        )
        #expect(
            server.happenings == [
                .call(stream: 3, message: [9, 8, 7]), .call(stream: 1, message: [1, 2, 3, 4]),
            ]
        )
    }

    @Test("W40: unfinished requests are kept up to a bound")
    func tooMuchUnfinished() {
        let server = ServerHarness()
        let length = UInt64(4 << 20)
        server.receive(
            Bytes.call(1, totalLength: length, [1]) + Bytes.call(3, totalLength: length, [1])
        )
        #expect(server.sent().isEmpty)
        server.receive(Bytes.call(5, totalLength: 2, [1]))
        #expect(server.sent().map(\.failure?.reason) == ["TOO_MUCH_UNFINISHED"])
        server.receive(Bytes.frame(.cancel, stream: 1))
        server.receive(Bytes.call(7, totalLength: 2, [1]))
        #expect(server.sent().isEmpty)
    }

    @Test("W40: all connections together have a bound of what has come")
    func noRoomForRequests() {
        var limits = Limits()
        limits.longestPayload = 16 << 10
        limits.longestMessage = 16 << 10
        limits.unfinishedBytesInAll = 20_000
        let profile = ServerProfile(realm: "test", limits: limits)
        let length = UInt64(limits.longestMessage)
        let part = [UInt8](repeating: 1, count: 8_000)
        // Whoever announces much and sends nothing takes nothing of it.
        let idle = (0..<10).map { _ in ServerHarness(sharing: profile) }
        for server in idle { server.receive(Bytes.call(1, totalLength: length, [1])) }
        let (one, other) = (ServerHarness(sharing: profile), ServerHarness(sharing: profile))
        for server in [one, other] { server.receive(Bytes.call(1, totalLength: length, part)) }
        #expect(one.sent().isEmpty && other.sent().isEmpty)
        let more = Bytes.fragment(1, of: Int(length), part)
        one.receive(more)
        let failure = one.sent().first?.failure
        #expect(failure?.reason == "NO_ROOM_FOR_REQUESTS")
        #expect(failure?.outcome == .notProcessed && failure?.retryAfterMilliseconds == 1_000)
        #expect(one.callsInFlight == 0)
        // What the call had is free again, and the rest of it is passed over.
        one.receive(more)
        #expect(one.sent().isEmpty && !one.isClosed)
        other.receive(more)
        #expect(other.sent().isEmpty && other.callsInFlight == 1)
        one.receive(Bytes.call(3, totalLength: length, part))
        #expect(one.sent().map(\.failure?.reason) == ["NO_ROOM_FOR_REQUESTS"])
        // A connection that ends gives back what it had.
        other.endInput()
        one.receive(Bytes.call(5, totalLength: length, part))
        #expect(one.sent().isEmpty)
    }

    @Test("W41: memory grows with what has come")
    func memory() {
        let assembly = Assembly(totalLength: 4 << 20)
        Bytes.pattern(1_000).withUnsafeBytes { assembly.append($0) }
        #expect(assembly.capacity == 1_000)
        Bytes.pattern(1).withUnsafeBytes { assembly.append($0) }
        #expect(assembly.capacity == 2_000)
    }
}
