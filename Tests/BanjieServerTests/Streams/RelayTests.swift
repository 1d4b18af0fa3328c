import BanjieClient
import BanjieProtocol
import Testing
import Wire

@testable import BanjieServer

/// Streams of every kind from a client's stub to a handler and back, over real sockets.
@Suite(.timeLimit(.minutes(4))) struct RelayTests {
    /// Waits, for at most a minute, until `condition` holds.
    private func eventually(
        _ what: Comment,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () -> Bool
    ) async {
        for _ in 0..<12_000 {
            if condition() { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
        Issue.record(what, sourceLocation: sourceLocation)
    }

    /// What a stream fails with; nil when it doesn't.
    private func failure(
        of body: () async throws(CallError) -> Void
    ) async -> CallError? {
        do throws(CallError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Watches

    @Test func `a watch is a sequence of messages, and ends`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        var numbers: [UInt64] = []
        for try await count in client.count(CountRequest(from: 5, to: 2_000, ballast: 100)) {
            #expect(count.ballast.count == 100)
            numbers.append(count.number)
        }
        #expect(numbers == Array(5...2_000))
        await eventually("not ended") { server.ended == 1 }
        #expect(server.cancelled == 0)
        server.drain()
    }

    @Test func `a watch goes on with every commit, and misses none`() async throws {
        let server = try RelayServer(limit: 3)
        let client = RelayClient(try server.connect())
        let events = client.count(CountRequest(from: 1))
        var next: UInt64 = 1
        var limit: UInt64 = 3
        for try await count in events {
            #expect(count.number == next)
            next += 1
            guard count.number == limit, limit < 300 else {
                if limit >= 300, count.number == limit { break }
                continue
            }
            limit += limit % 7 + 1
            server.commit(limit)
        }
        events.cancel()
        await eventually("not cancelled") { server.cancelled == 1 }
        server.drain()
    }

    @Test func `a slow reader makes the server wait, not other calls`() async throws {
        let server = try RelayServer()
        let connection = try server.connect()
        let client = RelayClient(connection)
        let slow = client.count(CountRequest(from: 1, to: 60, ballast: 50_000))
        var slowNumbers = slow.makeAsyncIterator()
        #expect(try await slowNumbers.next()?.number == 1)
        var others = 0
        for try await _ in client.count(CountRequest(from: 1, to: 200, ballast: 20_000)) {
            others += 1
        }
        #expect(others == 200)
        // Three megabytes don't fit what may wait on the way: the slow one isn't over.
        #expect(server.ended == 1)
        for number in 2...60 as ClosedRange<UInt64> {
            #expect(try await slowNumbers.next()?.number == number)
        }
        #expect(try await slowNumbers.next() == nil)
        server.drain()
    }

    @Test func `leaving a watch cancels it`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        for try await count in client.count(CountRequest(from: 1)) where count.number == 10 {
            break
        }
        await eventually("not cancelled") { server.cancelled == 1 }
        server.drain()
    }

    @Test func `cancelling the task that reads cancels the watch`() async throws {
        let server = try RelayServer(limit: 1)
        let client = RelayClient(try server.connect())
        let events = client.count(CountRequest(from: 1))
        let reader = Task {
            await failure { () async throws(CallError) in
                var iterator = events.makeAsyncIterator()
                while try await iterator.next() != nil {}
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        reader.cancel()
        #expect(await reader.value?.status == .cancelled)
        await eventually("not cancelled") { server.ended == 1 || server.cancelled == 1 }
        let again = await failure { () async throws(CallError) in
            var iterator = events.makeAsyncIterator()
            _ = try await iterator.next()
        }
        #expect(again?.status == .cancelled)
        server.drain()
    }

    @Test func `a refusal is the same error as a unary call's`() async throws {
        let server = try RelayServer()
        let connection = try server.connect()
        let error = await failure { () async throws(CallError) in
            let request = CountRequest(from: 1, ballast: 100_001)
            for try await _ in RelayClient(connection).count(request) {}
        }
        #expect(error?.reason == Reason.outOfRange.rawValue)
        #expect(error?.field == "ballast")
        #expect(error?.outcome == .notProcessed && error?.origin == .handler)
        let stream = connection.open(RelayMethods.count, [0x0A], CallOptions())
        let undecodable = await failure { () async throws(CallError) in _ = try await stream.next()
        }
        #expect(undecodable?.reason == Reason.undecodable.rawValue)
        server.drain()
    }

    @Test func `a stream's time may be limited, and none is the rule of a watch`() async throws {
        let server = try RelayServer(limit: 0)
        let client = RelayClient(try server.connect())
        #expect(RelayMethods.count.defaultTimeoutMillis == 0)
        let error = await failure { () async throws(CallError) in
            let events = client.count(
                CountRequest(from: 1),
                options: CallOptions(timeoutMillis: 50)
            )
            for try await _ in events {}
        }
        #expect(error?.status == .deadlineExceeded)
        await eventually("not cancelled") { server.cancelled == 1 }
        server.drain()
    }

    @Test func `a server that stops says so to whoever watches`() async throws {
        let server = try RelayServer(limit: 1)
        let client = RelayClient(try server.connect())
        var events = client.count(CountRequest(from: 1)).makeAsyncIterator()
        #expect(try await events.next()?.number == 1)
        server.drain()
        let error = await failure { () async throws(CallError) in _ = try await events.next() }
        #expect(error?.reason == "DRAINING")
        #expect(server.cancelled == 1)
    }

    // MARK: - Uploads

    @Test func `an upload sends any number of messages and gets one reply`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        let piece = Piece(data: [UInt8](repeating: 9, count: 60_000))
        let upload = client.collect(Piece(data: [1]))
        for _ in 0..<100 { try await upload.send(piece) }
        let collected = try await upload.finish()
        #expect(collected.pieces == 101)
        #expect(collected.size == 6_000_001)
        server.drain()
    }

    @Test func `an upload of one message is a call like any other`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        #expect(try await client.collect(Piece(data: [1, 2])).finish().size == 2)
        server.drain()
    }

    @Test func `a server ends an upload early, and whoever sends is told why`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        let upload = client.collect(Piece(data: [1]))
        try await upload.send(Piece())
        let piece = Piece(data: [UInt8](repeating: 9, count: 60_000))
        let error = await failure { () async throws(CallError) in
            // Sooner or later the refusal is here; room for all of it isn't.
            for _ in 0..<1_000 { try await upload.send(piece) }
        }
        #expect(error?.reason == Reason.outOfRange.rawValue)
        #expect(error?.outcome == .unknown)
        let reply = await failure { () async throws(CallError) in _ = try await upload.finish() }
        #expect(reply?.reason == Reason.outOfRange.rawValue)
        server.drain()
    }

    @Test func `a cancelled upload is let go of, and its error says so`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        let upload = client.collect(Piece(data: [1]))
        upload.cancel()
        let error = await failure { () async throws(CallError) in _ = try await upload.finish() }
        #expect(error?.status == .cancelled)
        #expect(try await client.collect(Piece(data: [1])).finish().pieces == 1)
        server.drain()
    }

    // MARK: - Sessions

    @Test func `a session goes both ways at once`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        let session = client.talk(Piece(data: [0]))
        let sender = Task {
            await failure { () async throws(CallError) in
                for number in 1..<500 {
                    let data = withUnsafeBytes(of: UInt16(number)) { [UInt8]($0) }
                    try await session.send(
                        Piece(data: data + [UInt8](repeating: 0, count: 10_000))
                    )
                }
                session.finishSending()
            }
        }
        var count = 0
        for try await piece in session.replies {
            if count > 0 {
                #expect(
                    piece.data.prefix(2).elementsEqual([UInt8(count & 0xFF), UInt8(count >> 8)])
                )
            }
            count += 1
        }
        #expect(await sender.value == nil)
        #expect(count == 500)
        await eventually("not ended") { server.ended == 1 }
        server.drain()
    }

    @Test func `many streams share a connection`() async throws {
        let server = try RelayServer()
        let client = RelayClient(try server.connect())
        let sums = await withTaskGroup(of: UInt64?.self) { group in
            for index in 0..<60 as Range<UInt64> {
                group.addTask {
                    var sum: UInt64 = 0
                    do throws(CallError) {
                        let request = CountRequest(from: index, to: index + 99, ballast: 1_000)
                        var events = client.count(request).makeAsyncIterator()
                        while let count = try await events.next() { sum += count.number - index }
                        return sum
                    } catch {
                        return nil
                    }
                }
            }
            return await group.reduce(into: [UInt64?]()) { $0.append($1) }
        }
        #expect(sums == Array(repeating: 99 * 100 / 2, count: 60))
        server.drain()
    }
}
