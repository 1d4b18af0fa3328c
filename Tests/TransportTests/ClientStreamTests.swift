import Testing
import Wire

@testable import Transport

/// Streaming calls, as a client's session sees them.
@Suite struct ClientStreamTests {
    private static func client(
        windows: (stream: UInt32, connection: UInt32) = (65_536, 131_072)
    ) -> ClientHarness {
        var limits = Limits()
        limits.streamWindow = 65_536
        limits.connectionWindow = 131_072
        return ClientHarness(limits: limits, windows: windows)
    }

    @Test("W53: a client takes streams of a server that takes streams")
    func windows() {
        #expect(!ClientHarness().takesStreams)
        #expect(Self.client().takesStreams)
        let client = ClientHarness(isGreeted: false)
        #expect(!client.takesStreams)
        _ = client.sentBytes()
        client.receive(Bytes.hello(calls: 3, windows: (1, 1)))
        client.expectViolation("MALFORMED_FRAME", "W53")
    }

    @Test("W54, W55, W56: an upload: CALL, messages, and HALF_CLOSE on the last")
    func upload() {
        let client = Self.client()
        #expect(client.begin(9, [1], flags: .stream) == 1)
        client.send(1, [2])
        client.send(1, [3])
        client.halfClose(1)
        let frames = client.sent()
        #expect(frames.map(\.type) == [.call, .message, .message])
        #expect(frames.map(\.flags) == [.stream, [.first, .last], [.first, .last, .halfClose]])
        #expect(frames.dropFirst().map(\.payload) == [[2], [3]])
        client.receive(Bytes.message(1, [7]) + Bytes.frame(.end, stream: 1))
        #expect(
            client.takeHappenings() == [.message(9, [7]), .succeeded(9, [], isReplay: false)]
        )
    }

    @Test("W56: HALF_CLOSE goes alone when the last message has gone")
    func halfCloseAlone() {
        let client = Self.client()
        _ = client.begin(9, flags: .stream)
        client.send(1, [2])
        _ = client.sent()
        client.halfClose(1)
        #expect(client.sent() == [SentFrame(type: .message, flags: .halfClose, stream: 1)])
    }

    @Test("W54: messages wait until the first, which came with CALL, is out")
    func longFirstMessage() {
        let client = Self.client()
        _ = client.begin(9, Bytes.pattern(150_000), flags: .stream)
        client.send(1, [2])
        let frames = client.sent()
        #expect(frames.map(\.type) == [.call, .message, .message, .message])
        #expect(frames.last?.payload == [2])
        #expect(frames.map { $0.flags.contains(.first) } == [false, false, false, true])
    }

    @Test("W54: a watch sends nothing but CALL")
    func watch() {
        let client = Self.client()
        _ = client.begin(9, [1], flags: [.stream, .halfClose])
        #expect(client.sent().map(\.flags) == [[.stream, .halfClose]])
        client.receive(Bytes.message(1, [1]) + Bytes.message(1, [2]))
        #expect(client.takeHappenings() == [.message(9, [1]), .message(9, [2])])
    }

    @Test("W57, W59, W60: what is sent waits for credit, and room returns with it")
    func sending() {
        let client = Self.client()
        _ = client.begin(9, flags: .stream)
        let message = Bytes.pattern(30_000)
        for _ in 0..<8 { client.send(1, message) }
        #expect(client.sent().map(\.type) == [.call, .message, .message])
        #expect(client.takeReturned().isEmpty)
        client.receive(Bytes.window(65_536, stream: 1))
        #expect(client.sent().count == 2)
        client.receive(Bytes.window(65_536, stream: 1))
        // The connection's credit is used up.
        #expect(client.sent().isEmpty)
        client.receive(Bytes.window(131_072))
        #expect(client.sent().count == 2)
        #expect(client.takeReturned() == [9: 5 * 30_064])
    }

    @Test("W57, W60: a client gives credit back as messages are read")
    func receiving() {
        let client = Self.client()
        _ = client.begin(9, flags: [.stream, .halfClose])
        _ = client.sent()
        let message = Bytes.pattern(32_000)
        client.receive(Bytes.message(1, message) + Bytes.message(1, message))
        #expect(client.sent().isEmpty)
        client.giveBack(1, 2 * 32_064)
        #expect(client.sent() == [SentFrame(type: .window, stream: 1, field32: 64_128)])
        client.receive(Bytes.message(1, message) + Bytes.message(1, message))
        #expect(client.sent() == [SentFrame(type: .window, field32: 96_192)])
        client.receive(Bytes.message(1, message))
        client.expectViolation("CREDIT_EXCEEDED", "W57")
    }

    @Test("W61: an END that doesn't fit ends the connection; a failure voids what came")
    func ends() {
        let begun = Bytes.frame(.message, flags: .first, stream: 1, field32: 10, [1])
        for bytes in [Bytes.frame(.end, stream: 1, [1]), begun + Bytes.frame(.end, stream: 1)] {
            let client = Self.client()
            _ = client.begin(9, flags: .stream)
            client.receive(bytes)
            client.expectViolation("MALFORMED_FRAME", "W61")
        }
        let client = Self.client()
        _ = client.begin(9, flags: .stream)
        client.send(1, Bytes.pattern(30_000))
        client.receive(begun + Bytes.frame(.end, stream: 1, field16: 14))
        guard case .failed(9, let failure)? = client.takeHappenings().last else {
            Issue.record("no failure")
            return
        }
        #expect(failure.status == .unavailable)
        #expect(client.sent().map(\.type) == [.call])
    }

    @Test("W26, W62: after CANCEL, what was on its way is passed over and paid back")
    func cancel() {
        let client = Self.client()
        _ = client.begin(9, flags: .stream)
        client.send(1, [1])
        _ = client.sent()
        client.send(1, [2])
        client.cancel(1)
        #expect(client.sent().map(\.type) == [.cancel])
        for _ in 0..<10 { client.receive(Bytes.message(1, Bytes.pattern(30_000))) }
        client.receive(Bytes.window(1, stream: 1) + Bytes.frame(.end, stream: 1))
        #expect(client.sent().allSatisfy { $0.type == .window && $0.stream == 0 })
        #expect(client.takeHappenings().isEmpty)
    }

    @Test("W56: a server ends a stream by END, not by HALF_CLOSE")
    func serverHalfClose() {
        let client = Self.client()
        _ = client.begin(9, flags: .stream)
        client.receive(Bytes.frame(.message, flags: .halfClose, stream: 1))
        client.expectViolation("MALFORMED_FRAME", "W55")
    }

    @Test("W52: a client that takes no streams is sent no WINDOW")
    func noWindow() {
        var limits = Limits()
        limits.streamWindow = 0
        limits.connectionWindow = 0
        let client = ClientHarness(limits: limits)
        _ = client.begin(9)
        client.receive(Bytes.window(1, stream: 1))
        client.expectViolation("UNEXPECTED_FRAME", "W52")
    }
}
