import BanjieProtocol
import Testing
import Wire

@testable import BanjieClient
@testable import Transport

/// Connections over several servers that stand in for each other.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SeveralServersTests {
    private static let waiting = CallOptions(waitForReady: true)

    private func servers(_ count: Int) throws -> [CountingServer] {
        try (0..<count).map { _ in try CountingServer() }
    }

    /// A call that must not be repeated: it has no request id and isn't a query.
    private func callOnce(_ connection: Connection) async throws(CallError) {
        _ = try await connection.unary(AdminMethods.confirmClock, [], Self.waiting)
    }

    private func echo(_ connection: Connection) async throws(CallError) {
        _ = try await connection.unary(DiagnosticsMethods.echo, [1], CallOptions())
    }

    private func until(_ condition: () -> Bool) async throws {
        while !condition() { try await Task.sleep(for: .milliseconds(2)) }
    }

    // MARK: - Whose turn it is

    @Test func theFirstThatAnswersIsStayedWith() async throws {
        let servers = try servers(3)
        servers[0].stop()
        let connection = try Connection(servers, .pickFirst)
        for _ in 0..<20 { try await echo(connection) }
        #expect(servers.map(\.count) == [0, 20, 0])
        try servers[0].start()
        for _ in 0..<20 { try await echo(connection) }
        #expect(servers.map(\.count) == [0, 40, 0])
        #expect(servers[2].connections == 0)
    }

    @Test func aServerThatFailsIsLeftForTheNext() async throws {
        let servers = try servers(3)
        let connection = try Connection(servers, .pickFirst)
        try await echo(connection)
        for stopped in [0, 1, 2, 0] {
            // A connection that has lasted lets all be tried at once.
            try await Task.sleep(for: .milliseconds(10))
            let before = servers.map(\.count)
            servers[stopped].stop()
            for _ in 0..<5 {
                _ = try await connection.unary(DiagnosticsMethods.echo, [], Self.waiting)
            }
            let served = zip(before, servers).map { $1.count - $0 }
            #expect(served[stopped] == 0 && served.reduce(0, +) == 5)
            #expect(served.contains(5))
            try servers[stopped].start()
        }
    }

    @Test func callsAreSpreadOverThoseThatAreReady() async throws {
        let servers = try servers(3)
        let connection = try Connection(servers, .roundRobin)
        // All are, once each has been called.
        while servers.contains(where: { $0.count == 0 }) { try await echo(connection) }
        let before = servers.map(\.count)
        for _ in 0..<300 { try await echo(connection) }
        #expect(zip(before, servers).map { $1.count - $0 } == [100, 100, 100])
        servers[1].stop()
        try await until { servers[1].connections == 0 }
        let stopped = servers[1].count
        for _ in 0..<100 { try await echo(connection) }
        #expect(servers[1].count == stopped)
        try servers[1].start()
        while servers[1].count == stopped { try await echo(connection) }
    }

    @Test func oneThatRefusesDoesNotKeepFromTheOthers() async throws {
        let foreign = try CountingServer(realm: "production")
        let own = try CountingServer()
        for policy in [BalancingPolicy.pickFirst, .roundRobin] {
            let connection = try Connection([foreign, own], policy)
            for _ in 0..<4 { try await echo(connection) }
        }
        #expect(foreign.count == 0 && own.count == 8)
        let only = try Connection([foreign, foreign], .pickFirst)
        let error = await #expect(throws: CallError.self) { try await callOnce(only) }
        #expect(error?.reason == "WRONG_REALM")
    }

    @Test func whenNobodyIsThereCallsFailUnlessTheyWait() async throws {
        let servers = try servers(2)
        for server in servers { server.stop() }
        for policy in [BalancingPolicy.pickFirst, .roundRobin] {
            let connection = try Connection(servers, policy)
            let error = await #expect(throws: CallError.self) { try await echo(connection) }
            #expect(error?.reason == "CONNECTION_FAILED" && error?.outcome == .notProcessed)
            async let waiting: Void = callOnce(connection)
            try servers[1].start()
            try await waiting
            servers[1].stop()
        }
        #expect(servers.map(\.count) == [0, 2])
    }

    @Test func whatIsNoListOfServersIsRefused() throws {
        let options = ConnectionOptions(realm: "test")
        #expect(throws: ConnectionError.self) { try Connection(to: [String](), options: options) }
        #expect(throws: ConnectionError.self) {
            try Connection(to: ["a:1", "b"], options: options)
        }
        var secured = options
        secured.security = try ConnectionSecurity()
        #expect(throws: ConnectionError.self) {
            try Connection(to: ["tls:a:1", "b:2"], options: secured)
        }
        _ = try Connection(to: ["tls:127.0.0.1:1", "unix:/nowhere"], options: secured)
    }

    // MARK: - Servers that stop

    /// Servers are drained and started again, one after the other, under calls that must not be
    /// repeated: each is carried out once, and nobody is told of anything.
    @Test(arguments: [BalancingPolicy.pickFirst, .roundRobin])
    func aRollingRestartIsNotNoticed(policy: BalancingPolicy) async throws {
        let servers = try servers(2)
        let connection = try Connection(servers, policy)
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var made = 0
                    while !Task.isCancelled {
                        // Not cancelled with the task, so that every call is waited for.
                        try await Task.detached { try await self.callOnce(connection) }.value
                        made += 1
                    }
                    return made
                }
            }
            for round in 0..<6 {
                let count = servers.map(\.count).reduce(0, +)
                try await until { servers.map(\.count).reduce(0, +) > count + 50 }
                await servers[round % 2].drain()
                try servers[round % 2].start()
            }
            group.cancelAll()
            return try await group.reduce(0, +)
        }
        #expect(made == servers.map(\.count).reduce(0, +))
        #expect(made > 300)
    }

    @Test func whatADrainingServerHasTakenItAnswers() async throws {
        let servers = try servers(2)
        let connection = try Connection(servers, .pickFirst)
        servers[0].handler.conduct(.keep)
        async let kept: Void = callOnce(connection)
        try await until { servers[0].count == 1 }
        async let drained: Void = servers[0].drain()
        try await until { servers[1].connections == 1 }
        // New ones go elsewhere while it is still there.
        for _ in 0..<5 { try await callOnce(connection) }
        #expect(servers.map(\.count) == [1, 5])
        #expect(servers[0].connections == 1)
        servers[0].handler.release()
        try await kept
        await drained
    }

    @Test func aCommandIsRepeatedElsewhereUnderItsID() async throws {
        let servers = try servers(2)
        let connection = try Connection(servers, .pickFirst)
        servers[0].handler.conduct(.keep)
        async let reply = connection.unary(CalendarMethods.change, [], CallOptions())
        try await until { servers[0].count == 1 }
        servers[0].stop()
        _ = try await reply
        let ids = servers.flatMap { $0.handler.seen.map(\.requestID) }
        #expect(ids.count == 2 && ids[0] == ids[1] && ids[0].count == 16)
    }

    // MARK: - The budget

    @Test func retriesEndWithTheBudget() async throws {
        let server = try CountingServer()
        let connection = try Connection([server], .pickFirst)
        let busy = CallFailure(
            .unavailable,
            reason: "STORE_NOT_WRITABLE",
            message: "full",
            outcome: .notProcessed,
            origin: .server,
            retryAfterMilliseconds: 1
        )
        server.handler.conduct(.refuse(busy))
        for _ in 0..<12 {
            await #expect(throws: CallError.self) { try await callOnce(connection) }
        }
        // Twelve calls, and ten retries: three of each of the first three calls, and one more.
        #expect(server.count == 22)
        server.handler.conduct(.answer)
        // A tenth of what succeeds: rounding decides whether ten are enough.
        for _ in 0..<11 { try await callOnce(connection) }
        server.handler.conduct(.refuse(busy))
        for _ in 0..<3 {
            await #expect(throws: CallError.self) { try await callOnce(connection) }
        }
        #expect(server.count == 22 + 11 + 3 + 1)
    }
}
