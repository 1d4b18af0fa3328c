import BanjieClient
import BanjieProtocol
import Synchronization
import Testing
import Wire

@testable import BanjieServer
@testable import Transport

/// Hands streams to a desk, and knows nothing of signing in.
private final class RelayHandler: CallHandler {
    private let desk: StreamDesk<RelayContext>
    private let events = Mutex<[StreamEvent]>([])

    init(_ desk: StreamDesk<RelayContext>) { self.desk = desk }

    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        responder.fail(.unknownMethod(call.method))
    }

    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict? {
        .accepted(.anonymous, SignedIn(login: credentials.login, roles: []))
    }

    func open(_ call: borrowing IncomingCall, _ responder: inout StreamResponder) {
        let id = call.method
        guard let method = RelayMethods.service.methods.first(where: { $0.id == id }) else {
            return responder.refuse(.unknownMethod(id))
        }
        let (ticket, room) = responder.accept(timeoutMilliseconds: call.timeoutMilliseconds)
        let observed = ObservedCall(
            methodID: id,
            method: nil,
            connection: call.connection,
            receivedAt: call.receivedAt,
            deadline: .never,
            trace: nil
        )
        let opening = StreamOpening(
            method: method,
            body: Array(call.message),
            caller: StreamCaller(actor: nil, language: .english),
            room: room,
            call: HeldCall(ticket: ticket, observed: observed)
        )
        events.withLock { $0.append(.opened(opening)) }
    }

    func received(_ message: UnsafeRawBufferPointer, on ticket: CallTicket) -> Bool {
        let message = Array(message)
        events.withLock { $0.append(.received(message, ticket)) }
        return false
    }

    func halfClosed(_ ticket: CallTicket) { events.withLock { $0.append(.halfClosed(ticket)) } }

    func roomReturned(_ byteCount: Int, on ticket: CallTicket) {
        events.withLock { $0.append(.roomReturned(byteCount, ticket)) }
    }

    func cancelled(_ ticket: CallTicket) { events.withLock { $0.append(.cancelled(ticket)) } }

    func batchEnded() {
        let taken = events.withLock { events in
            defer { events = [] }
            return events
        }
        desk.add(taken)
    }
}

/// The way of what streams say to the connections, and the count of those that have ended.
private final class RelayExit: Sendable {
    private struct State {
        var server: Transport.Server?
        var ended = 0
        var cancelled = 0
    }

    private let state = Mutex(State())

    func open(_ server: Transport.Server) { state.withLock { $0.server = server } }

    func post(_ batch: inout ReplyBatch) { state.withLock { $0.server }?.post(&batch) }

    func note(_ end: StreamEnd) {
        state.withLock { state in
            state.ended += 1
            if case .cancelled? = end.failure { state.cancelled += 1 }
        }
    }

    var ended: Int { state.withLock { $0.ended } }
    var cancelled: Int { state.withLock { $0.cancelled } }
}

/// A server of the tests' streams on a port of the loopback.
final class RelayServer: Sendable {
    private let contexts: RelayContexts
    private let desk: StreamDesk<RelayContext>
    private let exit = RelayExit()
    private let server: Transport.Server
    private let endpoint: Endpoint

    /// - Parameter limit: how far the server has come.
    init(limit: UInt64 = .max) throws {
        let contexts = RelayContexts(limit: limit)
        let exit = exit
        self.contexts = contexts
        desk = StreamDesk(
            open: { (opening, context) throws(DispatchFailure<HandlerFailure>) in
                try RelayService().open(opening, in: &context)
            },
            post: { exit.post(&$0) },
            ended: { exit.note($0) },
            log: { Issue.record("\($0)") }
        )
        try desk.start(named: "streams") { contexts }
        server = try Transport.Server(
            profile: ServerProfile(realm: "test", limits: Limits()),
            handler: RelayHandler(desk)
        )
        exit.open(server)
        endpoint = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    }

    /// Streams that have ended.
    var ended: Int { exit.ended }
    /// Those of them that the handler hasn't ended.
    var cancelled: Int { exit.cancelled }

    func connect() throws -> Connection {
        try Connection(to: "\(endpoint)", options: ConnectionOptions(realm: "test"))
    }

    /// Makes the numbers up to `limit` known.
    func commit(_ limit: UInt64) {
        contexts.limit.store(limit, ordering: .releasing)
        desk.committed()
    }

    /// Stops in two steps, as a server does.
    func drain() {
        server.drain(within: 10_000)
        desk.stop()
    }
}
