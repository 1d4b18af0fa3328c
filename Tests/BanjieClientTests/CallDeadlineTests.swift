import BanjieProtocol
import Testing
import Wire

@testable import BanjieClient
@testable import Transport

/// What is left of a timeout, here and at the servers that are called.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CallDeadlineTests {
    private func call(
        _ connection: Connection,
        timeoutMillis: UInt32,
        waits: Bool = true
    ) async throws(CallError) {
        let options = CallOptions(timeoutMillis: timeoutMillis, waitForReady: waits)
        _ = try await connection.unary(DiagnosticsMethods.echo, [], options)
    }

    @Test func theTimeoutIncludesWaitingForAConnection() async throws {
        let server = try CountingServer()
        server.stop()
        let connection = try Connection([server], .pickFirst)
        let error = await #expect(throws: CallError.self) {
            try await call(connection, timeoutMillis: 60)
        }
        #expect(error?.status == .deadlineExceeded && error?.outcome == .notProcessed)
        // What was waited for isn't left to the server.
        let deadline = CallDeadline(afterMillis: 50_000)
        var left: UInt64 = 0
        try await CallDeadline.$current.withValue(deadline) {
            async let waiting: Void = call(connection, timeoutMillis: 60_000)
            try await Task.sleep(for: .milliseconds(50))
            left = deadline.remainingMillis
            try server.start()
            try await waiting
        }
        let told = try #require(server.handler.seen.first?.timeoutMillis)
        #expect(left < 50_000 && UInt64(told) <= left)
    }

    @Test func theTimeoutIncludesRetries() async throws {
        let server = try CountingServer()
        let connection = try Connection([server], .pickFirst)
        server.handler.conduct(
            .refuse(
                CallFailure(
                    .unavailable,
                    reason: "STORE_NOT_WRITABLE",
                    message: "full",
                    outcome: .notProcessed,
                    origin: .server,
                    retryAfterMilliseconds: 100
                )
            )
        )
        await #expect(throws: CallError.self) { try await call(connection, timeoutMillis: 30_000) }
        let told = server.handler.seen.map { Int($0.timeoutMillis) }
        #expect(told.count == 4)
        for (earlier, later) in zip(told, told.dropFirst()) { #expect(later <= earlier - 99) }
    }

    @Test func theTasksDeadlineBoundsEveryCall() async throws {
        let server = try CountingServer()
        let connection = try Connection([server], .pickFirst)
        try await CallDeadline.within(millis: 50_000) {
            try await call(connection, timeoutMillis: 60_000)
            // An inner one never makes it longer.
            try await CallDeadline.within(millis: 500_000) {
                try await call(connection, timeoutMillis: 60_000)
            }
            try await CallDeadline.within(millis: 20_000) {
                try await call(connection, timeoutMillis: 60_000)
            }
            try await call(connection, timeoutMillis: 10_000)
            // A watch, which has no timeout of its own.
            let watch = connection.open(DeadlinesMethods.watch, [], CallOptions())
            await #expect(throws: CallError.self) { try await watch.next() }
        }
        let told = server.handler.seen.map(\.timeoutMillis)
        #expect(told.count == 5)
        for (told, most) in zip(told, [50_000, 50_000, 20_000, 10_000, 50_000] as [UInt32]) {
            #expect((1...most).contains(told))
        }
    }

    @Test func whatIsOverIsNotSent() async throws {
        let server = try CountingServer()
        let connection = try Connection([server], .pickFirst)
        try await call(connection, timeoutMillis: 10_000)
        await CallDeadline.within(millis: 0) {
            #expect(CallDeadline.current?.remainingMillis == 0)
            let error = await #expect(throws: CallError.self) {
                try await call(connection, timeoutMillis: 10_000)
            }
            #expect(error?.status == .deadlineExceeded && error?.outcome == .notProcessed)
        }
        #expect(server.count == 1)
    }

    /// A program that serves a call by calling another passes on what is left.
    @Test func theTimeoutIsCountedDownAcrossHops() async throws {
        let (first, second) = (try CountingServer(), try CountingServer())
        let (toFirst, toSecond) = (
            try Connection([first], .pickFirst), try Connection([second], .pickFirst)
        )
        first.handler.conduct(.keep)
        async let outer: Void = call(toFirst, timeoutMillis: 30_000)
        while first.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
        let received = try #require(first.handler.seen.first?.timeoutMillis)
        try await CallDeadline.within(millis: UInt64(received)) {
            try await Task.sleep(for: .milliseconds(50))
            try await call(toSecond, timeoutMillis: 60_000)
        }
        first.handler.release()
        try await outer
        let passedOn = try #require(second.handler.seen.first?.timeoutMillis)
        #expect(received <= 30_000 && passedOn <= received - 49)
    }
}
