package import CivilTime
package import WorkCalendar

/// A day on the way to a due date, and what it counted for.
package struct ExplainedDay: Hashable, Sendable {
    package enum Charge: Hashable, Sendable {
        /// The start day, never charged.
        case start
        /// The charged day of this number, from 1.
        case charged(number: Int)
        case weekend
        case holiday
        /// Paused; said only of a day that would have been charged otherwise.
        case paused
        /// Beyond the last natural day, on the way to a working day.
        case moved
    }

    package let day: CivilDate
    package let charge: Charge
}

extension Deadline {
    /// The days from the start through the due date, each with what it counted for.
    ///
    /// O(days): a budget of ten years gives some 3 650 lines.
    package func explanation(
        on today: CivilDate,
        in calendars: CalendarTimeline
    ) -> [ExplainedDay] {
        let calendar = calendars.calendar(calendarVersion)
        let spans = ledger.pauseSpans(on: endedAt.map { min($0.date, today) } ?? today)
        let (isNatural, numbers) =
            switch ledger.budget {
            case .naturalDays: (true, ledger.total)
            case .through: (true, Int.max)
            case .workingDays, .workingMinutes: (false, Int.max)
            }
        var number = 0
        var days = [ExplainedDay(day: ledger.startDay, charge: .start)]
        var day = ledger.startDay
        let last = due(on: today, in: calendars)
        while day < last {
            day = day.adding(days: 1)
            let charge: ExplainedDay.Charge
            switch calendar.kind(of: day) {
            case .weekend where !isNatural: charge = .weekend
            case .holiday where !isNatural: charge = .holiday
            case _ where spans.contains(day): charge = .paused
            case _ where number >= numbers: charge = .moved
            default:
                number += 1
                charge = .charged(number: number)
            }
            days.append(ExplainedDay(day: day, charge: charge))
        }
        return days
    }
}
