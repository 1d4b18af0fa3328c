import BanjieProtocol
import Glibc
import Synchronization
import Testing
import Wire

@testable import BanjieClient
@testable import Transport

/// Answers Diagnostics and Calendar, some of it only at the second attempt.
private final class Handler: CallHandler {
    private struct State {
        var requestIDs: [[UInt8]] = []
        /// How many calls are still to be kept without an answer.
        var kept = 0
        var cancelled = 0
    }

    private let state = Mutex(State())

    func keep(_ count: Int) { state.withLock { $0.kept = count } }
    var requestIDs: [[UInt8]] { state.withLock { $0.requestIDs } }
    var cancelled: Int { state.withLock { $0.cancelled } }

    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        let requestID = [UInt8](call.requestID)
        let isKept = state.withLock { state in
            state.requestIDs.append(requestID)
            defer { state.kept = max(0, state.kept - 1) }
            return state.kept > 0
        }
        guard !isKept else {
            _ = responder.answerLater(timeoutMilliseconds: 60_000)
            return
        }
        responder.succeed(with: call.message)
    }

    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict? { nil }
    func cancelled(_ ticket: CallTicket) { state.withLock { $0.cancelled += 1 } }
}

@Suite(.serialized) struct ConnectionTests {
    private let handler = Handler()

    private func serve(_ endpoint: Endpoint) throws -> (server: Server, endpoint: Endpoint) {
        let server = try Server(
            profile: ServerProfile(realm: "test", limits: Limits()),
            handler: handler
        )
        return (server, try server.listen(on: endpoint))
    }

    private func connect(_ endpoint: Endpoint) throws -> Connection {
        var options = ConnectionOptions(realm: "test")
        options.initialBackoffMillis = 20
        return try Connection(to: "\(endpoint)", options: options)
    }

    @Test func `a stub's call goes to the server and back`() async throws {
        let (server, endpoint) = try serve(.tcp(host: "127.0.0.1", port: 0))
        let client = DiagnosticsClient(try connect(endpoint))
        var request = EchoRequest()
        request.payload = [1, 2, 3]
        #expect(try await client.echo(request).payload == [1, 2, 3])
        #expect(handler.requestIDs == [[]])
        server.drain(within: 0)
    }

    @Test func `a command gets a request id, and keeps it when it is sent again`() async throws {
        let (first, endpoint) = try serve(.tcp(host: "127.0.0.1", port: 0))
        handler.keep(1)
        let connection = try connect(endpoint)
        async let reply = connection.unary(CalendarMethods.change, [], CallOptions())
        while handler.requestIDs.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        first.drain(within: 0)
        let (second, _) = try serve(endpoint)
        #expect(try await reply.bytes == [])
        let ids = handler.requestIDs
        #expect(ids.count == 2)
        #expect(ids[0] == ids[1] && ids[0].count == 16)
        second.drain(within: 0)
    }

    @Test func `a lost call that isn't repeatable isn't repeated`() async throws {
        let (server, endpoint) = try serve(.tcp(host: "127.0.0.1", port: 0))
        handler.keep(1)
        let connection = try connect(endpoint)
        let call = Task { () -> CallError? in
            do throws(CallError) {
                _ = try await connection.unary(AdminMethods.confirmClock, [], CallOptions())
                return nil
            } catch { return error }
        }
        while handler.requestIDs.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        server.drain(within: 0)
        let error = await call.value
        #expect(error?.reason == "CONNECTION_LOST" && error?.outcome == .unknown)
    }

    @Test func `cancelling the task cancels the call`() async throws {
        let (server, endpoint) = try serve(.tcp(host: "127.0.0.1", port: 0))
        handler.keep(1)
        let connection = try connect(endpoint)
        let task = Task { () -> CallError? in
            do throws(CallError) {
                _ = try await connection.unary(DiagnosticsMethods.echo, [], CallOptions())
                return nil
            } catch { return error }
        }
        while handler.requestIDs.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        task.cancel()
        #expect(await task.value?.status == .cancelled)
        while handler.cancelled == 0 { try await Task.sleep(for: .milliseconds(2)) }

        let late = Task { () -> CallError? in
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(CallError) {
                _ = try await connection.unary(DiagnosticsMethods.echo, [], CallOptions())
                return nil
            } catch { return error }
        }
        #expect(await late.value?.status == .cancelled)
        server.drain(within: 0)
    }

    @Test func `a call on nothing fails at once and says where`() async throws {
        let (server, endpoint) = try serve(.tcp(host: "127.0.0.1", port: 0))
        server.drain(within: 0)
        let connection = try connect(endpoint)
        do throws(CallError) {
            _ = try await connection.unary(DiagnosticsMethods.echo, [], CallOptions())
            Issue.record("nobody has answered")
        } catch {
            #expect(error.status == .unavailable && error.outcome == .notProcessed)
            #expect(error.message.contains("\(endpoint)"))
        }
    }

    @Test func `what can't be an endpoint or an option is refused`() {
        #expect(throws: ConnectionError.self) {
            try Connection(to: "nowhere", options: ConnectionOptions(realm: "test"))
        }
        var options = ConnectionOptions(realm: "test")
        options.longestReply = 1_000
        #expect(throws: ConnectionError.self) {
            try Connection(to: "localhost:1", options: options)
        }
    }
}

@Suite struct RetryTests {
    private func failure(
        _ status: Status,
        _ reason: String,
        _ outcome: Outcome,
        retryAfter: UInt32? = nil
    ) -> CallFailure {
        CallFailure(
            status,
            reason: reason,
            message: "",
            outcome: outcome,
            origin: .server,
            retryAfterMilliseconds: retryAfter
        )
    }

    @Test func `only what can do no harm, and may help, is sent again`() {
        let lost = failure(.unavailable, "CONNECTION_LOST", .unknown)
        #expect(lost.waitBeforeRetry(attempt: 1, isRepeatable: true, random: 0) == 0)
        #expect(lost.waitBeforeRetry(attempt: 1, isRepeatable: false, random: 0) == nil)
        let draining = failure(.unavailable, "DRAINING", .notProcessed)
        #expect(draining.waitBeforeRetry(attempt: 1, isRepeatable: false, random: 0) == 0)
        let busy = failure(.resourceExhausted, "TOO_MANY_CALLS", .notProcessed)
        #expect(busy.waitBeforeRetry(attempt: 1, isRepeatable: false, random: 0.5) == 100)
        #expect(busy.waitBeforeRetry(attempt: 2, isRepeatable: false, random: 0.5) == 200)
        let full = failure(.unavailable, "STORE_NOT_WRITABLE", .notProcessed, retryAfter: 500)
        #expect(full.waitBeforeRetry(attempt: 1, isRepeatable: false, random: 0) == 500)
        let down = failure(.unavailable, "CONNECTION_FAILED", .notProcessed)
        #expect(down.waitBeforeRetry(attempt: 1, isRepeatable: true, random: 0) == nil)
        let refused = failure(.failedPrecondition, "STALE_VERSION", .processed)
        #expect(refused.waitBeforeRetry(attempt: 1, isRepeatable: true, random: 0) == nil)
        let late = failure(.deadlineExceeded, "TIMEOUT", .notProcessed)
        #expect(late.waitBeforeRetry(attempt: 1, isRepeatable: true, random: 0) == nil)
    }

    @Test func `retries are a tenth of what succeeds`() {
        var budget = RetryBudget()
        let taken = (0..<11).map { _ in budget.take() }
        #expect(taken.count { $0 } == 10)
        for _ in 0..<9 { budget.succeeded() }
        let isTooEarly = budget.take()
        for _ in 0..<2 { budget.succeeded() }
        let isEarned = budget.take()
        #expect(!isTooEarly && isEarned)
    }

    @Test func `request ids are UUIDs of version 7, in the order of time`() {
        var generator = SystemRandomNumberGenerator()
        let ids = [0, 1, 0x1_0000, 0xFFFF_FFFF_FFFF].map {
            RequestID.make(unixMilliseconds: $0, using: &generator)
        }
        for id in ids {
            #expect(id.count == 16)
            #expect(id[6] >> 4 == 7 && id[8] >> 6 == 2)
        }
        for (earlier, later) in zip(ids, ids.dropFirst()) {
            #expect(earlier.lexicographicallyPrecedes(later))
        }
        #expect(Array(ids[1].prefix(6)) == [0, 0, 0, 0, 0, 1])
    }
}
