import CivilTime
import Deadlines
import WorkCalendar

/// A clock counted again day by day from its ledger, the slow way: what the scheduler's arithmetic is
/// held against.
///
/// It shares with that only which days are working days.
struct ClockRecount {
    let deadline: Deadline
    let calendars: CalendarTimeline

    /// The days that are charged, in order, as of a moment: what has happened to the clock after it isn't
    /// known yet. A pause that hasn't ended then ends on that day.
    func chargedDays(_ count: Int, asOf moment: Instant) -> [CivilDate] {
        var charged: [CivilDate] = []
        var day = deadline.ledger.startDay
        while charged.count < count {
            day = day.adding(days: 1)
            if isCharged(day, asOf: moment) { charged.append(day) }
        }
        return charged
    }

    private func isCharged(_ day: CivilDate, asOf moment: Instant) -> Bool {
        if case .naturalDays = deadline.ledger.budget { return !isPaused(day, asOf: moment) }
        return calendar(asOf: moment).isWorkingDay(day) && !isPaused(day, asOf: moment)
    }

    /// Whether a day lies after a pause's first day and not after its last.
    private func isPaused(_ day: CivilDate, asOf moment: Instant) -> Bool {
        pauses(asOf: moment).contains { pause in
            pause.from.date < day && day <= (pause.to ?? moment).date
        }
    }

    private func pauses(asOf moment: Instant) -> [(from: Instant, to: Instant?)] {
        deadline.ledger.pauses.filter { $0.from <= moment }.map { pause in
            (pause.from, pause.to.flatMap { $0 <= moment ? $0 : nil })
        }
    }

    private func calendar(asOf moment: Instant) -> WorkCalendar {
        calendars.entry(at: min(moment, deadline.endedAt ?? moment)).calendar
    }

    /// The budget with the extensions that had been granted.
    private func total(asOf moment: Instant) -> Int {
        let granted = deadline.ledger.extensions.filter { $0.at <= moment }
        return switch deadline.ledger.budget {
        case .workingDays(let days), .naturalDays(let days):
            granted.reduce(days) { $0 + $1.amount }
        case .workingMinutes, .through: 0
        }
    }

    /// Whether it was paused.
    func isPaused(asOf moment: Instant) -> Bool {
        pauses(asOf: moment).contains { $0.to == nil }
    }

    /// The last day on which it is in time; nil for minutes, which a city's clocks aren't counted in.
    func due(asOf moment: Instant) -> CivilDate? {
        switch deadline.ledger.budget {
        case .through(let day): return day
        case .workingMinutes: return nil
        case .workingDays:
            return chargedDays(total(asOf: moment), asOf: moment).last
                ?? deadline.ledger.startDay
        case .naturalDays:
            var day =
                chargedDays(total(asOf: moment), asOf: moment).last ?? deadline.ledger.startDay
            while !calendar(asOf: moment).isWorkingDay(day) || isPaused(day, asOf: moment) {
                day = day.adding(days: 1)
            }
            return day
        }
    }

    /// When a rung is due by what was known at a moment; nil when the clock has no such rung, or is paused.
    func moment(of rung: Rung, asOf moment: Instant) -> Instant? {
        guard deadline.rungs.contains(rung), !isPaused(asOf: moment) else { return nil }
        switch rung {
        case .remind: return opening(of: total(asOf: moment) - 1, asOf: moment)
        case .yellow: return opening(of: total(asOf: moment) * 9 / 10 + 1, asOf: moment)
        case .red, .expire: return overdue(asOf: moment)
        }
    }

    private func opening(of number: Int, asOf moment: Instant) -> Instant? {
        switch deadline.ledger.budget {
        case .workingMinutes, .through: return nil
        case .workingDays, .naturalDays: break
        }
        guard number >= 1, number <= total(asOf: moment) else { return nil }
        return chargedDays(number, asOf: moment).last.map {
            Instant($0, secondOfDay: 9 * 3600)
        }
    }

    /// The first moment at which it is overdue: midnight after the last charged day, and after the resume
    /// of a pause that began on it.
    private func overdue(asOf moment: Instant) -> Instant? {
        guard let due = due(asOf: moment) else { return nil }
        if case .through = deadline.ledger.budget { return due.end }
        var last = due
        while isPaused(last.adding(days: 1), asOf: moment) { last = last.adding(days: 1) }
        return last.end
    }

    /// The moments at which its plan has changed: pauses and their ends, extensions, calendars.
    var changes: Set<Instant> {
        var changes = Set(deadline.ledger.extensions.map(\.at))
        for pause in deadline.ledger.pauses {
            changes.insert(pause.from)
            if let resumed = pause.to { changes.insert(resumed) }
        }
        for entry in calendars.entries(after: .builtIn) { changes.insert(entry.since) }
        return changes
    }
}
