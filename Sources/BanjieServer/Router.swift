internal import BanjieProtocol
internal import Office
internal import Synchronization
internal import Transport
internal import Wire

/// Takes calls from the connections to where they are carried out.
///
/// On a loop's thread it looks up the method, checks that the caller's roles may use it, answers what
/// runs inline, and gathers the rest, which is handed over once a wake-up.
final class Router: CallHandler {
    typealias Call = EngineCall<CallTicket>

    private struct Waiting {
        var commands: [Call] = []
        var queries: [Call] = []
    }

    private let commands: Inbox<Call>
    private let queries: QueryPool<CallTicket>
    private let signIns: SignInDesk
    /// Sends the refusals of calls that found no room.
    private let deliver: @Sendable ([EngineAnswer<CallTicket>]) -> Void
    private let waiting = Mutex(Waiting())

    init(
        commands: Inbox<Call>,
        queries: QueryPool<CallTicket>,
        signIns: SignInDesk,
        deliver: @escaping @Sendable ([EngineAnswer<CallTicket>]) -> Void
    ) {
        self.commands = commands
        self.queries = queries
        self.signIns = signIns
        self.deliver = deliver
    }

    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        if call.method == DiagnosticsMethods.echo.id {
            echo(call, &responder)
            return
        }
        let session = signIns.session(of: call.principal, on: call.connection)
        let language = session?.language ?? .english
        guard let route = ServiceRegistry.route(call.method) else {
            responder.fail(Self.failure(.unknownMethod, in: language))
            return
        }
        let method = route.method
        guard !method.kind.isStream else {
            responder.fail(Self.failure(.unknownMethod, in: language))
            return
        }
        if let reason = Self.refusal(of: method.access, to: session?.actor) {
            responder.fail(Self.failure(reason, in: language))
            return
        }
        let timeout =
            call.timeoutMilliseconds == 0
            ? method.defaultTimeoutMillis
            : min(call.timeoutMilliseconds, method.longestTimeoutMillis)
        let handed = Call(
            method: call.method,
            body: Array(call.message),
            actor: session?.actor,
            requestID: Array(call.requestID),
            language: language,
            ticket: responder.answerLater(timeoutMilliseconds: timeout)
        )
        waiting.withLock {
            switch method.kind {
            case .command: $0.commands.append(handed)
            case .query: $0.queries.append(handed)
            case .watch, .upload, .session:
                preconditionFailure("a stream isn't handed over as a call")
            }
        }
    }

    /// Answered where it was read: it touches no store.
    private func echo(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        do {
            let request = try EchoRequest(decoding: call.message)
            try request.validate()
            responder.succeed { (writer: inout MessageWriter) in
                EchoReply(payload: request.payload).write(to: &writer)
            }
        } catch {
            let failure: HandlerFailure =
                (error as? FieldRefusal).map { .value($0) } ?? .undecodable("\(error)")
            let language =
                signIns.session(of: call.principal, on: call.connection)?.language ?? .english
            responder.fail(
                failure.report(in: language).failure(isOutcomeKnown: true, origin: .server)
            )
        }
    }

    /// Why somebody may not use a method; nil when they may.
    static func refusal(of access: MethodAccess, to actor: Actor?) -> Reason? {
        switch access {
        case .public: return nil
        case .signedIn: return actor == nil ? .signInRequired : nil
        case .roles(let roles, let refusal):
            guard let actor else { return .signInRequired }
            return roles.contains { role in
                actor.roles.contains { $0.rawValue == role.rawValue }
            } ? nil : refusal
        }
    }

    func batchEnded() {
        let handed = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return waiting
        }
        hand(handed.commands) { commands.add($0) }
        hand(handed.queries) { queries.add($0) }
    }

    /// Hands calls over, and refuses those for which there is no room: nothing waits without bound.
    private func hand(_ calls: [Call], to add: ([Call]) -> Int) {
        guard !calls.isEmpty else { return }
        let refused = calls.dropFirst(add(calls))
        guard !refused.isEmpty else { return }
        deliver(
            refused.map {
                EngineAnswer(
                    ticket: $0.ticket,
                    outcome: .failure(
                        EngineFailure(
                            report: FailureReport(
                                .overloaded,
                                Reason.overloaded.sentence(in: $0.language),
                                retryAfterMillis: 100
                            ),
                            isOutcomeKnown: true
                        )
                    )
                )
            }
        )
    }

    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict? {
        signIns.judge(credentials, on: connection)
        return nil
    }

    func closed(_ connection: ConnectionID, principal: Principal) {
        signIns.forget(connection)
    }

    private static func failure(_ reason: Reason, in language: Language) -> CallFailure {
        HandlerFailure.server(reason).report(in: language)
            .failure(isOutcomeKnown: true, origin: .server)
    }
}

extension FailureReport {
    /// The failure as it is sent.
    func failure(isOutcomeKnown: Bool, origin: Origin) -> CallFailure {
        CallFailure(
            reason.status,
            reason: reason.rawValue,
            message: sentence,
            outcome: isOutcomeKnown ? .notProcessed : .unknown,
            origin: origin,
            retryAfterMilliseconds: retryAfterMillis,
            field: field ?? "",
            details: details.map { CallFailure.Detail(key: $0.key, value: $0.value) }
        )
    }
}
