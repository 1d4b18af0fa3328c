import Synchronization
import Wire

@testable import BanjieClient
@testable import Transport

/// Notes every call, and does what it is told with them.
final class CountingHandler: CallHandler {
    enum Conduct: Sendable {
        case answer
        /// Keeps calls until `release`.
        case keep
        case refuse(CallFailure)
    }

    struct Seen: Sendable {
        let requestID: [UInt8]
        let timeoutMillis: UInt32
    }

    private struct State {
        var server: Server?
        var conduct = Conduct.answer
        var seen: [Seen] = []
        var kept: [(ticket: CallTicket, message: [UInt8])] = []
    }

    private let state = Mutex(State())

    func serve(_ server: Server) { state.withLock { $0.server = server } }
    func conduct(_ conduct: Conduct) { state.withLock { $0.conduct = conduct } }
    var seen: [Seen] { state.withLock { $0.seen } }
    var count: Int { state.withLock { $0.seen.count } }

    /// Answers what was kept.
    func release() {
        let (server, kept) = state.withLock { state in
            defer { state.kept = [] }
            return (state.server, state.kept)
        }
        var batch = ReplyBatch()
        for call in kept { call.message.withUnsafeBytes { batch.succeed(call.ticket, with: $0) } }
        server?.post(&batch)
    }

    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        let seen = Seen(
            requestID: [UInt8](call.requestID),
            timeoutMillis: call.timeoutMilliseconds
        )
        let conduct = state.withLock { state in
            state.seen.append(seen)
            return state.conduct
        }
        switch conduct {
        case .answer: responder.succeed(with: call.message)
        case .keep:
            let ticket = responder.answerLater(timeoutMilliseconds: 60_000)
            let message = [UInt8](call.message)
            state.withLock { $0.kept.append((ticket, message)) }
        case .refuse(let failure): responder.fail(failure)
        }
    }

    func open(_ call: borrowing IncomingCall, _ responder: inout StreamResponder) {
        let seen = Seen(
            requestID: [UInt8](call.requestID),
            timeoutMillis: call.timeoutMilliseconds
        )
        state.withLock { $0.seen.append(seen) }
        responder.refuse(.unknownMethod(call.method))
    }

    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict? { nil }
}

/// A server on a port of the loopback, which can be stopped and started there again.
final class CountingServer: Sendable {
    let handler = CountingHandler()
    let endpoint: Endpoint
    private let server: Mutex<Server>

    init(realm: String = "test") throws {
        let server = try Self.server(handler, realm)
        endpoint = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
        self.server = Mutex(server)
    }

    deinit { stop() }

    private static func server(_ handler: CountingHandler, _ realm: String) throws -> Server {
        let server = try Server(
            profile: ServerProfile(realm: realm, limits: Limits()),
            handler: handler
        )
        handler.serve(server)
        return server
    }

    var count: Int { handler.count }
    var connections: Int { server.withLock { $0 }.connections }

    /// Cuts every connection off.
    func stop() { server.withLock { $0 }.drain(within: 0) }

    /// Stops in two steps, and answers what was accepted.
    func drain() async {
        let server = server.withLock { $0 }
        await withCheckedContinuation { continuation in
            _ = try? LoopThread(name: "drain") {
                server.drain(within: 10_000)
                continuation.resume()
            }
        }
    }

    /// Begins anew where it was.
    func start() throws {
        let next = try Self.server(handler, "test")
        _ = try next.listen(on: endpoint)
        server.withLock { $0 = next }
    }
}

extension Connection {
    /// A connection of short waits, over several servers.
    convenience init(
        _ servers: [CountingServer],
        _ policy: BalancingPolicy,
        initialBackoffMillis: UInt32 = 5
    ) throws {
        var options = ConnectionOptions(realm: "test")
        options.initialBackoffMillis = initialBackoffMillis
        options.longestBackoffMillis = 50
        try self.init(to: servers.map { "\($0.endpoint)" }, policy: policy, options: options)
    }
}
