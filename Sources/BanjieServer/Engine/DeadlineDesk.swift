internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

/// Loading, settling and saving deadlines; the files that own some, by their routes.
extension CommandContext {
    /// A deadline armed by a client, settled up to now.
    ///
    /// - Throws: `owned` when a module of the office owns it.
    mutating func openDeadline(_ number: UInt64) throws(HandlerFailure) -> DeadlineRecord {
        let absent = Refusal.none(kind: .deadline, name: "\(number)")
        guard let key = Int64(exactly: number) else { throw .refused(absent) }
        var record = try load(DeadlineRecord.self, key, or: absent)
        switch record.owner {
        case .client: break
        case .file: throw .refused(.owned(by: record.owner.message))
        }
        try settle(&record)
        return record
    }

    /// Fires what is due on a client's deadline and plans it by the newest calendar.
    private mutating func settle(_ record: inout DeadlineRecord) throws(HandlerFailure) {
        let planned = record.deadline.calendarVersion
        let due = record.listedDue
        let firings = record.deadline.settle(through: now, in: calendars)
        for firing in firings {
            publish(firing, of: record)
            unit.audit(
                AuditDraft(
                    at: firing.at,
                    actor: "system",
                    kind: "DEADLINE_FIRED",
                    subject: "deadline/\(record.key)",
                    detail: "\(firing.rung)"
                )
            )
        }
        let newer = calendars.entries(after: planned).filter {
            $0.calendar.version <= record.deadline.calendarVersion
        }
        for entry in newer {
            try countReplanned(entry.calendar.version, clocks: 1, movedCases: 0)
        }
        guard !firings.isEmpty || !newer.isEmpty else { return }
        save(&record)
        if let entry = newer.last, let due, let moved = record.listedDue, moved != due {
            unit.audit(
                AuditDraft(
                    at: entry.since,
                    actor: "system",
                    kind: "CALENDAR_CHANGED",
                    subject: "deadline/\(record.key)",
                    detail: "\(entry.reason): \(due) to \(moved)"
                )
            )
        }
    }

    /// Saves a deadline, and tells the scheduler when it fires next.
    mutating func save(_ record: inout DeadlineRecord) {
        record.index(in: calendars)
        unit.save(record)
        plan(record.key, nextAt: record.nextAt)
    }

    mutating func publish(_ firing: Deadlines.Firing, of record: DeadlineRecord) {
        fired.append(firing.at)
        unit.publish(
            EventDraft(
                topic: EventTopic.fired,
                payload: firing.message(of: record).encoded()
            )
        )
    }

    /// Adds to how far the clocks have been re-planned to a calendar version.
    func countReplanned(
        _ version: CalendarVersion,
        clocks: Int,
        movedCases: Int
    ) throws(HandlerFailure) {
        guard version > .builtIn else { return }
        var record = try load(
            CalendarRecord.self,
            Int64(version.rawValue),
            or: .none(kind: .calendar, name: "\(version.rawValue)")
        )
        record.replannedClocks += Int64(clocks)
        record.movedCases += Int64(movedCases)
        unit.save(record)
    }

    /// Settles whatever owns a deadline: what the scheduler does when it is due, and what a change
    /// of the calendar does to each. Does nothing when that has been done already.
    mutating func settleOwner(ofDeadline key: Int64) throws(HandlerFailure) {
        let found = try loadIfPresent(DeadlineRecord.self, key)
        // The wheel names only deadlines that were committed; a deadline is never deleted.
        guard var record = found else { return }
        // A deadline with nothing left to do now is planned again, in case the wheel forgot it.
        switch record.owner {
        case .client:
            try settle(&record)
            plan(key, nextAt: record.nextAt)
        case .file(let kind, let owner):
            try ServiceRegistry.files(of: kind).settle(owner, in: &self)
            plan(key, nextAt: try loadIfPresent(DeadlineRecord.self, key)?.nextAt)
        }
    }
}

extension QueryContext {
    /// A deadline as it stands now, whoever owns it.
    func openDeadline(_ number: UInt64) throws(HandlerFailure) -> DeadlineRecord {
        let absent = Refusal.none(kind: .deadline, name: "\(number)")
        guard let key = Int64(exactly: number) else { throw .refused(absent) }
        return try asOfNow(try load(DeadlineRecord.self, key, or: absent))
    }

    func asOfNow(_ stored: DeadlineRecord) throws(HandlerFailure) -> DeadlineRecord {
        var record = stored
        switch record.owner {
        case .client:
            _ = record.deadline.settle(through: now, in: calendars)
        case .file(let kind, let owner):
            let files = try ServiceRegistry.files(of: kind)
            if let settled = try files.deadline(record.key, of: owner, in: self) {
                record.deadline = settled
            }
        }
        record.index(in: calendars)
        return record
    }
}
