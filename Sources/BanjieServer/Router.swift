internal import BanjieProtocol
internal import Office
internal import Synchronization
internal import TLS
internal import Transport
internal import Wire

/// Takes calls from the connections to where they are carried out.
///
/// On a loop's thread it looks up the method, checks that the caller's roles may use it, answers what
/// runs inline, and gathers the rest, which is handed over once a wake-up.
final class Router: CallHandler {
    typealias Call = EngineCall<HeldCall>

    /// Calls that are handed over together.
    private struct Portion {
        private(set) var calls: [Call] = []
        /// For how many the queue had room when it was last looked at.
        private var room = 0

        /// Whether the queue lets one more in: what it would refuse needn't be copied.
        mutating func hasRoom(in queue: () -> Int) -> Bool {
            if calls.count >= room { room = queue() }
            return calls.count < room
        }

        mutating func append(_ call: Call) { calls.append(call) }
    }

    private struct Waiting {
        var commands = Portion()
        var queries = Portion()
        var streamEvents: [StreamEvent] = []
    }

    private let commands: Inbox<Call>
    private let queries: QueryPool<HeldCall>
    private let watches: StreamDesk<WatchContext>
    private let statusWatches: StreamDesk<ServerStatus>
    private let streams: EngineStreams
    private let signIns: SignInDesk
    private let sessions: Sessions
    private let shared: SharedState
    private let interceptors: ServerInterceptors
    private let metrics: ServerMetrics
    private let log: @Sendable (ConnectionID, TLSError) -> Void
    /// Sends the refusals of calls that found no room.
    private let deliver: @Sendable ([EngineAnswer<HeldCall>]) -> Void
    private let waiting = Mutex(Waiting())
    private let echoID = DiagnosticsMethods.echo.id
    private let echoMethod: ObservedMethod

    init(
        commands: Inbox<Call>,
        queries: QueryPool<HeldCall>,
        watches: StreamDesk<WatchContext>,
        statusWatches: StreamDesk<ServerStatus>,
        streams: EngineStreams,
        signIns: SignInDesk,
        shared: SharedState,
        interceptors: ServerInterceptors,
        metrics: ServerMetrics,
        log: @escaping @Sendable (ConnectionID, TLSError) -> Void,
        deliver: @escaping @Sendable ([EngineAnswer<HeldCall>]) -> Void
    ) {
        guard let echo = ServiceRegistry.route(DiagnosticsMethods.echo.id) else {
            preconditionFailure("Diagnostics is registered")
        }
        echoMethod = echo.observed
        self.commands = commands
        self.queries = queries
        self.watches = watches
        self.statusWatches = statusWatches
        self.streams = streams
        self.signIns = signIns
        sessions = signIns.sessions
        self.shared = shared
        self.interceptors = interceptors
        self.metrics = metrics
        self.log = log
        self.deliver = deliver
    }

    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder) {
        if call.method == echoID {
            return observe(call, echoMethod, refusal: echo(call, &responder))
        }
        let route = ServiceRegistry.route(call.method)
        if let route, let service = route.inline, route.method.runsInline {
            let refusal = answer(call, by: service, route.method, &responder)
            return observe(call, route.observed, refusal: refusal)
        }
        let timeout = Self.timeout(of: call, route?.method)
        let observed = ObservedCall(call, route?.observed, timeoutMilliseconds: timeout)
        interceptors.before(observed)
        let session = sessions.session(of: call.principal, on: call.connection)
        let language = session?.language ?? .english
        guard let method = route?.method, !method.kind.isStream else {
            return refuse(observed, .unknownMethod, in: language) { responder.fail($0) }
        }
        if let reason = Self.refusal(of: method.access, to: session?.actor) {
            return refuse(observed, reason, in: language) { responder.fail($0) }
        }
        guard hasRoom(for: method.kind) else {
            return refuse(observed, .overloaded, in: language) { responder.fail($0) }
        }
        let ticket = responder.answerLater(timeoutMilliseconds: timeout)
        let handed = Call(
            method: call.method,
            body: Array(call.message),
            actor: session?.actor,
            requestID: Array(call.requestID),
            language: language,
            traceID: observed.trace?.traceID,
            ticket: HeldCall(ticket: ticket, observed: observed)
        )
        if let actor = session?.actor,
            let request = PasswordRequest(call.method, handed.body, by: actor)
        {
            let isTaken = signIns.prepare(request, by: actor) { [commands, deliver] passwords in
                var prepared = handed
                prepared.passwords = passwords
                if commands.add([prepared]) == 0 { deliver([Self.overloaded(handed)]) }
            }
            if !isTaken { deliver([Self.overloaded(handed)]) }
            return
        }
        waiting.withLock {
            switch method.kind {
            case .command: $0.commands.append(handed)
            case .query: $0.queries.append(handed)
            case .watch, .upload, .session:
                preconditionFailure("a stream isn't handed over as a call")
            }
        }
    }

    /// Whether one more would be let in of those that wait to be handed over.
    private func hasRoom(for kind: MethodKind) -> Bool {
        waiting.withLock {
            kind == .query
                ? $0.queries.hasRoom { queries.room } : $0.commands.hasRoom { commands.room }
        }
    }

    func open(_ call: borrowing IncomingCall, _ responder: inout StreamResponder) {
        let route = ServiceRegistry.route(call.method)
        let timeout = Self.timeout(of: call, route?.method)
        let observed = ObservedCall(call, route?.observed, timeoutMilliseconds: timeout)
        interceptors.before(observed)
        let session = sessions.session(of: call.principal, on: call.connection)
        let language = session?.language ?? .english
        guard let route, route.runner != nil else {
            return refuse(observed, .unknownMethod, in: language) { responder.refuse($0) }
        }
        if let reason = Self.refusal(of: route.method.access, to: session?.actor) {
            return refuse(observed, reason, in: language) { responder.refuse($0) }
        }
        let (ticket, room) = responder.accept(timeoutMilliseconds: timeout)
        let opening = StreamOpening(
            method: route.method,
            body: Array(call.message),
            caller: StreamCaller(
                actor: session?.actor,
                language: language,
                traceID: observed.trace?.traceID
            ),
            room: room,
            call: HeldCall(ticket: ticket, observed: observed)
        )
        let isWhole = responder.isHalfClosed && route.method.kind != .watch
        tell(.opened(opening))
        if isWhole { tell(.halfClosed(ticket)) }
    }

    func received(_ message: UnsafeRawBufferPointer, on ticket: CallTicket) -> Bool {
        tell(.received(Array(message), ticket))
        return false
    }

    func halfClosed(_ ticket: CallTicket) { tell(.halfClosed(ticket)) }

    func roomReturned(_ byteCount: Int, on ticket: CallTicket) {
        tell(.roomReturned(byteCount, ticket))
    }

    private func tell(_ event: StreamEvent) { waiting.withLock { $0.streamEvents.append(event) } }

    /// What the caller allows, and no more than the method does, in milliseconds; 0 for any time.
    private static func timeout(
        of call: borrowing IncomingCall,
        _ method: MethodDescriptor?
    ) -> UInt32 {
        guard let method else { return call.timeoutMilliseconds }
        guard call.timeoutMilliseconds > 0 else { return method.defaultTimeoutMillis }
        // A stream may be allowed any time.
        guard method.longestTimeoutMillis > 0 else { return call.timeoutMilliseconds }
        return min(call.timeoutMilliseconds, method.longestTimeoutMillis)
    }

    /// Refuses a call where it was read; `answer` tells its caller.
    private func refuse(
        _ call: ObservedCall,
        _ reason: Reason,
        in language: Language,
        by answer: (CallFailure) -> Void
    ) {
        answer(Self.failure(reason, in: language))
        interceptors.after(call, .refusedInline(reason))
    }

    /// Answers where the request was read, touching no store; returns why it was refused.
    private func answer(
        _ call: borrowing IncomingCall,
        by service: any InlineRouting,
        _ method: MethodDescriptor,
        _ responder: inout Responder
    ) -> Reason? {
        let session = sessions.session(of: call.principal, on: call.connection)
        let language = session?.language ?? .english
        if let reason = Self.refusal(of: method.access, to: session?.actor) {
            responder.fail(Self.failure(reason, in: language))
            return reason
        }
        let request = call.message
        var status = shared.current.status
        do throws(DispatchFailure<HandlerFailure>) {
            try responder.succeed {
                (reply: inout MessageWriter) throws(DispatchFailure<HandlerFailure>) in
                try service.dispatchQuery(method.number, request, in: &status, reply: &reply)
            }
            return nil
        } catch {
            return Self.fail(HandlerFailure(error), in: language, &responder)
        }
    }

    /// Answers where the request was read, with nothing looked up on the way: what bare calls cost is
    /// measured by it. Returns why it was refused.
    private func echo(
        _ call: borrowing IncomingCall,
        _ responder: inout Responder
    ) -> Reason? {
        do {
            let request = try EchoRequest(decoding: call.message)
            try request.validate()
            responder.succeed { (writer: inout MessageWriter) in
                EchoReply(payload: request.payload).write(to: &writer)
            }
            return nil
        } catch {
            let failure: HandlerFailure =
                (error as? FieldRefusal).map { .value($0) } ?? .undecodable("\(error)")
            let language =
                sessions.session(of: call.principal, on: call.connection)?.language ?? .english
            return Self.fail(failure, in: language, &responder)
        }
    }

    private static func fail(
        _ failure: HandlerFailure,
        in language: Language,
        _ responder: inout Responder
    ) -> Reason {
        let report = failure.report(in: language)
        responder.fail(report.failure(isOutcomeKnown: true, origin: .server))
        return report.reason
    }

    /// Tells the interceptors of a call that has been answered where it was read.
    private func observe(
        _ call: borrowing IncomingCall,
        _ method: ObservedMethod,
        refusal: Reason?
    ) {
        guard refusal != nil || interceptors.mustSeeInlineSuccesses else {
            return interceptors.countInlineSuccess(of: method)
        }
        let observed = ObservedCall(
            call,
            method,
            timeoutMilliseconds: call.timeoutMilliseconds
        )
        interceptors.before(observed)
        interceptors.after(observed, refusal.map(CallEnding.refusedInline) ?? .answeredInline)
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
        hand(handed.commands.calls) { commands.add($0) }
        hand(handed.queries.calls) { queries.add($0) }
        // Each passes over what is told of the other's streams.
        if !handed.streamEvents.isEmpty {
            watches.add(handed.streamEvents.filter { $0.concerns(.watches) })
            statusWatches.add(handed.streamEvents.filter { $0.concerns(.statusWatches) })
            streams.add(handed.streamEvents.filter { $0.concerns(.engine) })
        }
    }

    /// Hands calls over, and refuses those for which there is no room: nothing waits without bound.
    private func hand(_ calls: [Call], to add: ([Call]) -> Int) {
        guard !calls.isEmpty else { return }
        let refused = calls.dropFirst(add(calls))
        guard !refused.isEmpty else { return }
        deliver(refused.map(Self.overloaded))
    }

    private static func overloaded(_ call: Call) -> EngineAnswer<HeldCall> {
        EngineAnswer(
            ticket: call.ticket,
            outcome: .failure(
                EngineFailure(
                    report: HandlerFailure.server(.overloaded).report(in: call.language),
                    isOutcomeKnown: true
                )
            )
        )
    }

    func identified(_ connection: ConnectionID, by certificate: PeerCertificate) {
        sessions.identify(connection, by: certificate)
    }

    func failed(_ connection: ConnectionID, _ error: TLSError) {
        metrics.connectionFailed()
        log(connection, error)
    }

    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict? {
        signIns.judge(credentials, on: connection)
        return nil
    }

    func cancelled(_ ticket: CallTicket) {
        metrics.callCancelled()
        tell(.cancelled(ticket))
    }

    func closed(_ connection: ConnectionID, principal: Principal) {
        sessions.forget(connection)
    }

    private static func failure(_ reason: Reason, in language: Language) -> CallFailure {
        HandlerFailure.server(reason).report(in: language)
            .failure(isOutcomeKnown: true, origin: .server)
    }
}

/// A call that is answered later: where its answer goes, and what is told of it then.
struct HeldCall: Sendable {
    let ticket: CallTicket
    let observed: ObservedCall
}

extension ObservedCall {
    fileprivate init(
        _ call: borrowing IncomingCall,
        _ method: ObservedMethod?,
        timeoutMilliseconds: UInt32
    ) {
        methodID = call.method
        self.method = method
        connection = call.connection
        receivedAt = call.receivedAt
        deadline =
            timeoutMilliseconds == 0
            ? .never : call.receivedAt.adding(milliseconds: UInt64(timeoutMilliseconds))
        trace = TraceContext(call.traceparent)
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
