internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import WorkCalendar

// The scheduler's values as messages, and back.

extension Deadlines.ClockKind {
    var message: BanjieProtocol.ClockKind { .init(rawValue: rawValue) }
}

extension Deadlines.Rung {
    var message: BanjieProtocol.Rung { .init(rawValue: Int32(rawValue)) }

    init?(_ message: BanjieProtocol.Rung) { self.init(rawValue: Int(message.rawValue)) }
}

extension Deadlines.ClockResult {
    var message: BanjieProtocol.ClockResult {
        switch self {
        case .onTime: .onTime
        case .overdue: .overdue
        }
    }
}

extension DeadlineOwner {
    /// The record that owns the deadline; empty for a client's own.
    var message: String {
        switch self {
        case .client: ""
        case .file(let kind, let key): "\(ServiceRegistry.fileName(of: kind))/\(key)"
        }
    }
}

extension Deadlines.Firing {
    /// The event of this firing; its sequence number is the log's.
    func message(of record: DeadlineRecord) -> BanjieProtocol.Firing {
        BanjieProtocol.Firing(
            deadline: UInt64(record.key),
            rung: rung.message,
            at: at,
            clock: record.kind.message,
            label: record.label,
            owner: record.owner.message
        )
    }
}

extension DeadlineRecord {
    /// The deadline as it stands; it must have been settled up to `now` and indexed.
    func view(at now: Instant, in calendars: CalendarTimeline) -> DeadlineView {
        let today = now.date
        let term = deadline.term(on: today, in: calendars)
        let state: DeadlineState =
            switch deadline.state {
            case .running: deadline.isPaused ? .paused : .running
            case .completed: .completed
            case .cancelled: .cancelled
            case .expired: .expired
            }
        let unit: LimitUnit
        var limit = deadline.ledger.total
        switch deadline.ledger.budget {
        case .workingDays: unit = .working
        case .naturalDays: unit = .natural
        case .workingMinutes: unit = .workingMinutes
        case .through(let day):
            unit = .natural
            limit = deadline.ledger.startDay.days(until: day)
        }
        return DeadlineView(
            deadline: UInt64(key),
            clock: kind.message,
            state: state,
            start: deadline.ledger.start,
            limit: Int32(clamping: limit),
            unit: unit,
            due: term.due,
            overdueAt: term.overdueAt,
            used: Int32(clamping: deadline.used(at: now, in: calendars)),
            provisional: deadline.isProvisional(through: term.due, in: calendars),
            fired: deadline.fired.map { FiredRung(rung: $0.rung.message, at: $0.at) },
            next: nextAt,
            label: label,
            owner: owner.message,
            calendarVersion: deadline.calendarVersion.rawValue
        )
    }
}
