package import CivilTime
import Deadlines
import WorkCalendar

// From the window to acceptance: 行政许可法 articles 29 and 32.
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
        let asked = record.state == .active(.joint) ? record.jointCorrections : record.noticedItems
        if !asked.isEmpty {
            for item in missing where !asked.contains(item) {
                throw .unknownValue(field: "missing", value: item)
            }
        }
        if record.state == .active(.joint), !asked.isEmpty {
            return correctForCoHandlers(missing: missing, by: actor, in: circumstances)
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

    static func startOfNotice(receivedOn day: CivilDate) -> Instant { day.start }

    /// The day of receipt itself is the one day, so that a closure declared for it moves the clock.
    static func startOfInstant(receivedOn day: CivilDate) -> Instant {
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
}
