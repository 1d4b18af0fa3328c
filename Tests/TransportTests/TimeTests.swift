import Testing
import Wire

@testable import Transport

@Suite struct LivenessTests {
    @Test("W42: PING is answered by PONG with the same bytes")
    func pong() {
        let server = ServerHarness()
        server.receive(Bytes.frame(.ping, [8, 7, 6, 5, 4, 3, 2, 1]))
        #expect(server.sent() == [SentFrame(type: .pong, payload: [8, 7, 6, 5, 4, 3, 2, 1])])
    }

    @Test("W43: a silent peer is asked, and given up when nothing comes")
    func silence() {
        let server = ServerHarness()
        server.advance(milliseconds: 119_000)
        #expect(server.sent().isEmpty)
        server.advance(milliseconds: 1_001)
        #expect(server.sent().map(\.type) == [.ping])
        server.advance(milliseconds: 20_001)
        server.expectError("PEER_SILENT", "W43")
    }

    @Test("W43: any byte counts as a sign of life")
    func anyByte() {
        let server = ServerHarness()
        server.advance(milliseconds: 121_000)
        #expect(server.sent().map(\.type) == [.ping])
        server.receive([Bytes.call(1)[0]])
        server.advance(milliseconds: 20_001)
        #expect(!server.isClosed)
    }

    @Test("W44: when the client has closed its side, what is in flight is answered")
    func halfClose() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1))
        server.endInput()
        #expect(!server.isClosed)
        server.answer(1, [1])
        #expect(server.sent().map(\.type) == [.end])
        #expect(server.isClosed)
    }

    @Test("W44: an end within a frame, or within a message, answers nothing more")
    func endWithinFrame() {
        let server = ServerHarness(handling: .later(timeout: 1_000))
        server.receive(Bytes.call(1) + [1])
        server.endInput()
        #expect(server.isClosed)
        server.answer(1, [1])
        #expect(server.sent().isEmpty)

        let unfinished = ServerHarness()
        unfinished.receive(Bytes.call(1, totalLength: 10, [1]))
        unfinished.endInput()
        #expect(unfinished.isClosed)
    }
}

@Suite struct DrainTests {
    @Test("W46: first nothing is refused, then the last stream is named")
    func twoSteps() {
        let server = ServerHarness(handling: .later(timeout: 10_000))
        server.receive(Bytes.call(1))
        server.beginDrain()
        var frames = server.sent()
        #expect(frames.map(\.type) == [.goAway, .ping])
        #expect(frames.first?.field32 == 0x7FFF_FFFF)
        #expect(frames.first?.farewell?.code == "DRAINING")
        server.receive(Bytes.call(3) + Bytes.frame(.pong, frames.last?.payload ?? []))
        frames = server.sent()
        #expect(frames.map(\.type) == [.goAway])
        #expect(frames.first?.field32 == 3)
        #expect(!server.isClosed)
    }

    @Test("W46: without a PONG the second step comes by itself")
    func withoutPong() {
        let server = ServerHarness(handling: .later(timeout: 10_000))
        server.receive(Bytes.call(1))
        server.beginDrain()
        server.receive(Bytes.frame(.pong, Bytes.pattern(8)))
        #expect(server.sent().map(\.type) == [.goAway, .ping])
        server.advance(milliseconds: 1_001)
        #expect(server.sent().map(\.field32) == [1])
    }

    @Test("W47: what comes beyond the last stream was not processed, and says so")
    func beyondLast() {
        let server = ServerHarness(handling: .later(timeout: 10_000))
        server.receive(Bytes.call(1))
        server.beginDrain()
        server.advance(milliseconds: 1_001)
        _ = server.sent()
        server.receive(Bytes.call(3))
        let reply = server.sent()
        #expect(reply.map(\.field16) == [14])
        #expect(reply.first?.failure?.reason == "DRAINING")
        #expect(reply.first?.failure?.outcome == .notProcessed)
        #expect(server.takeHappenings() == [.call(stream: 1, message: [])])
    }

    @Test("W48: after the last answer the server closes")
    func closesAfterLast() {
        let server = ServerHarness(handling: .later(timeout: 10_000))
        server.receive(Bytes.call(1) + Bytes.call(3))
        server.beginDrain()
        server.advance(milliseconds: 1_001)
        server.answer(3, [])
        #expect(!server.isClosed)
        server.answer(1, [])
        #expect(server.isClosed)
    }

    @Test("W46: a client that is still greeting is told as soon as it can be")
    func drainWithinHandshake() {
        let server = ServerHarness(isGreeted: false)
        server.beginDrain()
        #expect(server.sent().isEmpty)
        server.receive(Bytes.greeting)
        #expect(server.sent().map(\.type) == [.hello, .goAway, .ping])
    }
}

@Suite struct StallTests {
    @Test("W50: output that nobody takes ends the connection")
    func stalled() {
        let server = ServerHarness()
        server.session.pointee.wrote(progress: false, remaining: 10, at: server.now)
        server.advance(milliseconds: 29_000)
        server.session.pointee.wrote(progress: true, remaining: 5, at: server.now)
        server.advance(milliseconds: 29_000)
        server.session.pointee.wrote(progress: false, remaining: 5, at: server.now)
        #expect(!server.isClosed)
        server.advance(milliseconds: 1_001)
        server.expectError("OUTPUT_STALLED", "W50")
    }

    @Test("W50: output that was taken ends nothing")
    func taken() {
        let server = ServerHarness()
        server.session.pointee.wrote(progress: true, remaining: 10, at: server.now)
        server.session.pointee.wrote(progress: true, remaining: 0, at: server.now)
        server.advance(milliseconds: 60_000)
        #expect(!server.isClosed)
    }
}
