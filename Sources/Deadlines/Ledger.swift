package import CivilTime
package import WorkCalendar

/// How much time a clock allows, and in which unit.
package enum Budget: Hashable, Sendable {
    /// Working days strictly after the start day.
    case workingDays(Int)
    /// Natural days after the start day; the last day moves to a working day (民法典 203).
    case naturalDays(Int)
    /// Minutes in office hours.
    case workingMinutes(Int)
    /// Until the end of a named day, which neither pauses nor calendars move.
    case through(CivilDate)
}

/// The durable account of a clock: what it was given, and what was charged to it.
///
/// Every date is computed from the ledger and a calendar, never the other way round; the order in
/// which pauses and extensions were entered makes no difference to any date.
package struct Ledger: Hashable, Sendable {
    /// Time added to a budget.
    package struct Extension: Hashable, Sendable {
        package let amount: Int
        package let at: Instant
        package let reason: String

        package init(amount: Int, at: Instant, reason: String) {
            self.amount = amount
            self.at = at
            self.reason = reason
        }
    }

    /// A stretch in which nothing is charged: from the day after `from` through the day of `to`.
    package struct Pause: Hashable, Sendable {
        package let from: Instant
        /// When the clock was resumed; nil while it is paused.
        package internal(set) var to: Instant?
        package let reason: String

        package init(from: Instant, to: Instant?, reason: String) {
            self.from = from
            self.to = to
            self.reason = reason
        }
    }

    package let budget: Budget
    /// When the clock started; its civil day is never charged.
    package internal(set) var start: Instant
    package internal(set) var extensions: [Extension]
    package internal(set) var pauses: [Pause]

    package init(
        budget: Budget,
        start: Instant,
        extensions: [Extension] = [],
        pauses: [Pause] = []
    ) {
        self.budget = budget
        self.start = start
        self.extensions = extensions
        self.pauses = pauses
    }

    /// The day that isn't counted.
    package var startDay: CivilDate { start.date }

    /// The budget with its extensions, in the budget's unit; 0 for a named day.
    package var total: Int {
        let given =
            switch budget {
            case .workingDays(let amount), .naturalDays(let amount), .workingMinutes(let amount):
                amount
            case .through: 0
            }
        return extensions.reduce(given) { $0 + $1.amount }
    }

    /// The pause that hasn't ended.
    package var openPause: Pause? { pauses.last { $0.to == nil } }

    /// The stretches of days in which nothing is charged, an open pause ending on `today`.
    func pauseSpans(on today: CivilDate) -> PauseSpans {
        guard !pauses.isEmpty else { return .none }
        return PauseSpans(
            pauses.map { PauseSpan(pause: $0.from.date, resume: $0.to?.date) },
            today: today
        )
    }
}

/// Where a clock's time ends, by its ledger and a calendar.
package struct Term: Hashable, Sendable {
    /// The last day on which the clock is in time; while paused, as if it were resumed today.
    package let due: CivilDate
    /// The first moment at which it is overdue; nil while an open pause holds it back.
    package let overdueAt: Instant?
}

extension Ledger {
    /// The end of the clock's time, an open pause being looked at on `today`.
    ///
    /// For days it is overdue from 00:00 of the day after the due date, or of the day after the
    /// resume when the clock was paused on its last charged day; for minutes from the second after
    /// the last, or after the resume when the clock was paused in its last second.
    package func term(in calendar: WorkCalendar, on today: CivilDate) -> Term {
        switch budget {
        case .through(let day):
            return Term(due: day, overdueAt: day.end)
        case .workingMinutes:
            let end = endOfMinutes(in: calendar, on: today)
            var last = end
            for pause in pausesInOrder where pause.from <= last {
                guard let resumed = pause.to else { return Term(due: end.date, overdueAt: nil) }
                last = max(last, resumed)
            }
            return Term(due: end.date, overdueAt: last.adding(seconds: 1))
        case .workingDays, .naturalDays:
            let due = lastDay(in: calendar, on: today)
            var last = due
            let next = pauseSpans(on: today).spans(reaching: due).first
            if let next, next.after <= due { last = next.through }
            if let pause = openPause, pause.from.date <= last {
                return Term(due: due, overdueAt: nil)
            }
            return Term(due: due, overdueAt: last.end)
        }
    }

    /// The last day of a budget in days.
    private func lastDay(in calendar: WorkCalendar, on today: CivilDate) -> CivilDate {
        let last = chargedDay(total, in: calendar, on: today)
        if countsWorkingDays { return last }
        return calendar.chargedDay(
            1,
            after: last.adding(days: -1),
            outside: pauseSpans(on: today)
        )
    }

    /// The `number`-th charged day (1 for the first; 0 gives the start day).
    ///
    /// Day d is charged if it lies after the start day and in no (pause day, resume day]; in
    /// working days, only working days are. O(pauses).
    package func chargedDay(
        _ number: Int,
        in calendar: WorkCalendar,
        on today: CivilDate
    ) -> CivilDate {
        let spans = pauseSpans(on: today)
        if countsWorkingDays { return calendar.chargedDay(number, after: startDay, outside: spans) }
        var remaining = number
        var cursor = startDay
        for span in spans.spans(reaching: startDay) {
            let ahead = max(0, cursor.days(until: span.after))
            if remaining <= ahead { break }
            remaining -= ahead
            cursor = span.through
        }
        return cursor.adding(days: remaining)
    }

    /// How many days after the start day and through `day` were charged, without regard to the
    /// budget. Minutes and named days charge working days, too.
    package func charged(
        through day: CivilDate,
        in calendar: WorkCalendar,
        on today: CivilDate
    ) -> Int {
        let spans = pauseSpans(on: today)
        if countsWorkingDays {
            return calendar.chargedDays(after: startDay, through: day, outside: spans)
        }
        return spans.spans(reaching: startDay).reduce(max(0, startDay.days(until: day))) {
            $0 - max(0, max(startDay, $1.after).days(until: min(day, $1.through)))
        }
    }

    /// How many whole minutes of office hours after the start and before `end` lie in no pause.
    func chargedMinutes(by end: Instant, in calendar: WorkCalendar) -> Int {
        var seconds = 0
        var cursor = start
        for pause in pausesInOrder where pause.from < end {
            seconds += calendar.workingSeconds(from: cursor, to: pause.from)
            cursor = max(cursor, pause.from, pause.to ?? end)
        }
        return (seconds + calendar.workingSeconds(from: cursor, to: end)) / 60
    }

    /// Working days overdue at `today`: those after the due date that lie in no pause.
    package func overdueDays(in calendar: WorkCalendar, on today: CivilDate) -> Int {
        calendar.chargedDays(
            after: term(in: calendar, on: today).due,
            through: today,
            outside: pauseSpans(on: today)
        )
    }

    private var countsWorkingDays: Bool {
        if case .naturalDays = budget { false } else { true }
    }

    /// The last moment of a budget in minutes.
    ///
    /// An open pause holds whatever it hasn't charged until the end of `today`.
    func endOfMinutes(in calendar: WorkCalendar, on today: CivilDate) -> Instant {
        var remaining = total * 60
        var cursor = start
        for pause in pausesInOrder {
            if pause.from > cursor {
                let available = calendar.workingSeconds(from: cursor, to: pause.from)
                if remaining <= available { break }
                remaining -= available
            }
            cursor = max(cursor, pause.from, pause.to ?? today.end)
        }
        return calendar.instant(workingSeconds: remaining, after: cursor)
    }

    private var pausesInOrder: [Pause] { pauses.sorted { $0.from < $1.from } }
}
