import TestVectors
import Testing
import Wire

@testable import Transport

@Suite struct FramingTests {
    @Test("W5: a type that is unknown and not ignorable ends the connection")
    func unknownType() {
        let server = ServerHarness()
        server.receive(Bytes.frame(type: 0x20, stream: 1))
        server.expectError("UNKNOWN_FRAME_TYPE", "W5")
    }

    @Test("W6: an unknown type with its high bit set is passed over, on whatever stream")
    func ignorableType() {
        let server = ServerHarness()
        server.receive(
            Bytes.frame(type: 0x80, [1, 2, 3]) + Bytes.frame(type: 0xFF, stream: 9)
                + Bytes.call(1, [7])
        )
        #expect(server.happenings == [.call(stream: 1, message: [7])])
        #expect(server.sent() == [SentFrame(type: .end, stream: 1, payload: [7])])
    }

    @Test("W6: flags, fields and payload fields without a meaning are ignored")
    func reservedIsIgnored() {
        let server = ServerHarness()
        let ping = Bytes.frame(
            .ping,
            flags: FrameFlags(rawValue: 0xFF),
            field16: 9,
            field32: 99,
            Bytes.pattern(8)
        )
        server.receive(ping)
        #expect(server.sent() == [SentFrame(type: .pong, payload: Bytes.pattern(8))])
        // Field 99 of the metadata, a varint.
        let metadata: [UInt8] = [0x98, 0x06, 0x05]
        server.receive(
            Bytes.frame(.call, stream: 1, field16: 3, [1, 0, 1, 0] + metadata + [42])
        )
        #expect(server.happenings == [.call(stream: 1, message: [42])])
    }

    @Test(
        "W7: each type has its place, on stream 0 or not",
        arguments: [FrameType.ping, .pong, .authenticate, .error],
        [UInt32(1), 2]
    )
    func connectionFramesOnStreams(type: FrameType, stream: UInt32) {
        let server = ServerHarness()
        server.receive(Bytes.frame(type, stream: stream, Bytes.pattern(8)))
        server.expectError("MALFORMED_FRAME", "W7")
    }

    @Test(
        "W7: frames of a call aren't sent on stream 0",
        arguments: [FrameType.call, .message, .cancel, .end]
    )
    func callFramesOnStreamZero(type: FrameType) {
        let server = ServerHarness()
        server.receive(Bytes.frame(type, Bytes.pattern(8)))
        server.expectError("MALFORMED_FRAME", "W7")
    }

    @Test("W8: a payload that can't be what its type says ends the connection")
    func malformedPayloads() {
        let malformed = [
            Bytes.frame(.ping, Bytes.pattern(7)), Bytes.frame(.pong, Bytes.pattern(9)),
            Bytes.frame(.call, stream: 1, [1, 0, 1]),
            Bytes.frame(.call, stream: 1, field16: 2, [1, 0, 1, 0, 8]),
            Bytes.frame(.authenticate, [0x0A, 0x05, 0x41]),
            Bytes.call(1) + Bytes.frame(.cancel, stream: 1, [0]),
        ]
        for bytes in malformed {
            let server = ServerHarness()
            server.receive(bytes)
            server.expectError("MALFORMED_FRAME", "W8")
        }
    }

    @Test("W9: a frame that was begun must be finished in time")
    func frameTimeout() {
        let server = ServerHarness()
        let call = Bytes.call(1, [1, 2, 3])
        server.receive(Array(call.prefix(1)))
        server.advance(milliseconds: 29_000)
        server.receive(Array(call[1...10]))
        #expect(server.sent().isEmpty)
        server.advance(milliseconds: 1_001)
        server.expectError("FRAME_TIMEOUT", "W9")
    }

    @Test("W9: the time begins anew with each frame")
    func frameTimeBeginsAnew() {
        let server = ServerHarness()
        let call = Bytes.call(1, [1])
        server.receive(Array(call.prefix(5)))
        server.advance(milliseconds: 29_000)
        server.receive(Array(call.dropFirst(5)) + Array(Bytes.call(3).prefix(5)))
        server.advance(milliseconds: 29_000)
        #expect(!server.isClosed)
        server.advance(milliseconds: 1_001)
        #expect(server.isClosed)
    }

    @Test("W10: ERROR is the last frame, and nothing behind a broken frame is looked at")
    func nothingAfterError() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1))
        server.receive(Bytes.frame(type: 0x20) + Bytes.call(3) + Bytes.frame(.ping, [8]))
        #expect(server.sent().map(\.type) == [.error])
        #expect(server.takeHappenings() == [.call(stream: 1, message: []), .closed])
        server.answer(1, [1])
        server.receive(Bytes.call(5))
        server.advance(milliseconds: 100_000)
        #expect(server.sent().isEmpty)
    }

    @Test("W10: ERROR isn't answered")
    func errorIsNotAnswered() {
        let server = ServerHarness()
        server.receive(Bytes.frame(.error, Farewell(.headerChecksum)))
        #expect(server.isClosed)
        #expect(server.sent().isEmpty)
    }

    @Test(
        "W11: a client doesn't send what is the server's",
        arguments: [(FrameType.end, UInt32(1)), (.goAway, 0)]
    )
    func wrongSide(type: FrameType, stream: UInt32) {
        let server = ServerHarness()
        server.receive(Bytes.call(1) + Bytes.frame(type, stream: stream))
        server.expectError("UNEXPECTED_FRAME", "W11")
    }

    @Test("W52: a server that takes no streams is sent no WINDOW")
    func window() {
        var limits = Limits()
        limits.streamWindow = 0
        limits.connectionWindow = 0
        let server = ServerHarness(limits, handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1) + Bytes.window(100, stream: 1))
        server.expectError("UNEXPECTED_FRAME", "W52")
    }

    @Test("every broken vector is refused by its code", arguments: Vector.broken)
    func brokenVectors(vector: Vector) {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(vector.bytes)
        server.expectError(vector.comments.last ?? "")
    }
}
