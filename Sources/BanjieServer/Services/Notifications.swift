internal import BanjieProtocol
internal import CivilTime
internal import Digest
internal import Office
internal import Store
internal import Wire

// What applicants are told without asking: written with what it tells of, read by them, sent by a gateway.

extension CommandContext {
    /// Writes what the applicant is told of what happened to a file.
    mutating func notify(
        of happenings: [FileAudit],
        in matter: CaseFile
    ) throws(HandlerFailure) {
        for happening in happenings {
            guard let kind = Office.NotificationKind(audit: happening.kind) else { continue }
            let serial = matter.record.key
            var code: String?
            if kind == .delivered {
                let token = GivenCode.make(GivenCode.invitationLength, from: randomBytes())
                let digest = Hexadecimal.text(of: Secret.digest(of: token))
                unit.save(InvitationRecord(digest: digest, case: serial))
                code = token
            }
            try notify(
                matter.record.applicant,
                of: serial,
                kind,
                matter.sentence(for: kind, in: circumstances),
                code: code,
                at: happening.at
            )
        }
    }

    /// Writes what whoever asked is told of a consultation.
    mutating func notify(of consultation: ConsultationFile) throws(HandlerFailure) {
        for happening in consultation.history.audits
        where Office.NotificationKind(audit: happening.kind) == .consultationAnswered {
            try notify(
                consultation.record.asker,
                of: consultation.record.key,
                .consultationAnswered,
                consultation.answeredSentence,
                at: happening.at
            )
        }
    }

    private mutating func notify(
        _ recipient: String,
        of subject: String,
        _ kind: Office.NotificationKind,
        _ text: String,
        code: String? = nil,
        at moment: Instant
    ) throws(HandlerFailure) {
        let notification = NotificationRecord(
            number: try nextKey(NotificationRecord.self),
            to: recipient,
            of: subject,
            kind,
            text,
            code: code,
            at: moment
        )
        unit.save(notification)
        unit.publish(
            EventDraft(topic: EventTopic.notified, payload: notification.message.encoded())
        )
    }

    /// Gives whoever brought a matter a code to track it by; what is kept proves it alone.
    func giveQueryCode(of serial: String) -> String {
        let code = GivenCode.make(GivenCode.queryLength, from: randomBytes())
        unit.save(TrackingRecord(case: serial, digest: TrackingRecord.digest(of: code, serial)))
        return code
    }
}

extension TrackingRecord {
    /// The same code of two cases has two digests.
    static func digest(of code: String, _ serial: String) -> [UInt8] {
        Secret.digest(of: "\(serial)/\(code.uppercased())")
    }
}

extension NotificationRecord {
    var message: Notification {
        Notification(
            number: UInt64(clamping: key),
            case: subject,
            kind: BanjieProtocol.NotificationKind(rawValue: kind.rawValue),
            at: at,
            text: text
        )
    }

    /// What is sent to a telephone.
    fileprivate var outgoingText: String {
        guard case .waiting(let code?) = delivery else { return text }
        return "\(text)评价码：\(code)"
    }
}

extension RecordContext {
    /// Whom a notification is for: in a matter as the matter has them.
    fileprivate func details(
        for notification: NotificationRecord
    ) throws(HandlerFailure) -> PersonDetails? {
        if notification.kind == .consultationAnswered {
            return try loadIfPresent(PersonRecord.self, notification.recipient)?.details
        }
        return try loadIfPresent(ApplicantRecord.self, notification.subject)?.details
    }
}

/// Tells somebody what they are notified of.
struct NotificationWatch: ServedWatch {
    private let actor: Actor
    private var cursor: EventCursor

    init(
        _ request: WatchNotificationsRequest,
        for actor: Actor,
        in context: WatchContext
    ) throws(HandlerFailure) {
        self.actor = actor
        cursor = try EventCursor(after: request.after, topic: EventTopic.notified, in: context)
    }

    mutating func next(
        in context: inout WatchContext
    ) throws(HandlerFailure) -> StreamStep<NotificationEvent> {
        let (actor, query) = (actor, context.query)
        return try cursor.next(in: &context) { (told: Notification) throws(HandlerFailure) in
            let key = Int64(clamping: told.number)
            let stored = try query.loadIfPresent(NotificationRecord.self, key)
            return stored?.recipient == actor.login
        } telling: {
            NotificationEvent(sequence: $0, notification: $1)
        }
    }
}

extension OnlineService: OnlineCommands {
    func takeNotifications(
        _ request: TakeNotificationsRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> TakeNotificationsReply {
        try validating(request)
        let page = try context.page(
            NotificationRecord.self,
            Search(
                by: NotificationRecord.waiting,
                prefix: [.integer(1)],
                after: [.integer(Int64(clamping: request.after))],
                limit: Int(request.limit)
            )
        )
        var messages: [OutgoingMessage] = []
        for notification in page.records {
            messages.append(
                OutgoingMessage(
                    number: UInt64(clamping: notification.key),
                    phone: try context.details(for: notification)?.phone?.clear ?? "",
                    text: notification.outgoingText
                )
            )
        }
        if let first = messages.first, let last = messages.last {
            context.audit(
                "PERSONAL_OPENED",
                "notification/\(first.number)",
                "phone: \(messages.count) through \(last.number)"
            )
        }
        return TakeNotificationsReply(messages: messages, more: page.isMore)
    }

    func acknowledgeNotifications(
        _ request: AcknowledgeNotificationsRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Empty {
        try validating(request)
        var count = 0
        for number in request.numbers {
            let key = Int64(clamping: number)
            guard var notification = try context.loadIfPresent(NotificationRecord.self, key),
                case .waiting = notification.delivery
            else { continue }
            notification.handOver(at: context.now)
            context.unit.save(notification)
            count += 1
        }
        if count > 0 {
            context.audit("NOTIFICATIONS_SENT", "notification/\(request.numbers[0])", "\(count)")
        }
        return Empty()
    }
}

extension OnlineService {
    func listNotifications(
        _ request: ListNotificationsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListNotificationsReply {
        try validating(request)
        let actor = try context.signedIn()
        let page = try context.page(
            NotificationRecord.self,
            Search(
                by: NotificationRecord.byRecipient,
                prefix: [.text(actor.login)],
                after: [.integer(Int64(clamping: request.after))],
                limit: Int(request.limit)
            )
        )
        return ListNotificationsReply(
            notifications: page.records.map(\.message),
            more: page.isMore
        )
    }

    func watchNotifications(
        _ request: WatchNotificationsRequest,
        in context: inout WatchContext
    ) throws(HandlerFailure) -> NotificationWatch {
        try validating(request)
        return try NotificationWatch(request, for: try context.query.signedIn(), in: context)
    }

    func track(
        _ request: TrackRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> TrackView {
        try validating(request)
        let absent = Refusal.none(kind: .case, name: request.case)
        // Whoever guesses learns nothing, not even whether there is such a case.
        let proof = try context.loadIfPresent(TrackingRecord.self, request.case)
        let given = TrackingRecord.digest(of: request.code, request.case)
        guard let proof, Secret.isEqual(proof.digest, given) else { throw .refused(absent) }
        let file = try context.open(CaseFile.self, request.case)
        let record = file.record
        let item = try context.load(
            ItemRecord.self,
            record.item,
            or: .none(kind: .item, name: record.item.code)
        )
        let view = try context.view(file)
        let next = file.nextStep(in: context.circumstances)
        func due(_ kind: BanjieProtocol.ClockKind) -> CivilDate? {
            view.clocks.last { $0.clock == kind }?.due
        }
        return TrackView(
            case: record.key,
            state: view.state,
            item: item.name,
            department: try context.department(record.department).name,
            submitted: view.submitted,
            effectiveReceipt: view.effectiveReceipt,
            acceptanceDate: view.acceptanceDate,
            promisedDue: due(.promised),
            statutoryDue: due(.statutory),
            missing: view.missing,
            decision: view.decision,
            next: BanjieProtocol.NextStep(rawValue: next.step.rawValue),
            nextBy: next.by
        )
    }
}
