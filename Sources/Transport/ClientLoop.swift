import Synchronization
package import TLS

/// What a loop needs to know to keep connections to a server, or to servers that stand in for each
/// other.
package struct ClientConfiguration: Sendable {
    /// A connection is kept for each group, to the first of its endpoints that answers; calls are spread
    /// over all that are ready.
    let groups: [[Endpoint]]
    package let profile: ClientProfile
    /// What is trusted, and shown, at endpoints under TLS.
    let security: TLSClientIdentity?
    package var backoff = Backoff()
    /// How long an attempt to connect may take before its handshake begins.
    package var connectMilliseconds: UInt64 = 20_000

    /// - Precondition: there are groups, each of at least one endpoint, and there is `security` when one
    ///   is under TLS.
    package init(
        groups: [[Endpoint]],
        profile: ClientProfile,
        security: TLSClientIdentity? = nil
    ) {
        precondition(!groups.isEmpty && !groups.contains([]), "endpoints are named")
        precondition(
            security != nil || !groups.joined().contains(where: \.isUnderTLS),
            "TLS needs to know whom to trust"
        )
        self.groups = groups
        self.profile = profile
        self.security = security
    }

    package init(endpoint: Endpoint, profile: ClientProfile, security: TLSClientIdentity? = nil) {
        self.init(groups: [[endpoint]], profile: profile, security: security)
    }

    /// The session that a connection begins with; nil in plain.
    func openSecurity(to endpoint: Endpoint) -> TLSSession? {
        guard case .tls(let host, _) = endpoint, let security else { return nil }
        return TLSSession(connecting: security.current, to: host)
    }
}

/// A connection that is made again whenever it is lost, until it is closed.
package struct ClientLine: Hashable, Sendable {
    let number: UInt32
}

/// A thread that keeps connections to servers and makes calls on them.
///
/// Names of hosts are resolved on other threads, a few at a time, so that a resolver that hangs keeps only
/// those waiting who need it.
/// Every method may be called from any thread, the loop's own included, and none of them waits.
package final class ClientLoop: Sendable {
    enum Command: Sendable {
        /// Indirect, since commands lie in an array and the others are small.
        indirect case open(ClientLine, ClientConfiguration)
        case call(ClientLine, OutgoingCall)
        case write(OutgoingCall, StreamWrite)
        /// Messages that cost as much were read.
        case giveBack(OutgoingCall, Int)
        case cancel(OutgoingCall)
        case close(ClientLine)
        /// What came of resolving a name for a subchannel.
        case resolved(UInt32, Resolver.Ticket, Resolver.Answer)
        case stop
    }

    /// What other threads leave for the loop.
    final class Inbox: Sendable {
        private let commands = Mutex<[Command]>([])
        private let counter: EventCounter
        /// What the loop waits by: it reports the inbox under `token`.
        let poller: Poller
        static let token = UInt64.max

        init() throws(TransportError) {
            counter = try EventCounter()
            poller = try Poller(counter, token: Self.token)
        }

        func leave(_ command: Command) {
            let isFirst = commands.withLock { commands in
                commands.append(command)
                return commands.count == 1
            }
            if isFirst { counter.wake() }
        }

        /// Takes everything, leaving `spare`, an empty array with memory to be used again.
        func empty(leaving spare: [Command]) -> [Command] {
            counter.clear()
            return commands.withLock { commands in
                let taken = commands
                commands = spare
                return taken
            }
        }
    }

    private let inbox: Inbox
    private let thread: LoopThread
    private let lines = Atomic<UInt32>(0)

    /// Starts the loop. `random` is drawn from for the waits between attempts: evenly from 0…1.
    package convenience init(
        name: String = "client",
        random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) throws(TransportError) {
        try self.init(name: name, random: random) {
            (endpoint) throws(TransportError) in
            try Address.all(of: endpoint, isForListening: false)
        }
    }

    /// - Parameter lookUp: resolves the names of hosts.
    init(
        name: String,
        random: @escaping @Sendable () -> Double,
        lookUp: @escaping Resolver.LookUp
    ) throws(TransportError) {
        let inbox = try Inbox()
        self.inbox = inbox
        thread = try LoopThread(name: name) {
            ClientLoopBody(inbox: inbox, random: random, resolver: Resolver(lookUp)).run()
        }
    }

    deinit { inbox.leave(.stop) }

    /// Begins to connect, and goes on whenever the connection is lost.
    package func open(_ configuration: ClientConfiguration) -> ClientLine {
        let line = ClientLine(number: lines.wrappingAdd(1, ordering: .relaxed).oldValue)
        inbox.leave(.open(line, configuration))
        return line
    }

    /// Makes a call; its completion is called exactly once.
    package func submit(_ call: OutgoingCall, on line: ClientLine) {
        inbox.leave(.call(line, call))
    }

    /// Sends a message on a streaming call that was submitted. It takes its length and 64 of the room,
    /// which the caller keeps count of. What the server doesn't take for its length ends the call.
    package func send(_ message: [UInt8], on call: OutgoingCall) {
        inbox.leave(.write(call, .message(message)))
    }

    /// Says that no further message follows on a streaming call.
    package func halfClose(_ call: OutgoingCall) { inbox.leave(.write(call, .halfClose)) }

    /// Says that messages of a streaming call, which cost `byteCount` in all, have been read.
    package func giveBack(_ byteCount: Int, to call: OutgoingCall) {
        inbox.leave(.giveBack(call, byteCount))
    }

    /// Ends a call for us, and tells the server, unless it has ended.
    package func cancel(_ call: OutgoingCall) {
        inbox.leave(.cancel(call))
    }

    /// Closes the connection for good; its calls fail.
    package func close(_ line: ClientLine) {
        inbox.leave(.close(line))
    }
}
