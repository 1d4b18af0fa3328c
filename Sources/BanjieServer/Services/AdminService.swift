internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

/// What an operator does to a running server.
struct AdminService: AdminCommands, Sendable {
    /// Asks the engine to move the clock; it answers when all that fell due has fired.
    func advanceClock(
        _ request: AdvanceClockRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ClockMoved {
        guard context.clock.isVirtual, request.to >= context.now else {
            throw .server(.clockNotVirtual)
        }
        context.clockTarget = request.to
        return ClockMoved(now: request.to)
    }

    func confirmClock(
        _ request: Empty,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ClockMoved {
        context.confirmsClock = true
        context.audit("CLOCK_CONFIRMED", "clock")
        return ClockMoved(now: context.clock.now)
    }
}

extension AdminService {
    func endSession(
        _ request: EndSessionRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Empty {
        let found = context.sessions.all.first { $0.session.number == request.session }
        guard let found else {
            throw .refused(.none(kind: .session, name: "\(request.session)"))
        }
        try validating(request)
        context.accountChanges.append(.ended(session: request.session))
        context.audit(
            "SESSION_ENDED",
            "person/\(found.session.actor.login)",
            "session \(request.session): \(Masking.scrubbed(request.reason))"
        )
        return Empty()
    }
}

extension AdminService: AdminQueries {
    func listSessions(
        _ request: ListSessionsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListSessionsReply {
        try validating(request)
        let found = context.sessions.all.filter {
            $0.session.number > request.after
                && (request.person.isEmpty || $0.session.actor.login == request.person)
        }
        let limit = Int(request.limit)
        return ListSessionsReply(
            sessions: found.prefix(limit).map { connection, session in
                SessionView(
                    session: session.number,
                    login: session.actor.login,
                    department: session.actor.department,
                    proof: session.proof.message,
                    since: session.since,
                    connection: "\(connection)"
                )
            },
            more: found.count > limit
        )
    }

    func getAuditHead(
        _ request: Empty,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> BanjieProtocol.AuditHead {
        let reader = context.reader
        let head = try storing { () throws(StoreError) in try reader.head() }
        return BanjieProtocol.AuditHead(sequence: head.auditSequence, hash: head.auditHash)
    }

    func readAudit(
        _ request: ReadAuditRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ReadAuditReply {
        try validating(request)
        let reader = context.reader
        let entries = try storing { () throws(StoreError) in
            try reader.auditEntries(after: request.after, limit: Int(request.limit))
        }
        return ReadAuditReply(
            entries: entries.map {
                BanjieProtocol.AuditEntry(
                    sequence: $0.sequence,
                    at: $0.draft.at,
                    actor: $0.draft.actor,
                    kind: $0.draft.kind,
                    subject: $0.draft.subject,
                    detail: $0.draft.detail,
                    hash: $0.hash,
                    trace: $0.draft.trace?.bytes ?? []
                )
            }
        )
    }
}

extension Sessions.Session.Proof {
    fileprivate var message: SignInProof {
        switch self {
        case .secret: .secret
        case .password: .password
        case .certificate: .certificate
        }
    }
}
