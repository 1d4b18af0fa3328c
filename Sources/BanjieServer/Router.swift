internal import BanjieProtocol
internal import CivilTime
internal import Digest
internal import Office
internal import Store
internal import Synchronization
internal import Transport
internal import Wire

/// Takes calls from the connections to where they are carried out, and judges credentials.
///
/// On a loop's thread it looks up the method, checks that the caller's roles may use it, answers what
/// runs inline, and gathers the rest, to be handed over once a wake-up.
final class Router: CallHandler {
    typealias Call = EngineCall<CallTicket>
    typealias Answer = EngineAnswer<CallTicket>

    private struct Waiting {
        var commands: [Call] = []
        var queries: [Call] = []
        var credentials: [(Credentials, ConnectionID)] = []
    }

    private let commands: Inbox<Call>
    private let queries: QueryPool<CallTicket>
    private let signIns: SignInDesk
    /// Who has signed in, by the number that the transport keeps for a connection.
    private let actors = Mutex<[UInt64: Actor]>([:])
    private let waiting = Mutex(Waiting())
    private let refuse: @Sendable ([Answer]) -> Void

    init(
        commands: Inbox<Call>, queries: QueryPool<CallTicket>, signIns: SignInDesk,
        refuse: @escaping @Sendable ([Answer]) -> Void
    ) {
        self.commands = commands
        self.queries = queries
        self.signIns = signIns
        self.refuse = refuse
    }
}
