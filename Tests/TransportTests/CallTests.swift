import Testing
import Wire

@testable import Transport

@Suite struct CallTests {
    @Test("W23: each call gets one END, in any order")
    func answersInAnyOrder() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1) + Bytes.call(3) + Bytes.call(5))
        for stream in [5, 1, 3] as [UInt32] { server.answer(stream, [UInt8(stream)]) }
        #expect(
            server.sent()
                == [5, 1, 3].map { SentFrame(type: .end, stream: $0, payload: [UInt8($0)]) }
        )
        #expect(server.callsInFlight == 0)
    }

    @Test("W24: streams are odd and increase", arguments: [[2], [1, 1], [3, 1], [0x8000_0001]])
    func streamOrder(streams: [UInt32]) {
        let server = ServerHarness()
        server.receive(streams.flatMap { Bytes.call($0) })
        server.expectError("STREAM_ORDER", "W24")
    }

    @Test("W24: gaps are allowed, up to the last number")
    func streamGaps() {
        let server = ServerHarness()
        server.receive(Bytes.call(7) + Bytes.call(101) + Bytes.call(0x7FFF_FFFF))
        #expect(server.sent().map(\.stream) == [7, 101, 0x7FFF_FFFF])
    }

    @Test("W25: a stream that was never opened", arguments: [FrameType.cancel, .message])
    func neverOpened(type: FrameType) {
        for stream in [2, 5] as [UInt32] {
            let server = ServerHarness()
            server.receive(Bytes.call(3) + Bytes.frame(type, stream: stream))
            server.expectError("STREAM_NEVER_OPENED", "W25")
        }
    }

    @Test("W26: frames on a stream that has ended are ignored")
    func endedStreams() {
        let server = ServerHarness()
        server.receive(Bytes.call(5))
        _ = server.sent()
        server.receive(
            Bytes.frame(.cancel, stream: 5) + Bytes.fragment(5, of: 3, [1])
                + Bytes.frame(.cancel, stream: 3)
        )
        #expect(server.sent().isEmpty)
        #expect(!server.isClosed)
    }

    @Test("W27: a stored reply says so")
    func replayed() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1, requestID: [1, 2, 3]))
        #expect(server.requestIDs == [[1, 2, 3]])
        server.answer(1, [9], replayed: true)
        #expect(
            server.sent() == [SentFrame(type: .end, flags: .replayed, stream: 1, payload: [9])]
        )
    }

    @Test("W28: metadata that can't be read end the call alone")
    func badMetadata() {
        let server = ServerHarness()
        server.receive(Bytes.frame(.call, stream: 1, field16: 2, [1, 0, 1, 0, 0x0A, 0x09]))
        server.receive(Bytes.call(3, requestID: Bytes.pattern(33)))
        server.receive(Bytes.call(5, requestID: Bytes.pattern(32)))
        let replies = server.sent()
        #expect(replies.map(\.field16) == [3, 3, 0])
        #expect(replies.prefix(2).allSatisfy { $0.failure?.reason == "BAD_METADATA" })
        #expect(replies.prefix(2).allSatisfy { $0.failure?.outcome == .notProcessed })
        #expect(server.happenings == [.call(stream: 5, message: [])])
    }

    @Test("W29: a failure arrives with all that it says")
    func failures() {
        let failure = CallFailure(
            .failedPrecondition,
            reason: "STALE_VERSION",
            message: "changed since",
            outcome: .processed,
            origin: .handler,
            retryAfterMilliseconds: 250,
            field: "version",
            details: [.init(key: "current", value: "5")]
        )
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1))
        server.fail(1, failure)
        #expect(server.sent().map(\.failure) == [failure])
    }

    @Test("W29: a failure too long for the client's frames is cut down to what fits")
    func failureTooLong() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1))
        server.fail(
            1,
            CallFailure(
                .notFound,
                reason: "X",
                message: String(repeating: "x", count: 70_000),
                outcome: .processed,
                origin: .handler
            )
        )
        let reply = server.sent()
        #expect(reply.map(\.field16) == [5])
        #expect((reply.first?.payload.count ?? .max) < 1_000)
    }

    @Test("W31: the timeout counts from the call's frame, and is told once")
    func timeout() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1))
        server.advance(milliseconds: 999)
        #expect(server.sent().isEmpty)
        server.advance(milliseconds: 2)
        let reply = server.sent()
        #expect(reply.map(\.field16) == [4])
        #expect(reply.first?.failure?.outcome == .unknown)
        server.answer(1, [1])
        #expect(server.sent().isEmpty)
    }

    @Test("W31: an answer in time is the only one")
    func answerInTime() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1))
        server.advance(milliseconds: 500)
        server.answer(1, [1])
        server.advance(milliseconds: 5_000)
        #expect(server.sent().map(\.field16) == [0])
    }

    @Test("W31: a request that isn't complete in time wasn't processed")
    func timeoutWithinFragments() {
        let server = ServerHarness()
        server.receive(Bytes.call(1, timeout: 300, totalLength: 10, [1]))
        server.advance(milliseconds: 301)
        #expect(server.sent().map(\.failure?.outcome) == [.notProcessed])
        server.receive(Bytes.fragment(1, of: 10, isLast: true, Bytes.pattern(9)))
        #expect(server.happenings.isEmpty)
        #expect(server.callsInFlight == 0)
    }

    @Test("W32: a call too many ends alone")
    func tooManyCalls() {
        var limits = Limits()
        limits.callsInFlight = 2
        let server = ServerHarness(limits, handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1) + Bytes.call(3) + Bytes.call(5))
        let reply = server.sent()
        #expect(reply.map(\.stream) == [5])
        #expect(reply.first?.failure?.reason == "TOO_MANY_CALLS")
        #expect(reply.first?.failure?.outcome == .notProcessed)
        server.answer(1, [])
        server.receive(Bytes.call(7))
        #expect(server.takeHappenings().last == .call(stream: 7, message: []))
    }

    @Test("W33: no END follows CANCEL, and the connection goes on")
    func cancel() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1) + Bytes.frame(.cancel, stream: 1))
        #expect(server.takeHappenings().last == .cancelled(stream: 1))
        server.receive(Bytes.frame(.cancel, stream: 1))
        #expect(server.takeHappenings().isEmpty)
        server.advance(milliseconds: 2_000)
        server.answer(1, [1])
        #expect(server.sent().isEmpty)
        server.receive(Bytes.call(3))
        server.answer(3, [3])
        #expect(server.sent().map(\.stream) == [3])
    }

    @Test("W34: a call counts until its handler has let go of it")
    func rapidReset() {
        var limits = Limits()
        limits.callsInFlight = 2
        let server = ServerHarness(limits, handling: .later(timeout: 1_000))
        for stream in [1, 3, 5] as [UInt32] {
            server.receive(Bytes.call(stream) + Bytes.frame(.cancel, stream: stream))
        }
        #expect(server.sent().map(\.failure?.reason) == ["TOO_MANY_CALLS"])
        server.answer(1, [])
        server.receive(Bytes.call(7))
        #expect(server.takeHappenings().last == .call(stream: 7, message: []))
        server.advance(milliseconds: 1_001)
        server.receive(Bytes.call(9))
        #expect(server.sent().map(\.stream) == [7, 9])
    }

    @Test("W35: fragments of a call that was refused early are ignored")
    func fragmentsAfterRefusal() {
        var limits = Limits()
        limits.callsInFlight = 1
        let server = ServerHarness(limits, handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1))
        server.receive(Bytes.callInFragments(3, Bytes.pattern(100), each: 30))
        #expect(server.sent().map(\.failure?.reason) == ["TOO_MANY_CALLS"])
        #expect(!server.isClosed)
    }
}
