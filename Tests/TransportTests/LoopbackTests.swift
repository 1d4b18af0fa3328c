import Glibc
import Testing
import Wire

@testable import Transport

@Suite(.serialized) struct ServerLoopbackTests {
    @Test func `a call and its answer over TCP and over a Unix socket`() throws {
        let path = "/tmp/banjie-test-\(getpid()).sock"
        for endpoint in [Endpoint.tcp(host: "::1", port: 0), .unix(path: path)] {
            let test = try TestServer(on: endpoint)
            let client = try RawClient(to: test.endpoint)
            client.send(Bytes.greeting + Bytes.call(1, [1, 2, 3]))
            #expect(client.receive(2).map(\.type) == [.hello, .end])
            test.stop()
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test("W44: what was asked before the client closed its side is answered")
    func halfClose() throws {
        let test = try TestServer()
        let client = try RawClient(to: test.endpoint)
        client.send(Bytes.greeting + Bytes.call(1, method: TestHandler.later, [5]))
        client.closeSendingSide()
        #expect(client.receiveAll().map(\.type) == [.hello, .end])
        test.stop()
    }

    @Test("W14: a client that doesn't greet is told, and closed")
    func slowHandshake() throws {
        var limits = Limits()
        limits.handshakeMilliseconds = 100
        let test = try TestServer(limits)
        let client = try RawClient(to: test.endpoint)
        client.send(Array(Bytes.greeting.prefix(20)))
        #expect(client.receiveAll().map { $0.farewell?.code } == ["HANDSHAKE_TIMEOUT"])
        test.stop()
    }

    @Test("W2, W3, W4: a broken frame is answered by ERROR, and the end")
    func brokenFrames() throws {
        let test = try TestServer()
        var badHeader = Bytes.call(1, [1])
        badHeader[4] ^= 1
        var badPayload = Bytes.call(1, [1])
        badPayload[28] ^= 1
        let tooLong = Bytes.frame(.call, stream: 1, Bytes.pattern(65_537))
        for (bytes, code) in [
            (badHeader, "BAD_HEADER_CHECKSUM"), (badPayload, "BAD_PAYLOAD_CHECKSUM"),
            (tooLong, "FRAME_TOO_LONG"),
        ] {
            let client = try RawClient(to: test.endpoint)
            client.send(Bytes.greeting + bytes + Bytes.call(3))
            let frames = client.receiveAll()
            #expect(frames.map(\.type) == [.hello, .error])
            #expect(frames.last?.farewell?.code == code)
        }
        test.stop()
        #expect(test.handler.closedCount == 3)
    }

    @Test("W49: a client that doesn't read isn't read either, and stalls nobody else")
    func unreadOutput() throws {
        let test = try TestServer()
        let unread = try RawClient(to: test.endpoint)
        unread.send(Bytes.greeting)
        // Each of these calls asks for a megabyte.
        let size: [UInt8] = [0, 0, 16, 0]
        var stream: UInt32 = 1
        var isStalled = false
        for _ in 0..<50_000 where !isStalled {
            let calls = (0..<100).flatMap { offset in
                Bytes.call(stream + 2 * offset, method: TestHandler.sized, size)
            }
            stream += 200
            isStalled = unread.sendWithoutWaiting(calls) < calls.count
            if isStalled {
                usleep(50_000)
                isStalled = unread.sendWithoutWaiting([0]) < 1
            }
        }
        #expect(isStalled)
        #expect(test.server.calls < 100)
        let other = try RawClient(to: test.endpoint)
        other.send(Bytes.greeting + Bytes.call(1, [7]))
        #expect(other.receive(2).last?.payload == [7])
        test.stop()
    }

    @Test("W49: reading goes on when the output has been taken")
    func outputTakenLater() throws {
        let test = try TestServer()
        let client = try RawClient(to: test.endpoint)
        let size: [UInt8] = [0, 0, 2, 0]
        let calls = (0..<40 as Range<UInt32>).flatMap {
            Bytes.call(2 * $0 + 1, method: TestHandler.sized, size)
        }
        client.send(Bytes.greeting + calls)
        client.closeSendingSide()
        let frames = client.receiveAll()
        #expect(frames.count { $0.type == .end && $0.field16 == 0 } == 40)
        #expect(frames.filter { $0.type == .message }.map(\.payload.count).reduce(0, +) == 40 << 17)
        test.stop()
    }

    @Test("W51: a connection too many is told so")
    func tooManyConnections() throws {
        var limits = Limits()
        limits.connections = 2
        let test = try TestServer(limits)
        let first = try (0..<2).map { _ in try RawClient(to: test.endpoint) }
        for client in first {
            client.send(Bytes.greeting)
            #expect(client.receive(1).map(\.type) == [.hello])
        }
        let third = try RawClient(to: test.endpoint)
        third.send(Bytes.greeting)
        #expect(third.receiveAll().map { $0.farewell?.code } == ["TOO_MANY_CONNECTIONS"])
        test.stop()
    }

    @Test("W46, W48: a drain waits for what is in flight")
    func drain() async throws {
        let test = try TestServer()
        let client = try RawClient(to: test.endpoint)
        client.send(Bytes.greeting + Bytes.call(1, method: TestHandler.hold, [1]))
        await eventually("the call didn't come") { test.handler.heldCount == 1 }
        let server = test.server
        let thread = try LoopThread(name: "drain") { server.drain(within: 20_000) }
        var frames = client.receive(3)
        #expect(frames.map(\.type) == [.hello, .goAway, .ping])
        client.send(Bytes.frame(.pong, frames.last?.payload ?? []))
        frames = client.receive(1)
        #expect(frames.map(\.field32) == [1])
        test.handler.release()
        #expect(client.receiveAll().map(\.payload) == [[1]])
        thread.join()
    }

    @Test("W22: a verdict from another thread lets the frames behind it go on")
    func slowVerdict() throws {
        let test = try TestServer()
        let client = try RawClient(to: test.endpoint)
        client.send(
            Bytes.greeting
                + Bytes.frame(.authenticate, Credentials(login: "slow", secret: "right"))
                + Bytes.call(1, [3])
        )
        client.closeSendingSide()
        #expect(client.receiveAll().map(\.type) == [.hello, .authenticate, .end])
        test.stop()
    }
}

@Suite(.serialized) struct ClientLoopbackTests {
    @Test(arguments: [1, 3]) func `many connections, many calls on each`(reactors: Int) async throws
    {
        let test = try TestServer(reactors: reactors)
        let loop = try ClientLoop(random: { 0.5 })
        let clients = try (0..<20).map { _ in try TestClient(to: test.endpoint, on: loop) }
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for (number, client) in clients.enumerated() {
                for call in 0..<100 {
                    group.addTask {
                        let message = Bytes.pattern(number + call)
                        let method = call % 2 == 0 ? TestHandler.echo : TestHandler.later
                        return await client.call(method, message) != .success(message)
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
        #expect(test.server.calls == 2_000)
        #expect(test.server.connections == 20)
        test.stop()
    }

    @Test("W32: a client keeps to the server's limit of calls in flight")
    func callsInFlight() async throws {
        var limits = Limits()
        limits.callsInFlight = 4
        let test = try TestServer(limits)
        let client = try TestClient(to: test.endpoint)
        let results = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask { await client.call(TestHandler.later, [1]) == .success([1]) }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(results == 200)
        test.stop()
    }

    @Test("W36, W37: messages longer than a frame travel both ways")
    func longMessages() async throws {
        let test = try TestServer()
        let client = try TestClient(to: test.endpoint)
        for length in [65_535, 65_536, 1_000_000, 4 << 20] {
            let message = Bytes.pattern(length)
            for method in [TestHandler.echo, TestHandler.later] {
                let reply = await client.call(method, message)
                #expect((try? reply.get()) == message)
            }
        }
        let tooLong = await client.call(TestHandler.echo, Bytes.pattern((4 << 20) + 1))
        guard case .failure(let failure) = tooLong else {
            Issue.record("a message that is too long was sent")
            return
        }
        #expect(failure.reason == "MESSAGE_TOO_LONG" && failure.outcome == .notProcessed)
        test.stop()
    }

    @Test("W31: a call that isn't answered in time fails, and is cancelled at the server")
    func timeout() async throws {
        let test = try TestServer()
        let client = try TestClient(to: test.endpoint)
        #expect(await client.call(TestHandler.echo, [1]) == .success([1]))
        guard case .failure(let failure) = await client.call(TestHandler.hold, timeout: 60) else {
            Issue.record("a call that is held was answered")
            return
        }
        #expect(failure.status == .deadlineExceeded)
        #expect(failure.outcome == .unknown)
        test.handler.release()
        #expect(await client.call(TestHandler.echo, [2]) == .success([2]))
        test.stop()
    }

    @Test("W33: a cancelled call fails at once, and the server is told")
    func cancel() async throws {
        let test = try TestServer()
        let client = try TestClient(to: test.endpoint)
        #expect(await client.call(TestHandler.echo) == .success([]))
        let result = await withCheckedContinuation { continuation in
            let call = OutgoingCall(
                method: TestHandler.hold,
                message: [],
                deadline: .now().adding(milliseconds: 20_000)
            ) { continuation.resume(returning: $0.map(\.message)) }
            client.loop.submit(call, on: client.line)
            client.loop.cancel(call)
            client.loop.cancel(call)
        }
        guard case .failure(let failure) = result else {
            Issue.record("a cancelled call was answered")
            return
        }
        #expect(failure.status == .cancelled)
        await eventually("the server wasn't told") { test.handler.cancelledCount == 1 }
        test.stop()
    }

    @Test func `calls fail at once when nobody answers, or wait when they are told to`()
        async throws
    {
        let gone = try TestServer()
        gone.stop()
        let client = try TestClient(to: gone.endpoint)
        guard case .failure(let failure) = await client.call() else {
            Issue.record("a call without a server was answered")
            return
        }
        #expect(failure.status == .unavailable)
        #expect(failure.reason == "CONNECTION_FAILED")
        #expect(failure.outcome == .notProcessed)

        async let patient = client.call(TestHandler.echo, [4], waitsForReady: true)
        let test = try TestServer(on: gone.endpoint)
        #expect(await patient == .success([4]))
        test.stop()
    }

    @Test func `all addresses of a name are tried`() async throws {
        let test = try TestServer()
        guard case .tcp(_, let port) = test.endpoint else {
            Issue.record("the server doesn't listen on TCP")
            return
        }
        // Of the two addresses that this name commonly has, the server listens on one.
        let client = try TestClient(to: .tcp(host: "localhost", port: port))
        #expect(await client.call(TestHandler.echo, [6]) == .success([6]))
        test.stop()
    }

    @Test func `a socket file that a dead server has left is taken over, a live one's isn't`()
        throws
    {
        let endpoint = Endpoint.unix(path: "/tmp/banjie-stale-\(getpid()).sock")
        let test = try TestServer(on: endpoint)
        #expect(throws: TransportError.self) { try Socket.listen(on: endpoint) }
        test.stop()
        // A socket that is bound, and whose owner ends without removing the file.
        do {
            let descriptor = Descriptor(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
            guard case .unix(let path) = endpoint else { return }
            let result = try Address(path: path).withPointer { bind(descriptor.number, $0, $1) }
            #expect(result == 0)
        }
        _ = try Socket.listen(on: endpoint)
    }

    @Test("W45: a call in flight when the connection is lost has an unknown outcome")
    func connectionLost() async throws {
        let test = try TestServer()
        let client = try TestClient(to: test.endpoint)
        async let held = client.call(TestHandler.hold)
        await eventually("the call didn't come") { test.handler.heldCount == 1 }
        test.stop()
        guard case .failure(let failure) = await held else {
            Issue.record("a lost call was answered")
            return
        }
        #expect(failure.reason == "CONNECTION_LOST" && failure.outcome == .unknown)
        let again = try TestServer(on: test.endpoint)
        #expect(
            await client.call(TestHandler.echo, [9], waitsForReady: true) == .success([9])
        )
        again.stop()
    }

    @Test("W48: a drain loses no call: what it doesn't take goes to another connection")
    func drain() async throws {
        let test = try TestServer()
        let client = try TestClient(to: test.endpoint)
        async let held = client.call(TestHandler.hold, [1])
        await eventually("the call didn't come") { test.handler.heldCount == 1 }
        let server = test.server
        let thread = try LoopThread(name: "drain") { server.drain(within: 20_000) }
        // The listener is closed before the first GOAWAY is sent.
        await eventually("the port isn't free") {
            (try? Socket.listen(on: test.endpoint)) != nil
        }
        let next = try TestServer(on: test.endpoint)
        #expect(await client.call(TestHandler.echo, [2], waitsForReady: true) == .success([2]))
        test.handler.release()
        #expect(await held == .success([1]))
        thread.join()
        next.stop()
    }

    @Test("W17, W20: a wrong realm or secret fails the calls with the reason")
    func refusedHandshakes() async throws {
        let test = try TestServer()
        for (client, reason) in [
            (try TestClient(to: test.endpoint, realm: "production"), "WRONG_REALM"),
            (
                try TestClient(
                    to: test.endpoint,
                    credentials: Credentials(login: "a", secret: "b")
                ),
                "WRONG_CREDENTIALS"
            ),
        ] {
            guard case .failure(let failure) = await client.call(waitsForReady: true) else {
                Issue.record("a call was answered: \(reason)")
                continue
            }
            #expect(failure.reason == reason)
            #expect(failure.outcome == .notProcessed)
        }
        let right = try TestClient(
            to: test.endpoint,
            credentials: Credentials(login: "slow", secret: "right")
        )
        #expect(await right.call(TestHandler.echo, [1]) == .success([1]))
        test.stop()
    }

    @Test("W30: a method that the server doesn't have is unimplemented")
    func unknownMethod() async throws {
        let test = try TestServer()
        let client = try TestClient(to: test.endpoint)
        guard case .failure(let failure) = await client.call(0x9_0001) else {
            Issue.record("a method that doesn't exist has answered")
            return
        }
        #expect(failure.status == .unimplemented && failure.reason == "UNKNOWN_METHOD")
        #expect(failure.outcome == .notProcessed && failure.origin == .server)
        test.stop()
    }

    @Test func `a closed line fails its calls`() async throws {
        let test = try TestServer()
        let client = try TestClient(to: test.endpoint)
        #expect(await client.call() == .success([]))
        client.loop.close(client.line)
        guard case .failure(let failure) = await client.call() else {
            Issue.record("a call on a closed line was answered")
            return
        }
        #expect(failure.reason == "CONNECTION_CLOSED")
        await eventually("the server has kept the connection") { test.server.connections == 0 }
        test.stop()
    }
}
