package import CivilTime
package import Deadlines
package import WorkCalendar

/// A clock of a case. Its key is nil until it is stored for the first time.
package struct CaseClock: Hashable, Sendable {
    package let kind: ClockKind
    package internal(set) var key: Int64?
    package internal(set) var deadline: Deadline

    package init(kind: ClockKind, key: Int64?, deadline: Deadline) {
        self.kind = kind
        self.key = key
        self.deadline = deadline
    }
}

/// What a rule did to a case, for the audit log.
package struct CaseAudit: Hashable, Sendable {
    package let at: Instant
    package let actor: String
    /// The past tense of what happened.
    package let kind: String
    package let detail: String
}

/// A rung of a case's clock that fired.
package struct CaseFiring: Hashable, Sendable {
    /// The clock's place in `CaseFile.clocks`.
    package let clock: Int
    package let firing: Firing
}

/// A case with all its clocks: what the rules of a matter work on (行政许可法 32, 42–48, 82).
///
/// Every command is a mutation of this value or a refusal. The caller settles the file up to the
/// command's moment first, and throws a file away whose command was refused.
package struct CaseFile: Sendable {
    package private(set) var record: CaseRecord
    /// In the order in which they were started, ended ones included.
    package internal(set) var clocks: [CaseClock]

    /// What happened since the file was loaded: to be written with it.
    package private(set) var audits: [CaseAudit] = []
    package private(set) var firings: [CaseFiring] = []
    /// Calendar versions by which a date of a running clock has moved.
    package private(set) var movedBy: [CalendarVersion] = []
    /// How many clocks each calendar version has re-planned.
    package private(set) var replanned: [CalendarVersion: Int] = [:]

    /// A file as it was stored.
    package init(record: CaseRecord, clocks: [CaseClock]) {
        self.record = record
        self.clocks = clocks
    }

    /// Gives a clock the key under which it is stored from now on.
    ///
    /// - Precondition: It has none yet.
    package mutating func assign(key: Int64, toClock index: Int) {
        precondition(clocks[index].key == nil)
        clocks[index].key = key
        record.clockKeys.append(key)
    }

    /// Whether anything happened since the file was loaded.
    package var isChanged: Bool { !audits.isEmpty || !firings.isEmpty || !replanned.isEmpty }

    /// The newest clock of a kind, ended or not.
    package func clock(_ kind: ClockKind) -> CaseClock? { clocks.last { $0.kind == kind } }

    /// The clocks that run or are paused, in the order of ties.
    package var runningClocks: [CaseClock] {
        clocks.filter { $0.deadline.isRunning }.sorted { $0.kind < $1.kind }
    }

    private func runningIndex(_ kind: ClockKind) -> Int? {
        clocks.lastIndex { $0.kind == kind && $0.deadline.isRunning }
    }
}

// MARK: What the commands are made of

extension CaseFile {
    private mutating func note(
        _ kind: String,
        by actor: String,
        at now: Instant,
        _ detail: String = ""
    ) {
        audits.append(CaseAudit(at: now, actor: actor, kind: kind, detail: detail))
        record.lastAudit = kind
        record.version += 1
    }

    /// - Parameter from: what the budget counts from; its civil day is never charged.
    private mutating func start(
        _ kind: ClockKind,
        _ budget: Budget,
        from: Instant,
        at now: Instant,
        in circumstances: Circumstances
    ) {
        precondition(runningIndex(kind) == nil)
        var rungs = kind.cards
        switch kind {
        case .notice, .gap, .review, .correction: rungs.insert(.expire)
        default: break
        }
        clocks.append(
            CaseClock(
                kind: kind,
                key: nil,
                deadline: Deadline(
                    ledger: Ledger(budget: budget, start: from),
                    rungs: rungs,
                    at: now,
                    calendar: circumstances.calendars.entry(at: now).calendar.version
                )
            )
        )
    }

    private mutating func stop(_ kinds: [ClockKind], at now: Instant) {
        for index in clocks.indices
        where kinds.contains(clocks[index].kind) && clocks[index].deadline.isRunning {
            do {
                try clocks[index].deadline.complete(at: now)
            } catch {
                preconditionFailure("a running clock can be completed")
            }
        }
    }

    private mutating func startMainClocks(
        acceptedOn from: Instant,
        at now: Instant,
        in circumstances: Circumstances
    ) {
        record.acceptance = from.date
        start(
            .statutory,
            .workingDays(Int(record.statutoryDays)),
            from: from,
            at: now,
            in: circumstances
        )
        start(
            .promised,
            .workingDays(Int(record.promisedDays)),
            from: from,
            at: now,
            in: circumstances
        )
    }

    private static func startOfNotice(receivedOn day: CivilDate) -> Instant { day.start }

    /// The day of receipt itself is the one day, so that a closure declared for it moves the clock.
    private static func startOfInstant(receivedOn day: CivilDate) -> Instant {
        day.adding(days: -1).start
    }

    private mutating func receive(at now: Instant, in circumstances: Circumstances) {
        let calendar = circumstances.calendars.current.calendar
        let day = calendar.receiptDay(of: now)
        record.arrived = now
        record.receipt = day
        record.state = .received
        let policy = circumstances.policy
        start(
            .notice,
            .workingDays(policy.noticeDays),
            from: Self.startOfNotice(receivedOn: day),
            at: now,
            in: circumstances
        )
        if record.isInstant {
            start(
                .instant,
                .workingDays(1),
                from: Self.startOfInstant(receivedOn: day),
                at: now,
                in: circumstances
            )
            record.instantTarget = calendar.instant(
                workingMinutes: policy.instantTargetMinutes,
                after: now
            )
        }
    }

    private func wrongState() -> Refusal { .wrongState(record.state.name) }

    /// Refuses what must happen before acceptance when it comes too late.
    private func requireReceived() throws(Refusal) {
        if record.state == .received { return }
        switch record.state {
        case .active, .suspended:
            if case .expired(let at)? = clock(.notice)?.deadline.state {
                throw .noticeOverdue(deemedAt: at)
            }
        default: break
        }
        throw wrongState()
    }

    private static let mainClocks: [ClockKind] = [.statutory, .promised, .instant]
}

// MARK: Who may act

extension CaseFile {
    /// - Throws: `wrongDepartment` unless the actor works for the department that answers.
    package func requireHandler(_ actor: Actor) throws(Refusal) {
        guard actor.has(.staff), actor.department == record.department else {
            throw .wrongDepartment(answers: record.department)
        }
    }

    /// - Throws: `notApplicant`.
    package func requireApplicant(_ actor: Actor) throws(Refusal) {
        guard actor.login == record.applicant else { throw .notApplicant }
    }

    /// - Throws: `headRequired` unless the actor heads the agency that answers, or for joint
    ///   matters the government (行政许可法 42).
    package func requireHead(_ actor: Actor) throws(Refusal) {
        let isHead =
            record.isJoint
            ? actor.has(.governmentHead)
            : actor.has(.head) && actor.department == record.department
        guard isHead else { throw .headRequired(joint: record.isJoint) }
    }

    /// - Throws: `staleVersion` when the caller saw another version; 0 for whichever is current.
    package func requireVersion(_ version: UInt64) throws(Refusal) {
        guard version == 0 || version == UInt64(record.version) else {
            throw .staleVersion(current: record.version)
        }
    }
}

// MARK: Commands

extension CaseFile {
    /// 收件: opens a case; it is received today, or on the next working day after closing.
    package static func submit(
        serial: CaseSerial,
        item: ItemRecord,
        applicant: String,
        channel: Channel,
        by actor: Actor,
        in circumstances: Circumstances
    ) -> CaseFile {
        let now = circumstances.now
        var file = CaseFile(
            record: CaseRecord(
                serial: serial,
                item: item,
                applicant: applicant,
                channel: channel,
                at: now
            ),
            clocks: []
        )
        file.receive(at: now, in: circumstances)
        file.note("CASE_SUBMITTED", by: actor.login, at: now, "item \(item.key.code)")
        return file
    }

    /// 受理.
    ///
    /// - Throws: `noticeOverdue`, `wrongState`.
    package mutating func accept(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireReceived()
        let now = circumstances.now
        stop([.notice], at: now)
        startMainClocks(acceptedOn: now, at: now, in: circumstances)
        record.state = .active(.accepted)
        note("CASE_ACCEPTED", by: actor.login, at: now)
    }

    /// 容缺受理: accepts against a dated promise, no later than the promised limit.
    ///
    /// - Throws: `outOfRange` for a day before today, `beyondPromisedLimit`, `noticeOverdue`,
    ///   `wrongState`.
    package mutating func acceptWithGap(
        supplementBy day: CivilDate,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let now = circumstances.now
        let calendar = circumstances.calendars.current.calendar
        let last = calendar.workingDay(Int(record.promisedDays), after: now.date)
        guard day >= now.date else {
            throw .outOfRange(field: "supplement_by", allowed: "\(now.date)…\(last)")
        }
        guard day <= last else { throw .beyondPromisedLimit(last: last) }
        try requireReceived()
        stop([.notice], at: now)
        startMainClocks(acceptedOn: now, at: now, in: circumstances)
        start(.gap, .through(day), from: now, at: now, in: circumstances)
        record.state = .active(.acceptedWithGap)
        note("CASE_ACCEPTED_WITH_GAP", by: actor.login, at: now, "supplement by \(day)")
    }

    /// 补齐: the applicant supplied what was missing.
    ///
    /// - Throws: `wrongState` unless a gap is open.
    package mutating func supplyGap(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard runningIndex(.gap) != nil else { throw wrongState() }
        stop([.gap], at: circumstances.now)
        switch record.state {
        case .active(.acceptedWithGap): record.state = .active(.accepted)
        case .suspended(let reason, let days, .acceptedWithGap):
            record.state = .suspended(reason, plannedDays: days, from: .accepted)
        default: break
        }
        note("CASE_GAP_SUPPLIED", by: actor.login, at: circumstances.now)
    }

    /// 不予受理: no permit is required, or another agency is competent (行政许可法 32(1)–(2)).
    ///
    /// - Throws: `noticeOverdue`, `wrongState`.
    package mutating func refuse(
        reason: String,
        competentAgency: String?,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        try requireReceived()
        stop([.notice, .instant], at: circumstances.now)
        record.state = .notAccepted(reason: reason, competentAgency: competentAgency)
        note("CASE_NOT_ACCEPTED", by: actor.login, at: circumstances.now, reason)
    }

    /// 一次性告知: asks for corrections, once, listing everything (行政许可法 32(4)).
    ///
    /// - Throws: `noticeOverdue`, `correctionOnlyOnce`, `wrongState`.
    package mutating func notifyCorrection(
        items: [String],
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.state {
        case .received, .waitCorrection:
            if !record.noticedItems.isEmpty { throw .correctionOnlyOnce }
        default: break
        }
        try requireReceived()
        let now = circumstances.now
        stop([.notice, .instant], at: now)
        record.noticedItems = items
        record.state = .waitCorrection(missing: items)
        if let days = circumstances.policy.correctionLapseDays {
            start(.correction, .workingDays(days), from: now, at: now, in: circumstances)
        }
        note(
            "CASE_CORRECTION_NOTIFIED",
            by: actor.login,
            at: now,
            items.joined(separator: ", ")
        )
    }

    /// 补正: a full resubmission is a new day of receipt; a partial one leaves the matter waiting.
    ///
    /// - Throws: `unknownValue` for an item that wasn't noticed, `wrongState`.
    package mutating func resubmit(
        missing: [String],
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        if !record.noticedItems.isEmpty {
            for item in missing where !record.noticedItems.contains(item) {
                throw .unknownValue(field: "missing", value: item)
            }
        }
        guard case .waitCorrection = record.state else { throw wrongState() }
        let now = circumstances.now
        if missing.isEmpty {
            stop([.correction], at: now)
            receive(at: now, in: circumstances)
            note("CASE_RESUBMITTED", by: actor.login, at: now)
        } else {
            record.state = .waitCorrection(missing: missing)
            note(
                "CASE_PARTLY_RESUBMITTED",
                by: actor.login,
                at: now,
                missing.joined(separator: ", ")
            )
        }
    }

    /// 审查: the review of the substance begins.
    ///
    /// - Throws: `wrongState`.
    package mutating func beginReview(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.state {
        case .active(.accepted), .active(.acceptedWithGap), .active(.deemedAccepted): break
        default: throw wrongState()
        }
        record.state = .active(.inReview)
        note("CASE_REVIEW_BEGUN", by: actor.login, at: circumstances.now)
    }

    /// 中止: pauses the clocks for one of the law's reasons (行政许可法 45).
    ///
    /// - Throws: `alreadyPaused`, `wrongState`.
    package mutating func pause(
        for reason: PauseReason,
        plannedDays: Int32,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let stage: CaseState.Stage
        switch record.state {
        case .active(let current): stage = current
        case .suspended: throw .alreadyPaused
        default: throw wrongState()
        }
        for index in clocks.indices
        where Self.mainClocks.contains(clocks[index].kind) && clocks[index].deadline.isRunning {
            do {
                try clocks[index].deadline.pause(at: circumstances.now, reason: "\(reason)")
            } catch { throw Refusal(error) }
        }
        record.state = .suspended(reason, plannedDays: plannedDays, from: stage)
        note(
            "CASE_PAUSED",
            by: actor.login,
            at: circumstances.now,
            "\(reason), planned \(plannedDays) working days"
        )
    }

    /// 恢复: the clocks run again, and the rungs that the pause held are issued.
    ///
    /// - Throws: `notPaused`.
    package mutating func resume(by actor: Actor, in circumstances: Circumstances) throws(Refusal) {
        guard case .suspended(_, _, let stage) = record.state else { throw .notPaused }
        for index in clocks.indices where clocks[index].deadline.isPaused {
            do {
                try clocks[index].deadline.resume(at: circumstances.now)
            } catch { throw Refusal(error) }
        }
        record.state = .active(stage)
        note("CASE_RESUMED", by: actor.login, at: circumstances.now)
        fire(through: circumstances.now, in: circumstances)
    }

    /// 延长: adds working days to the statutory limit, and to the promised one unless that is
    /// overdue; once, and before the statutory limit is over (行政许可法 42).
    ///
    /// - Throws: `limitExceeded`, `alreadyExtended`, `alreadyOverdue`, `wrongState`.
    package mutating func extend(
        by days: Int32,
        reason: String,
        approvedBy actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let policy = circumstances.policy
        let most = record.isJoint ? policy.jointExtensionDaysMax : policy.extensionDaysMax
        guard days <= most else { throw .limitExceeded(asked: Int(days), most: most) }
        switch record.state {
        case .active, .suspended: break
        default: throw wrongState()
        }
        let now = circumstances.now
        for kind in [ClockKind.statutory, .promised] {
            guard let index = runningIndex(kind) else { continue }
            guard clocks[index].deadline.ledger.extensions.isEmpty else { throw .alreadyExtended }
            do {
                try clocks[index].deadline.extend(
                    by: Int(days),
                    at: now,
                    reason: reason,
                    in: circumstances.calendars
                )
            } catch {
                if case .alreadyOverdue = error, kind == .promised { continue }
                throw Refusal(error)
            }
        }
        record.applicantNotified = true
        note("CASE_EXTENDED", by: actor.login, at: now, "\(days) working days: \(reason)")
    }

    /// 决定: grants or denies; delivery follows within its own limit (行政许可法 38, 44).
    ///
    /// - Throws: `wrongState`, also for a grant while a gap is open.
    package mutating func decide(
        _ decision: Decision,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .active(let stage) = record.state, stage != .joint else { throw wrongState() }
        if decision.result == .grant && runningIndex(.gap) != nil {
            throw .wrongState(CaseState.active(.acceptedWithGap).name)
        }
        let now = circumstances.now
        stop(Self.mainClocks + [.gap], at: now)
        start(
            .delivery,
            .workingDays(circumstances.policy.deliveryDays),
            from: now,
            at: now,
            in: circumstances
        )
        record.state = .decided(decision)
        note(
            "CASE_DECIDED",
            by: actor.login,
            at: now,
            decision.result == .grant ? "granted" : "denied"
        )
    }

    /// 送达: the decision reaches the applicant; the review window opens.
    ///
    /// - Throws: `wrongState`.
    package mutating func deliver(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .decided(let decision) = record.state else { throw wrongState() }
        let now = circumstances.now
        stop([.delivery], at: now)
        start(
            .review,
            .workingDays(circumstances.policy.reviewWindowDays),
            from: now,
            at: now,
            in: circumstances
        )
        record.state = .delivered(decision)
        note("CASE_DELIVERED", by: actor.login, at: now)
    }

    /// 撤回: the applicant takes the matter back, before the decision.
    ///
    /// - Throws: `wrongState`.
    package mutating func withdraw(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.state {
        case .received, .waitCorrection, .active, .suspended: break
        default: throw wrongState()
        }
        stop(ClockKind.allCases, at: circumstances.now)
        record.state = .withdrawn
        note("CASE_WITHDRAWN", by: actor.login, at: circumstances.now)
    }

    /// 归档: puts a delivered case away.
    ///
    /// - Throws: `wrongState`.
    package mutating func archive(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .delivered(let decision) = record.state else { throw wrongState() }
        record.state = .archived(decision)
        note("CASE_ARCHIVED", by: actor.login, at: circumstances.now)
    }
}

// MARK: What time does

extension CaseFile {
    /// What fires next, and when; nil when nothing will.
    package func next(in calendars: CalendarTimeline) -> Instant? {
        clocks.compactMap { $0.deadline.next(in: calendars)?.at }.min()
    }

    /// Brings the file up to `circumstances.now`: all that fell due fires as of its instant, and
    /// each calendar that came into force on the way re-plans the running clocks at its moment.
    package mutating func settle(in circumstances: Circumstances) {
        let running = clocks.filter { $0.deadline.isRunning }
        guard let planned = running.map(\.deadline.calendarVersion).min() else { return }
        for entry in circumstances.calendars.entries(after: planned)
        where entry.since <= circumstances.now {
            fire(through: entry.since, in: circumstances)
            replan(by: entry, in: circumstances)
        }
        fire(through: circumstances.now, in: circumstances)
    }

    /// At one instant cards come first, then what ends or changes the case; ties in the order of
    /// the clocks.
    private mutating func fire(through now: Instant, in circumstances: Circumstances) {
        while let (index, firing) = earliestFiring(in: circumstances.calendars), firing.at <= now {
            clocks[index].deadline.record(firing)
            firings.append(CaseFiring(clock: index, firing: firing))
            if firing.rung == .expire {
                expire(clocks[index].kind, at: firing.at, in: circumstances)
            } else {
                note(
                    "CARD_ISSUED",
                    by: "system",
                    at: firing.at,
                    "\(clocks[index].kind) \(firing.rung)"
                )
            }
        }
    }

    private func earliestFiring(in calendars: CalendarTimeline) -> (Int, Firing)? {
        var earliest: (index: Int, firing: Firing)?
        for index in clocks.indices {
            guard let firing = clocks[index].deadline.next(in: calendars) else { continue }
            if let found = earliest {
                let precedes =
                    (firing.at, firing.rung, clocks[index].kind)
                    < (found.firing.at, found.firing.rung, clocks[found.index].kind)
                guard precedes else { continue }
            }
            earliest = (index, firing)
        }
        return earliest
    }

    private mutating func expire(
        _ kind: ClockKind,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        switch kind {
        case .notice:
            // Silence: deemed accepted, dated back to the day of receipt (行政许可法 32(4)).
            startMainClocks(acceptedOn: record.receipt.start, at: instant, in: circumstances)
            record.state = .active(.deemedAccepted)
            note("CASE_DEEMED_ACCEPTED", by: "system", at: instant)
        case .gap:
            stop(ClockKind.allCases, at: instant)
            record.state = .terminated
            note("CASE_TERMINATED", by: "system", at: instant, "the gap wasn't supplied")
        case .correction:
            record.state = .lapsed
            note("CASE_LAPSED", by: "system", at: instant)
        case .review:
            note("REVIEW_WINDOW_CLOSED", by: "system", at: instant)
        default:
            preconditionFailure("only clocks that end or change a case expire")
        }
    }

    /// A matter whose day of receipt is still to come is received by the new calendar; one that
    /// has been received stays so.
    private mutating func moveReceipt(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) {
        guard record.state == .received, entry.since < record.receipt.start else { return }
        record.receipt = entry.calendar.receiptDay(of: record.arrived)
        if record.isInstant {
            record.instantTarget = entry.calendar.instant(
                workingMinutes: circumstances.policy.instantTargetMinutes,
                after: record.arrived
            )
        }
    }

    private mutating func replan(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) {
        let version = entry.calendar.version
        let receipt = record.receipt
        moveReceipt(by: entry, in: circumstances)
        var moves: [String] = []
        if record.receipt != receipt { moves.append("receipt \(receipt) to \(record.receipt)") }
        for index in clocks.indices
        where clocks[index].deadline.isRunning && clocks[index].deadline.calendarVersion < version {
            let start: Instant? =
                switch clocks[index].kind {
                case .notice: Self.startOfNotice(receivedOn: record.receipt)
                case .instant: Self.startOfInstant(receivedOn: record.receipt)
                default: nil
                }
            let (before, after) = clocks[index].deadline.replan(
                to: version,
                from: start,
                at: entry.since,
                in: circumstances.calendars
            )
            replanned[version, default: 0] += 1
            if before != after { moves.append("\(clocks[index].kind) \(before) to \(after)") }
        }
        guard !moves.isEmpty else { return }
        movedBy.append(version)
        note(
            "CALENDAR_CHANGED",
            by: "system",
            at: entry.since,
            "\(entry.reason): \(moves.joined(separator: ", "))"
        )
    }
}
