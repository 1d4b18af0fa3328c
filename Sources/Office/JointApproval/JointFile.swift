package import CivilTime
package import Deadlines
package import WorkCalendar

/// A joint approval (联审联办) with the case that it is about, the co-handlers and their clocks.
package struct JointFile: OfficeFile {
    package static let kind = FileKind(rawValue: 2)
    package static let name = "joint"

    package var record: JointRecord
    package var clocks: [FileClock]
    package var history = FileHistory()
    /// The case; it is saved with this file.
    package var matter: CaseFile
    /// By department.
    package internal(set) var coHandlers: [CoHandler]

    /// A file as it was stored.
    package init(
        record: JointRecord,
        clocks: [FileClock],
        matter: CaseFile,
        coHandlers: [CoHandler]
    ) {
        self.record = record
        self.clocks = clocks
        self.matter = matter
        self.coHandlers = coHandlers.sorted { $0.department < $1.department }
    }

    package var caseSerial: String? { record.key }

    /// A co-handler bears the card of its own opinion; the lead one for reasons that it owes.
    package func bearer(of clock: FileClock) -> String {
        clock.kind == .opinion ? clock.label : record.lead
    }

    package func coHandler(_ department: String) -> CoHandler? {
        coHandlers.first { $0.department == department }
    }

    /// The departments whose opinion is still to come.
    package var awaiting: [String] { coHandlers.filter(\.isAwaited).map(\.department) }

    /// The state's name on the wire and in refusals.
    package var state: State {
        switch record.progress {
        case .open: .open
        case .concluded: .concluded
        case .cancelled: .cancelled
        case .correcting: .correction
        case .dispatched:
            coHandlers.contains(where: \.isEscalated)
                ? .escalated
                : coHandlers.contains { $0.signed != nil } ? .collecting : .dispatched
        }
    }

    package enum State: String, Hashable, Sendable {
        case open = "OPEN"
        case dispatched = "DISPATCHED"
        case collecting = "COLLECTING"
        case correction = "CORRECTION"
        case concluded = "CONCLUDED"
        case escalated = "ESCALATED"
        case cancelled = "CANCELLED"
    }

    /// The last day for a co-handler's work with the matter: its opinion, as long as that is awaited, or
    /// taking note of an override. Nil when nothing is wanted of it.
    package func workDue(
        of coHandler: CoHandler,
        on today: CivilDate,
        in calendars: CalendarTimeline
    ) -> CivilDate? {
        if case .cancelled = record.progress { return nil }
        let kind: ClockKind
        if coHandler.isAwaited {
            kind = .opinion
        } else if let override = coHandler.override, override.served == nil {
            kind = .delivery
        } else {
            return nil
        }
        return clock(kind, of: coHandler.department)?.deadline.due(on: today, in: calendars)
    }

    func wrongState() -> Refusal { .wrongState(state.rawValue) }

    /// - Throws: `wrongState` unless the matter is with the co-handlers.
    func requireDispatched() throws(Refusal) {
        guard case .dispatched = record.progress else { throw wrongState() }
    }

    func index(of department: String) -> Int? {
        coHandlers.firstIndex { $0.department == department }
    }
}

// MARK: Who may act

extension JointFile {
    /// - Throws: `wrongDepartment` unless the actor works for the department that leads.
    package func requireLead(_ actor: Actor) throws(Refusal) {
        guard actor.has(.staff), actor.department == record.lead else {
            throw .wrongDepartment(answers: record.lead)
        }
    }

    /// - Throws: `wrongDepartment` unless the actor is of a department that is asked.
    package func requireCoHandler(_ actor: Actor) throws(Refusal) {
        guard actor.has(.staff) || actor.has(.daemon), index(of: actor.department) != nil else {
            throw .wrongDepartment(
                answers: coHandlers.map(\.department).joined(separator: ", ")
            )
        }
    }

    /// - Throws: `licensor` when the department's disagreement can't be overridden at all.
    package func requireConsulted(_ department: String) throws(Refusal) {
        if coHandler(department)?.role == .licensor { throw .licensor(department: department) }
    }
}

// MARK: The lead

extension JointFile {
    /// 发起: names the departments whose opinion is needed.
    ///
    /// - Throws: `outOfRange` when one is named twice, or leads; `wrongState` unless the matter is a joint
    ///   one that has been accepted.
    package static func open(
        _ matter: CaseFile,
        asking asked: [(department: String, role: CoHandler.Role)],
        opinionDays: Int32,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) -> JointFile {
        let departments = Set(asked.map(\.department))
        guard departments.count == asked.count, !departments.contains(matter.record.department)
        else { throw .outOfRange(field: "co", allowed: "departments, each once, not the lead") }
        try matter.requireReadyForJoint()
        var file = JointFile(
            record: JointRecord(
                case: matter.record.key,
                lead: matter.record.department,
                opinionDays: opinionDays
            ),
            clocks: [],
            matter: matter,
            coHandlers: asked.map { CoHandler($0.department, as: $0.role) }
        )
        file.matter.beginJoint(by: actor, at: circumstances.now)
        file.note(
            "JOINT_OPENED",
            by: actor.login,
            at: circumstances.now,
            file.coHandlers.map { "\($0.department) \($0.role)" }.joined(separator: ", ")
        )
        return file
    }

    /// 分送: sends one set of materials to all at once; their limits begin.
    ///
    /// - Throws: `wrongState`.
    package mutating func dispatch(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .open = record.progress else { throw wrongState() }
        record.progress = .dispatched
        for coHandler in coHandlers {
            ask(
                coHandler.department,
                from: circumstances.now,
                at: circumstances.now,
                in: circumstances
            )
        }
        note("JOINT_DISPATCHED", by: actor.login, at: circumstances.now)
    }

    /// 不采纳: goes on in spite of a consulted department's disagreement. The reasons are to reach it
    /// within the policy's limit.
    ///
    /// - Throws: `wrongState` unless it disagrees and hasn't been overridden.
    package mutating func override(
        _ department: String,
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireDispatched()
        guard let index = index(of: department) else {
            throw .unknownValue(field: "department", value: department)
        }
        guard case .answered(.disagree(let why, nil), let at) = coHandlers[index].standing else {
            throw wrongState()
        }
        let now = circumstances.now
        coHandlers[index].standing = .answered(
            .disagree(reason: why, Opinion.Override(reason: reason, at: now, served: nil)),
            at: at
        )
        start(
            .delivery,
            of: department,
            .workingDays(circumstances.policy.overrideReasonDays),
            from: now,
            at: now,
            in: circumstances
        )
        note("OPINION_OVERRIDDEN", by: actor.login, at: now, "\(department): \(reason)")
    }

    /// 汇总: what the opinions come to; the case goes back to its review.
    ///
    /// - Throws: `opinionPending`, `wrongState`.
    package mutating func conclude(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.progress {
        case .dispatched: break
        case .correcting:
            throw .opinionPending(
                awaiting: coHandlers.filter { $0.corrections != nil }.map(\.department)
            )
        case .open, .concluded, .cancelled: throw wrongState()
        }
        guard awaiting.isEmpty else { throw .opinionPending(awaiting: awaiting) }
        guard case .active(.joint) = matter.record.state else { throw matter.wrongState() }
        let stands = coHandlers.contains {
            if case .answered(.disagree(_, nil), _) = $0.standing { true } else { false }
        }
        let now = circumstances.now
        let outcome = stands ? JointRecord.Outcome.refused : .agreed
        record.progress = .concluded(outcome, at: now)
        matter.concludeJoint(outcome, by: actor, at: now)
        note("JOINT_CONCLUDED", by: actor.login, at: now, "\(outcome)")
    }

    /// 联合踏勘: calls co-handlers to the site; all of them when none is named.
    ///
    /// - Throws: `unknownValue` for a department that isn't asked, `wrongState`.
    package mutating func callVisit(
        at time: Instant,
        place: String,
        departments: [String],
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireCoHandlers(departments, field: "departments")
        guard time >= circumstances.now else {
            throw .outOfRange(field: "at", allowed: "\(circumstances.now)…")
        }
        try requireDispatched()
        let called = departments.isEmpty ? coHandlers.map(\.department) : departments
        record.visit = JointRecord.Visit(at: time, place: place, departments: called)
        note(
            "JOINT_VISIT_CALLED",
            by: actor.login,
            at: circumstances.now,
            "\(time): \(called.joined(separator: ", "))"
        )
    }

    /// - Throws: `unknownValue` for a department that isn't asked, `wrongState` unless a visit was
    ///   called for, and its time has come.
    package mutating func recordVisit(
        findings: String,
        attended: [String],
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireCoHandlers(attended, field: "attended")
        guard var visit = record.visit, visit.report == nil, visit.at <= circumstances.now else {
            throw wrongState()
        }
        try requireDispatched()
        visit.report = JointRecord.Visit.Report(findings: findings, attended: attended)
        record.visit = visit
        note(
            "JOINT_VISIT_RECORDED",
            by: actor.login,
            at: circumstances.now,
            "attended: \(attended.joined(separator: ", "))"
        )
    }

    private func requireCoHandlers(_ departments: [String], field: String) throws(Refusal) {
        for department in departments where index(of: department) == nil {
            throw .unknownValue(field: field, value: department)
        }
    }
}

// MARK: What the case does to it

extension JointFile {
    /// Follows the case: ends with it, pauses with it, and asks again those who wanted corrections once the
    /// applicant has made them all. Does nothing when there is nothing to follow.
    package mutating func followMatter(in circumstances: Circumstances) {
        guard !isOver else { return }
        let now = circumstances.now
        switch matter.record.state {
        case .active(.joint):
            if clocks.contains(where: \.deadline.isPaused) {
                resumeClocks(at: now)
                note("JOINT_RESUMED", by: "system", at: now)
                fire(through: now, in: circumstances)
            }
            askAgain(in: circumstances)
        case .suspended(let reason, _, .joint):
            let runs = clocks.contains {
                $0.kind == .opinion && $0.deadline.isRunning && !$0.deadline.isPaused
            }
            guard runs else { return }
            pause([.opinion], at: now, reason: "\(reason)")
            note("JOINT_PAUSED", by: "system", at: now, "\(reason)")
        default:
            cancel(at: now)
        }
    }

    private var isOver: Bool {
        switch record.progress {
        case .concluded, .cancelled: true
        case .open, .dispatched, .correcting: false
        }
    }

    private mutating func cancel(at now: Instant) {
        stop(ClockKind.allCases, at: now)
        record.progress = .cancelled(at: now)
        note("JOINT_CANCELLED", by: "system", at: now, matter.record.state.name)
    }

    /// A fresh limit, from the day on which the corrections are received, for those who asked, and only
    /// them; nobody signs again.
    private mutating func askAgain(in circumstances: Circumstances) {
        guard case .correcting = record.progress, matter.record.jointCorrections.isEmpty else {
            return
        }
        let now = circumstances.now
        let receipt = circumstances.calendars.current.calendar.receiptDay(of: now)
        record.progress = .dispatched
        for index in coHandlers.indices {
            guard let items = coHandlers[index].corrections else { continue }
            coHandlers[index].standing = .asked
            coHandlers[index].round += 1
            coHandlers[index].corrected = items
            ask(coHandlers[index].department, from: receipt.start, at: now, in: circumstances)
        }
        note("JOINT_ASKED_AGAIN", by: "system", at: now)
    }

    mutating func ask(
        _ department: String,
        from: Instant,
        at now: Instant,
        in circumstances: Circumstances
    ) {
        start(
            .opinion,
            of: department,
            .workingDays(Int(record.opinionDays)),
            from: from,
            at: now,
            in: circumstances
        )
    }
}
