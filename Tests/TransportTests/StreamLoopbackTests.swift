import Synchronization
import Testing
import Wire

@testable import Transport

/// Streams over real sockets.
@Suite(.timeLimit(.minutes(1))) struct StreamLoopbackTests {
    /// One streaming call of a client's loop, and what came of it.
    private final class Call: Sendable {
        private struct State {
            var messages: [[UInt8]] = []
            var end: Result<OutgoingCall.Reply, CallFailure>?
            var room = Limits().streamQueueBytes
            var leastRoom = Int.max
        }

        private let state = Mutex(State())
        private let client: TestClient
        private let started = Mutex<OutgoingCall?>(nil)

        /// - Parameter reads: whether credit is given back.
        init(
            _ client: TestClient,
            _ method: UInt32,
            _ message: [UInt8],
            isHalfClosed: Bool = false,
            reads: Bool = true
        ) {
            self.client = client
            let observer = StreamObserver(
                isHalfClosed: isHalfClosed,
                received: { [self] message in
                    state.withLock { $0.messages.append(message) }
                    guard reads, let call = started.withLock({ $0 }) else { return }
                    client.loop.giveBack(message.count + 64, to: call)
                },
                roomReturned: { [self] byteCount in state.withLock { $0.room += byteCount } }
            )
            let call = OutgoingCall(
                method: method,
                message: message,
                deadline: .never,
                waitsForReady: true,
                stream: observer,
                completion: { [self] result in state.withLock { $0.end = result } }
            )
            started.withLock { $0 = call }
            client.loop.submit(call, on: client.line)
        }

        var messages: [[UInt8]] { state.withLock { $0.messages } }
        var end: Result<OutgoingCall.Reply, CallFailure>? { state.withLock { $0.end } }
        var failure: CallFailure? {
            if case .failure(let failure)? = end { failure } else { nil }
        }

        /// Sends as soon as there is room.
        func send(_ message: [UInt8]) async {
            await eventually("no room has returned") { state.withLock { $0.room > 0 } }
            state.withLock { $0.room -= message.count + 64 }
            if let call = started.withLock({ $0 }) { client.loop.send(message, on: call) }
        }

        func halfClose() { if let call = started.withLock({ $0 }) { client.loop.halfClose(call) } }
        func cancel() { if let call = started.withLock({ $0 }) { client.loop.cancel(call) } }
    }

    private static func watched(_ count: UInt32, of length: UInt32) -> [UInt8] {
        withUnsafeBytes(of: (count, length)) { [UInt8]($0) }
    }

    private static func greeting(stream: UInt32, connection: UInt32) -> [UInt8] {
        Preface.bytes + Bytes.hello(windows: (stream, connection))
    }

    @Test("W55, W60: a watch brings every message once and in order", arguments: [100, 20_000])
    func watch(length: UInt32) async throws {
        let test = try StreamServer()
        let client = try TestClient(to: test.endpoint)
        let call = Call(
            client,
            StreamHandler.watch,
            Self.watched(600, of: length),
            isHalfClosed: true
        )
        await eventually("the watch didn't end") { call.end != nil }
        #expect(call.failure == nil)
        #expect(
            call.messages.map { $0.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } }
                == Array(0..<600)
        )
        #expect(test.handler.openCount == 0)
        test.stop()
    }

    @Test("W56, W61: an upload waits while its messages aren't read, and gets one reply")
    func upload() async throws {
        let test = try StreamServer()
        test.handler.leaveUploadsUnread()
        let client = try TestClient(to: test.endpoint)
        let call = Call(client, StreamHandler.upload, [1])
        let chunk = Bytes.pattern(60_000)
        let sender = Task {
            for _ in 0..<20 { await call.send(chunk) }
            call.halfClose()
        }
        // Other calls go on meanwhile.
        for _ in 0..<5 { #expect(await client.call(1, [3]) == .success([3])) }
        #expect(call.end == nil)
        test.handler.readUploads()
        await sender.value
        await eventually("the upload didn't end") { call.end != nil }
        #expect(call.failure == nil)
        #expect(
            call.messages == [withUnsafeBytes(of: (UInt32(21), UInt32(1_200_001))) { [UInt8]($0) }]
        )
        test.stop()
    }

    @Test("W54, W56: a session goes both ways")
    func session() async throws {
        let test = try StreamServer(reactors: 2)
        let client = try TestClient(to: test.endpoint)
        let call = Call(client, StreamHandler.session, [0])
        for number in 1..<200 as Range<UInt8> { await call.send([number]) }
        await eventually("no echo") { call.messages.count == 200 }
        call.halfClose()
        await eventually("the session didn't end") { call.end != nil }
        #expect(call.messages == (0..<200).map { [$0] })
        #expect(call.failure == nil)
        test.stop()
    }

    @Test("W60, W67: who reads the socket and gives no credit stalls one stream only")
    func unreadStream() async throws {
        let test = try StreamServer()
        let client = try RawClient(to: test.endpoint)
        client.send(Self.greeting(stream: 65_536, connection: 1 << 20))
        let flags: FrameFlags = [.stream, .halfClose]
        let watch = Self.watched(1_000, of: 30_000)
        client.send(Bytes.call(1, method: StreamHandler.watch, flags: flags, watch))
        #expect(client.receive(3).map(\.type) == [.hello, .message, .message])
        await eventually("the writer doesn't wait") {
            test.handler.postedBytes > Limits().streamQueueBytes
        }
        client.send(Bytes.call(3, [3]))
        client.send(
            Bytes.call(5, method: StreamHandler.watch, flags: flags, Self.watched(1, of: 4))
        )
        #expect(client.receive(3).map(\.stream) == [3, 5, 5])
        #expect(test.handler.postedBytes < 2 * Limits().streamQueueBytes)
        client.send(Bytes.window(65_536, stream: 1))
        #expect(client.receive(2).map(\.stream) == [1, 1])
        test.stop()
    }

    @Test("W60, W67: who gives any credit and reads nothing costs a bounded amount of memory")
    func unreadSocket() async throws {
        let test = try StreamServer()
        let client = try RawClient(to: test.endpoint)
        client.send(Self.greeting(stream: 0x7FFF_FFFF, connection: 0x7FFF_FFFF))
        client.send(
            Bytes.call(
                1,
                method: StreamHandler.watch,
                flags: [.stream, .halfClose],
                Self.watched(100_000, of: 30_000)
            )
        )
        // The socket's buffers take a few megabytes; beyond them the writer must wait.
        var last = -1
        await eventually("the writer doesn't wait") {
            let posted = test.handler.postedBytes
            defer { last = posted }
            return posted > 0 && posted == last
        }
        #expect(test.handler.postedBytes < 64 << 20)
        let other = try TestClient(to: test.endpoint)
        #expect(await other.call(1, [3], waitsForReady: true) == .success([3]))
        test.stop()
    }

    @Test("W62: whoever carries a stream out is told of a cancel, and of the connection's end")
    func cancel() async throws {
        let test = try StreamServer()
        let client = try TestClient(to: test.endpoint)
        let first = Call(client, StreamHandler.session, [1])
        let second = Call(client, StreamHandler.session, [2])
        await eventually("not open") { test.handler.openCount == 2 }
        first.cancel()
        await eventually("not told") { test.handler.cancelledCount == 1 }
        #expect(first.failure?.status == .cancelled)
        client.loop.close(client.line)
        await eventually("not told") { test.handler.cancelledCount == 2 }
        await eventually("no failure") { second.failure != nil }
        #expect(second.failure?.reason == "CONNECTION_CLOSED")
        #expect(second.failure?.outcome == .unknown)
        #expect(test.handler.openCount == 0)
        test.stop()
    }

    @Test("W66: a drain ends streams, and doesn't wait for them")
    func drain() async throws {
        let test = try StreamServer()
        let client = try TestClient(to: test.endpoint)
        let call = Call(client, StreamHandler.session, [1])
        await eventually("not open") { test.handler.openCount == 1 }
        test.server.drain(within: 20_000)
        await eventually("no failure") { call.failure != nil }
        #expect(call.failure?.reason == "DRAINING")
        #expect(call.failure?.outcome == .unknown)
        #expect(test.handler.cancelledCount == 1)
    }

    @Test("W58: a message longer than the server takes ends the call here")
    func messageTooLong() async throws {
        let test = try StreamServer()
        let client = try TestClient(to: test.endpoint)
        let call = Call(client, StreamHandler.upload, [])
        await call.send(Bytes.pattern(Int(Limits().streamWindow) / 2 - 63))
        await eventually("no failure") { call.failure != nil }
        #expect(call.failure?.reason == "MESSAGE_TOO_LONG")
        await eventually("not told") { test.handler.cancelledCount == 1 }
        test.stop()
    }

    @Test("W54: a method that isn't a stream is refused as one")
    func unknownMethod() async throws {
        let test = try StreamServer()
        let client = try TestClient(to: test.endpoint)
        let call = Call(client, 0x1_0001, [])
        await eventually("no failure") { call.failure != nil }
        #expect(call.failure?.reason == "UNKNOWN_METHOD")
        #expect(call.failure?.outcome == .notProcessed)
        test.stop()
    }
}
