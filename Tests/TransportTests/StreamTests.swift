import Testing
import Wire

@testable import Transport

/// Streaming calls, as a server's session sees them.
@Suite struct StreamTests {
    private static let windows: (stream: UInt32, connection: UInt32) = (65_536, 131_072)

    private static func limits(stream: UInt32 = 65_536, connection: UInt32 = 131_072) -> Limits {
        var limits = Limits()
        limits.streamWindow = stream
        limits.connectionWindow = connection
        return limits
    }

    private static func server(_ limits: Limits = limits()) -> ServerHarness {
        ServerHarness(limits, windows: windows)
    }

    /// A server with a stream that is open both ways.
    private static func session(_ limits: Limits = limits()) -> ServerHarness {
        let server = server(limits)
        server.receive(Bytes.call(1, flags: .stream, [7]))
        #expect(
            server.takeHappenings() == [.opened(stream: 1, message: [7], isHalfClosed: false)]
        )
        return server
    }

    // MARK: - Opening

    @Test(
        "W53: windows that nobody may announce",
        arguments: [
            (1, 1), (32_767, 65_536), (65_536, 65_535), (0, 65_536), (65_536, 0),
            (65_536, 0x8000_0000),
        ] as [(UInt32, UInt32)]
    )
    func windows(stream: UInt32, connection: UInt32) {
        let server = ServerHarness(isGreeted: false)
        server.receive(Preface.bytes + Bytes.hello(windows: (stream, connection)))
        server.expectError("MALFORMED_FRAME", "W53")
    }

    @Test("W53: the server's HELLO says its windows")
    func serverWindows() {
        let server = ServerHarness(Self.limits(), isGreeted: false)
        server.receive(Preface.bytes + Bytes.hello(windows: (32_768, 32_768)))
        let hello = server.sent().first?.decoded(as: Hello.self)
        #expect(hello?.streamWindow == 65_536)
        #expect(hello?.connectionWindow == 131_072)
    }

    @Test("W54: STREAM makes a call a stream, with the client's first message, in fragments or not")
    func opening() {
        let server = Self.server()
        server.receive(Bytes.call(1, flags: [.stream, .halfClose], [1]))
        server.receive(Bytes.call(3, flags: .stream, totalLength: 3, [1]))
        server.receive(Bytes.fragment(3, of: 3, isLast: true, [2, 3]))
        #expect(
            server.takeHappenings() == [
                .opened(stream: 1, message: [1], isHalfClosed: true),
                .opened(stream: 3, message: [1, 2, 3], isHalfClosed: false),
            ]
        )
        #expect(server.sent().isEmpty)
        #expect(server.callsInFlight == 2)
    }

    @Test("W54: between sides that take no streams, none is opened")
    func noWindows() {
        let neither = Self.limits(stream: 0, connection: 0)
        for server in [ServerHarness(Self.limits()), ServerHarness(neither, windows: Self.windows)]
        {
            server.receive(Bytes.call(1, flags: .stream) + Bytes.call(3, [1]))
            let frames = server.sent()
            #expect(frames.first?.failure?.reason == "UNKNOWN_METHOD")
            #expect(frames.first?.failure?.outcome == .notProcessed)
            #expect(frames.last == SentFrame(type: .end, stream: 3, payload: [1]))
        }
    }

    @Test("W64: streams beyond those that are taken end alone; one that nobody let go of counts")
    func tooManyStreams() {
        var limits = Self.limits()
        limits.streams = 2
        let server = Self.server(limits)
        server.receive(Bytes.call(1, flags: .stream) + Bytes.call(3, flags: .stream))
        server.receive(Bytes.frame(.cancel, stream: 1))
        server.receive(Bytes.call(5, flags: .stream) + Bytes.call(7, [9]))
        let frames = server.sent()
        #expect(frames.first?.failure?.reason == "TOO_MANY_STREAMS")
        #expect(frames.first?.failure?.outcome == .notProcessed)
        #expect(frames.last == SentFrame(type: .end, stream: 7, payload: [9]))
        server.end(1)
        server.receive(Bytes.call(9, flags: .stream))
        #expect(server.sent().isEmpty)
        #expect(server.happenings.last == .opened(stream: 9, message: [], isHalfClosed: false))
    }

    // MARK: - Messages

    @Test("W55: messages come in frames of their own, empty ones too")
    func messages() {
        let server = Self.session()
        server.receive(Bytes.message(1, [1, 2]) + Bytes.message(1, []))
        server.receive(Bytes.frame(.message, flags: .first, stream: 1, field32: 3, [4]))
        server.receive(Bytes.fragment(1, of: 3, isLast: true, [5, 6]))
        #expect(
            server.takeHappenings() == [
                .message(stream: 1, [1, 2]), .message(stream: 1, []),
                .message(stream: 1, [4, 5, 6]),
            ]
        )
    }

    @Test("W55: what doesn't continue a stream's messages ends the connection")
    func misfits() {
        let begun = Bytes.frame(.message, flags: .first, stream: 1, field32: 10, [1, 2, 3, 4])
        let misfits: [(bytes: [UInt8], rule: String)] = [
            (Bytes.fragment(1, of: 1, isLast: true, [1]), "W55"),
            (Bytes.frame(.message, flags: [.first, .last], stream: 1, field32: 2, [1]), "W55"),
            (Bytes.frame(.message, flags: .first, stream: 1, field32: 1, [1]), "W55"),
            (Bytes.frame(.message, flags: .first, stream: 1, field32: 4), "W55"),
            (begun + begun, "W55"),
            (begun + Bytes.fragment(1, of: 11, [5]), "W36"),
            (begun + Bytes.fragment(1, of: 10, isLast: true, [5]), "W36"),
            (begun + Bytes.frame(.message, flags: .halfClose, stream: 1), "W55"),
            (Bytes.frame(.message, flags: .halfClose, stream: 1, field32: 1), "W55"),
            (Bytes.frame(.message, flags: .halfClose, stream: 1, [1]), "W55"),
        ]
        for (bytes, rule) in misfits {
            let server = Self.session()
            server.receive(bytes)
            server.expectError("MALFORMED_FRAME", rule)
        }
    }

    @Test("W56: a client says by its last message, or by a frame of its own, that none follows")
    func halfClose() {
        let last = Self.session()
        last.receive(Bytes.message(1, [1], isFinal: true))
        #expect(last.takeHappenings() == [.message(stream: 1, [1]), .halfClosed(stream: 1)])
        let alone = Self.session()
        alone.receive(Bytes.frame(.message, flags: .halfClose, stream: 1))
        #expect(alone.takeHappenings() == [.halfClosed(stream: 1)])
        for server in [last, alone] {
            server.send(1, [5])
            #expect(server.sent().map(\.payload) == [[5]])
            server.receive(Bytes.message(1, [2]))
            server.expectError("MALFORMED_FRAME", "W56")
        }
        let watch = Self.server()
        watch.receive(Bytes.call(1, flags: [.stream, .halfClose]) + Bytes.message(1, [2]))
        watch.expectError("MALFORMED_FRAME", "W56")
    }

    // MARK: - Credit

    @Test("W57, W60: a message takes its length and 64, and credit is given back when it was read")
    func credit() {
        let server = Self.session()
        server.readsStreams = false
        // Two messages of exactly half the window.
        let half = Bytes.pattern(32_768 - 64)
        server.receive(Bytes.message(1, half) + Bytes.message(1, half))
        // The connection's credit comes back unread, in halves of its window.
        #expect(server.sent() == [SentFrame(type: .window, field32: 65_536)])
        server.giveBack(1, 32_767)
        #expect(server.sent().isEmpty)
        server.giveBack(1, 1)
        #expect(server.sent() == [SentFrame(type: .window, stream: 1, field32: 32_768)])
        server.receive(Bytes.message(1, half))
        #expect(server.takeHappenings().count == 3)
        server.receive(Bytes.message(1, []))
        server.expectError("CREDIT_EXCEEDED", "W57")
    }

    @Test("W57: the credit of the connection bounds what is coming on all streams together")
    func connectionCredit() {
        let server = Self.server(Self.limits(stream: 65_536, connection: 65_536))
        server.receive(Bytes.call(1, flags: .stream) + Bytes.call(3, flags: .stream))
        server.receive(Bytes.call(5, flags: .stream))
        for stream in [1, 3] as [UInt32] {
            server.receive(
                Bytes.frame(.message, flags: .first, stream: stream, field32: 32_000, [1])
            )
        }
        #expect(!server.isClosed)
        server.receive(Bytes.frame(.message, flags: .first, stream: 5, field32: 2_000, [1]))
        server.expectError("CREDIT_EXCEEDED", "W57")
    }

    @Test("W58: a message takes half of the window at most")
    func longestMessage() {
        let server = Self.session()
        server.receive(
            Bytes.frame(.message, flags: .first, stream: 1, field32: 32_768 - 63, [1])
        )
        server.expectError("CREDIT_EXCEEDED")
        let writer = Self.session()
        writer.send(1, Bytes.pattern(32_768 - 63))
        let end = writer.sent().last
        #expect(end?.failure?.reason == "REPLY_TOO_LONG")
        #expect(writer.takeHappenings() == [.cancelled(stream: 1)])
        writer.end(1)
        #expect(writer.callsInFlight == 0)
        // A last message ends the stream whether it can be sent or not.
        let last = Self.session()
        last.answer(1, Bytes.pattern(32_768 - 63))
        #expect(last.sent().last?.failure?.reason == "REPLY_TOO_LONG")
        #expect(last.takeHappenings() == [])
        #expect(last.callsInFlight == 0)
    }

    @Test("W59: WINDOW lets messages out, of its stream or of all")
    func window() {
        let server = ServerHarness(Self.limits(), windows: (65_536, 65_536))
        server.receive(Bytes.call(1, flags: .stream) + Bytes.call(3, flags: .stream))
        let half = Bytes.pattern(32_768 - 64)
        for _ in 0..<3 { server.send(1, half) }
        server.send(3, [3])
        // Stream 1 has credit for another, and the connection lacks a byte of it.
        #expect(server.sent().map(\.stream) == [1, 3])
        server.receive(Bytes.window(64))
        #expect(server.sent().isEmpty)
        server.receive(Bytes.window(1))
        #expect(server.sent().map(\.payload.count) == [half.count])
        server.receive(Bytes.window(32_768))
        #expect(server.sent().isEmpty)
        server.receive(Bytes.window(32_768, stream: 1))
        #expect(server.sent().map(\.payload.count) == [half.count])
    }

    @Test("W59: credit of nothing or too much, and for what doesn't exist")
    func badWindows() {
        for (bytes, code, rule) in [
            (Bytes.window(0, stream: 1), "MALFORMED_FRAME", "W59"),
            (Bytes.window(0), "MALFORMED_FRAME", "W59"),
            (Bytes.window(0x7FFF_FFFF), "MALFORMED_FRAME", "W59"),
            (Bytes.window(0x7FFF_FFFF, stream: 1), "MALFORMED_FRAME", "W59"),
            (Bytes.frame(.window, stream: 1, field32: 1, [0]), "MALFORMED_FRAME", "W8"),
            (Bytes.window(1, stream: 3), "STREAM_NEVER_OPENED", "W25"),
        ] as [([UInt8], String, String)] {
            let server = Self.session()
            server.receive(bytes)
            server.expectError(code, rule)
        }
    }

    @Test("W26, W59: what was on its way to a stream that ended is passed over, and paid back")
    func lateFrames() {
        let server = Self.session()
        server.fail(1, .stopping)
        _ = server.sent()
        server.receive(Bytes.window(5, stream: 1))
        server.receive(Bytes.frame(.message, flags: .halfClose, stream: 1))
        // Far more than the connection's credit, in all.
        for _ in 0..<10 { server.receive(Bytes.message(1, Bytes.pattern(32_000))) }
        #expect(server.sent().allSatisfy { $0.type == .window && $0.stream == 0 })
        #expect(server.takeHappenings().isEmpty)
        #expect(!server.isClosed)
    }

    @Test("W60: a message that was cut off by the stream's end is paid back too")
    func cutMessages() {
        let server = Self.server(Self.limits(stream: 65_536, connection: 65_536))
        for stream in stride(from: 1, to: 41, by: 2) as StrideTo<UInt32> {
            server.receive(Bytes.call(stream, flags: .stream))
            server.receive(
                Bytes.frame(.message, flags: .first, stream: stream, field32: 32_000, [1])
            )
            server.receive(Bytes.frame(.cancel, stream: stream))
            server.end(stream)
        }
        #expect(!server.isClosed)
        #expect(server.callsInFlight == 0)
    }

    @Test("W60: a stream that nobody reads stalls no other, and holds a bounded amount")
    func unreadStream() {
        let server = ServerHarness(Self.limits(), windows: Self.windows)
        server.receive(Bytes.call(1, flags: .stream) + Bytes.call(3, flags: .stream))
        let message = Bytes.pattern(10_000)
        var room = Limits().streamQueueBytes
        while room > 0 {
            server.send(1, message)
            room -= message.count + 64
        }
        // The window's worth goes out; the rest waits, and no room returns for it.
        let sent = server.sent()
        #expect(sent.count == 65_536 / 10_064)
        #expect(sent.allSatisfy { $0.stream == 1 })
        #expect(
            !server.takeHappenings().contains { if case .roomReturned = $0 { true } else { false } }
        )
        server.send(3, [3])
        server.receive(Bytes.call(5, [5]))
        #expect(Set(server.sent().map(\.stream)) == [3, 5])
        server.receive(Bytes.window(65_536, stream: 1) + Bytes.window(65_536))
        #expect(server.sent().count == 7)
        server.receive(Bytes.window(65_536, stream: 1) + Bytes.window(65_536))
        _ = server.sent()
        #expect(server.takeHappenings().contains(.roomReturned(stream: 1, 14 * 10_064)))
    }

    // MARK: - Ends

    @Test("W61: END comes behind the messages, and has no payload")
    func end() {
        let server = Self.session()
        server.send(1, [1])
        server.send(1, Bytes.pattern(30_000))
        server.end(1)
        #expect(
            server.sent() == [
                SentFrame(
                    type: .message,
                    flags: [.first, .last],
                    stream: 1,
                    field32: 1,
                    payload: [1]
                ),
                SentFrame(
                    type: .message,
                    flags: [.first, .last],
                    stream: 1,
                    field32: 30_000,
                    payload: Bytes.pattern(30_000)
                ),
                SentFrame(type: .end, stream: 1),
            ]
        )
        #expect(server.callsInFlight == 0)
        #expect(server.takeHappenings().isEmpty)
    }

    @Test("W61: the answer to an upload is one message, and END")
    func reply() {
        let server = Self.session()
        server.answer(1, [1, 2])
        #expect(server.sent().map(\.payload) == [[1, 2], []])
        #expect(server.callsInFlight == 0)
    }

    @Test("W61: a stream that ends holds its slot until its END can be sent")
    func endBehindMessages() {
        let server = Self.session()
        for _ in 0..<3 { server.send(1, Bytes.pattern(32_000)) }
        server.end(1)
        #expect(server.sent().map(\.type) == [.message, .message])
        #expect(server.callsInFlight == 1)
        server.receive(Bytes.message(1, [1]))
        #expect(server.takeHappenings().isEmpty)
        server.receive(Bytes.window(65_536, stream: 1))
        #expect(server.sent().map(\.type) == [.message, .end])
        #expect(server.callsInFlight == 0)
    }

    @Test("W61: a failure ends a stream at once, before what waits")
    func failure() {
        let server = Self.session()
        for _ in 0..<3 { server.send(1, Bytes.pattern(32_000)) }
        server.fail(1, .stopping)
        let frames = server.sent()
        #expect(frames.map(\.type) == [.end])
        #expect(frames.first?.failure?.reason == "DRAINING")
        #expect(server.callsInFlight == 0)
    }

    @Test("W62: CANCEL is told at once; nothing more is sent, and the slot is held")
    func cancel() {
        let server = Self.session()
        server.send(1, [1])
        server.receive(Bytes.frame(.cancel, stream: 1))
        #expect(server.takeHappenings() == [.cancelled(stream: 1)])
        server.send(1, [2])
        server.giveBack(1, 100)
        #expect(server.sent().isEmpty)
        #expect(server.callsInFlight == 1)
        server.end(1)
        #expect(server.sent().isEmpty)
        #expect(server.callsInFlight == 0)
    }

    @Test("W62: CANCEL of a stream whose END waits frees it")
    func cancelOfEnding() {
        let server = Self.session()
        for _ in 0..<3 { server.send(1, Bytes.pattern(32_000)) }
        server.end(1)
        _ = server.sent()
        server.receive(Bytes.frame(.cancel, stream: 1))
        #expect(server.takeHappenings().isEmpty)
        #expect(server.callsInFlight == 0)
    }

    @Test("W63: a stream's time may be limited, and then both sides are told")
    func timeout() {
        let server = Self.server()
        server.streamTimeout = 500
        server.receive(Bytes.call(1, flags: .stream))
        server.streamTimeout = 0
        server.receive(Bytes.call(3, flags: [.stream, .halfClose]))
        _ = server.takeHappenings()
        server.advance(milliseconds: 499)
        #expect(server.sent().isEmpty)
        server.advance(milliseconds: 1)
        let frames = server.sent()
        #expect(frames.map(\.failure?.reason) == ["TIMEOUT"])
        #expect(frames.first?.failure?.outcome == .unknown)
        #expect(server.takeHappenings() == [.cancelled(stream: 1)])
        #expect(server.callsInFlight == 2)
        server.end(1)
        for _ in 0..<10 {
            server.advance(milliseconds: 100_000)
            server.receive(Bytes.frame(.pong, Bytes.pattern(8)))
        }
        #expect(server.takeHappenings().isEmpty)
        #expect(server.callsInFlight == 1)
    }

    @Test(
        "W65: running calls are cancelled as often as a second allows, and then the connection ends"
    )
    func resets() {
        var limits = Self.limits()
        limits.callsInFlight = 10
        limits.resetsPerSecond = 5
        let server = ServerHarness(limits, handling: .later(timeout: 10_000), windows: Self.windows)
        var stream: UInt32 = 1
        func reset() {
            let flags: FrameFlags = stream % 4 == 1 ? .stream : []
            server.receive(Bytes.call(stream, flags: flags) + Bytes.frame(.cancel, stream: stream))
            if server.tickets[stream] != nil { server.end(stream) }
            stream += 2
        }
        for _ in 0..<15 { reset() }
        #expect(!server.isClosed)
        server.advance(milliseconds: 400)
        reset()
        reset()
        #expect(!server.isClosed)
        reset()
        server.expectError("TOO_MANY_RESETS", "W65")
    }

    @Test("W65: cancelling what has ended costs nothing")
    func harmlessResets() {
        var limits = Self.limits()
        limits.callsInFlight = 1
        limits.resetsPerSecond = 1
        let server = ServerHarness(limits)
        for stream in stride(from: 1, to: 201, by: 2) as StrideTo<UInt32> {
            server.receive(Bytes.call(stream) + Bytes.frame(.cancel, stream: stream))
        }
        #expect(!server.isClosed)
    }

    @Test("W66: a server that stops ends its streams with its second GOAWAY")
    func drain() {
        let server = Self.session()
        server.send(1, [1])
        _ = server.sent()
        server.beginDrain()
        #expect(server.takeHappenings().isEmpty)
        server.advance(milliseconds: 1_000)
        let frames = server.sent()
        #expect(frames.map(\.type) == [.goAway, .ping, .end, .goAway])
        #expect(frames[2].failure?.reason == "DRAINING")
        #expect(frames[2].failure?.outcome == .unknown)
        #expect(server.takeHappenings() == [.cancelled(stream: 1)])
        server.end(1)
        #expect(server.isFinished)
    }

    @Test("W66: the end of what a client sends ends its streams, and answers its other calls")
    func endOfInput() {
        let server = ServerHarness(
            Self.limits(),
            handling: .later(timeout: 1_000),
            windows: Self.windows
        )
        server.receive(Bytes.call(1, flags: [.stream, .halfClose]) + Bytes.call(3))
        _ = server.takeHappenings()
        server.endInput()
        #expect(server.takeHappenings() == [.cancelled(stream: 1)])
        server.end(1)
        server.answer(3, [3])
        #expect(server.sent() == [SentFrame(type: .end, stream: 3, payload: [3])])
        #expect(server.isClosed)
    }

    @Test("W67: streams take turns with each other and with long replies")
    func turns() {
        let server = ServerHarness(
            Self.limits(),
            handling: .reply(Bytes.pattern(150_000)),
            windows: (65_536, 65_536 * 3)
        )
        server.receive(Bytes.call(1, flags: .stream) + Bytes.call(3, flags: .stream))
        server.receive(Bytes.call(5))
        for _ in 0..<2 {
            server.send(1, Bytes.pattern(20_000))
            server.send(3, Bytes.pattern(20_000))
        }
        let streams = server.sent().map(\.stream)
        #expect(streams == [5, 1, 5, 3, 5, 5, 1, 3])
    }

    @Test("W10: when a connection ends, whoever holds its streams is told")
    func closed() {
        let server = Self.session()
        server.receive(Bytes.frame(.ping, [1]))
        server.expectError("MALFORMED_FRAME")
        #expect(server.takeHappenings().contains(.cancelled(stream: 1)))
    }
}
