package import CivilTime
package import WorkCalendar

/// Why a deadline doesn't take a command.
package enum DeadlineRefusal: Error, Hashable, Sendable {
    /// It has been stopped or has expired.
    case stopped
    case alreadyPaused
    case notPaused
    /// It was overdue from this moment.
    case alreadyOverdue(since: Instant)
    /// More than a budget can hold.
    case tooLong(limit: Int)
}

/// A clock on the scheduler: its ledger, the rungs that fire, and those that have fired.
///
/// All of it is a value. Commands come with the moment at which they happen; the caller settles the
/// deadline up to that moment first, so that what the passing of time forbids is refused however
/// late the scheduler is.
package struct Deadline: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Runs, or is paused when its ledger has an open pause.
        case running
        /// What was to be done is done.
        case completed(at: Instant)
        /// It no longer matters.
        case cancelled(at: Instant)
        /// The rung `expire` has fired.
        case expired(at: Instant)
    }

    package private(set) var ledger: Ledger
    package let rungs: RungSet
    /// The calendar by which it was last planned; a stopped clock keeps it for good.
    package private(set) var calendarVersion: CalendarVersion
    /// When its plan last changed: no rung bears an earlier moment than what made it due.
    package private(set) var plannedAt: Instant
    package private(set) var state: State
    /// In the order of their instants, then of the rungs, whichever was recorded first; each rung
    /// once for good.
    package private(set) var fired: [Firing]

    /// The most days or minutes that a budget can grow to.
    package static let totalMax = 10_000_000

    /// A deadline that starts now, or started before `at` when the ledger says so.
    package init(
        ledger: Ledger,
        rungs: RungSet,
        at: Instant,
        calendar: CalendarVersion
    ) {
        self.init(
            ledger: ledger,
            rungs: rungs,
            calendarVersion: calendar,
            plannedAt: at,
            state: .running,
            fired: []
        )
    }

    /// A deadline as it was stored.
    package init(
        ledger: Ledger,
        rungs: RungSet,
        calendarVersion: CalendarVersion,
        plannedAt: Instant,
        state: State,
        fired: [Firing]
    ) {
        self.ledger = ledger
        self.rungs = rungs
        self.calendarVersion = calendarVersion
        self.plannedAt = plannedAt
        self.state = state
        self.fired = fired
    }

    /// Whether time is still charged to it, or would be but for a pause.
    package var isRunning: Bool { state == .running }

    package var isPaused: Bool { isRunning && ledger.openPause != nil }

    /// When it was stopped or expired; nil while it runs.
    package var endedAt: Instant? {
        switch state {
        case .running: nil
        case .completed(let at), .cancelled(let at), .expired(let at): at
        }
    }

    /// The instant as of which a rung fired; nil when it hasn't.
    package func instant(of rung: Rung) -> Instant? { fired.first { $0.rung == rung }?.at }
}

// MARK: Commands

extension Deadline {
    /// Charges nothing from the next day on.
    ///
    /// - Throws: `stopped`, `alreadyPaused`.
    package mutating func pause(at now: Instant, reason: String) throws(DeadlineRefusal) {
        guard isRunning else { throw .stopped }
        guard ledger.openPause == nil else { throw .alreadyPaused }
        ledger.pauses.append(.init(from: now, to: nil, reason: reason))
        plannedAt = now
    }

    /// Charges again from the next day on; rungs whose moment fell into the pause bear this one.
    ///
    /// - Throws: `stopped`, `notPaused`.
    package mutating func resume(at now: Instant) throws(DeadlineRefusal) {
        guard isRunning else { throw .stopped }
        guard let index = ledger.pauses.lastIndex(where: { $0.to == nil }) else {
            throw .notPaused
        }
        ledger.pauses[index].to = now
        plannedAt = now
    }

    /// Adds to the budget.
    ///
    /// - Throws: `stopped`, `alreadyOverdue`, `tooLong`.
    /// - Precondition: `amount` is positive.
    package mutating func extend(
        by amount: Int,
        at now: Instant,
        reason: String,
        in calendars: CalendarTimeline
    ) throws(DeadlineRefusal) {
        precondition(amount > 0)
        guard isRunning else { throw .stopped }
        if let since = overdueSince(at: now, in: calendars) { throw .alreadyOverdue(since: since) }
        guard amount <= Self.totalMax - ledger.total else { throw .tooLong(limit: Self.totalMax) }
        ledger.extensions.append(.init(amount: amount, at: now, reason: reason))
        plannedAt = now
    }

    /// Stops the clock because what was to be done is done.
    package mutating func complete(at now: Instant) throws(DeadlineRefusal) {
        guard isRunning else { throw .stopped }
        state = .completed(at: now)
    }

    /// Stops the clock because it no longer matters.
    package mutating func cancel(at now: Instant) throws(DeadlineRefusal) {
        guard isRunning else { throw .stopped }
        state = .cancelled(at: now)
    }

    /// Plans a running clock by a newer calendar, and tells the due dates before and after.
    ///
    /// - Parameter start: where the clock starts by that calendar, when it moves that too.
    package mutating func replan(
        to calendar: CalendarVersion,
        from start: Instant? = nil,
        at now: Instant,
        in calendars: CalendarTimeline
    ) -> (before: CivilDate, after: CivilDate) {
        precondition(isRunning && calendar > calendarVersion)
        let before = due(on: now.date, in: calendars)
        calendarVersion = calendar
        if let start { ledger.start = start }
        plannedAt = now
        return (before, due(on: now.date, in: calendars))
    }
}

// MARK: What fires

extension Deadline {
    /// What fires next; nil when nothing will, or nothing before a resume.
    package func next(in calendars: CalendarTimeline) -> Firing? {
        next(in: calendars.calendar(calendarVersion), term: nil)
    }

    /// - Parameter term: The term on the day of `plannedAt`, when it is known already.
    func next(in calendar: WorkCalendar, term: Term?) -> Firing? {
        guard isRunning, ledger.openPause == nil else { return nil }
        let day = plannedAt.date
        var known = term
        var earliest: Firing?
        for rung in Rung.allCases where rungs.contains(rung) && instant(of: rung) == nil {
            let moment: Instant?
            switch rung {
            case .remind, .yellow:
                moment = ledger.openingMoment(of: rung, in: calendar, on: day)
            case .red, .expire:
                let term = known ?? ledger.term(in: calendar, on: day)
                known = term
                moment = term.overdueAt
            }
            guard let moment else { continue }
            let firing = Firing(rung: rung, at: max(moment, plannedAt))
            if earliest.map({ firing < $0 }) ?? true { earliest = firing }
        }
        return earliest
    }

    /// Records that a rung has fired.
    ///
    /// - Precondition: it is what `next` names.
    package mutating func record(_ firing: Firing) {
        precondition(isRunning && instant(of: firing.rung) == nil)
        fired.insert(firing, at: fired.firstIndex { firing < $0 } ?? fired.endIndex)
        if firing.rung == .expire { state = .expired(at: firing.at) }
    }

    /// Fires all that is due through `now` and plans by every calendar that came into force on the
    /// way, each at its moment. For a deadline on its own; a module settles its clocks together.
    package mutating func settle(
        through now: Instant,
        in calendars: CalendarTimeline
    ) -> [Firing] {
        var firings: [Firing] = []
        for entry in calendars.entries(after: calendarVersion) where entry.since <= now {
            fire(through: entry.since, in: calendars, into: &firings)
            guard isRunning else { return firings }
            _ = replan(to: entry.calendar.version, at: entry.since, in: calendars)
        }
        fire(through: now, in: calendars, into: &firings)
        return firings
    }

    private mutating func fire(
        through now: Instant,
        in calendars: CalendarTimeline,
        into firings: inout [Firing]
    ) {
        while let firing = next(in: calendars), firing.at <= now {
            record(firing)
            firings.append(firing)
        }
    }
}

// MARK: How it stands

/// Whether a clock was kept.
package enum ClockResult: Hashable, Sendable {
    case onTime
    case overdue
}

extension Deadline {
    /// The day on which an ended clock's dates are looked at: its last; else today.
    private func reference(_ today: CivilDate) -> CivilDate {
        endedAt.map { min($0.date, today) } ?? today
    }

    /// Where its time ends; while paused, as if it were resumed on `today`.
    package func term(on today: CivilDate, in calendars: CalendarTimeline) -> Term {
        ledger.term(in: calendars.calendar(calendarVersion), on: reference(today))
    }

    /// The last day on which it is in time; while paused, as if it were resumed on `today`.
    package func due(on today: CivilDate, in calendars: CalendarTimeline) -> CivilDate {
        term(on: today, in: calendars).due
    }

    /// Since when it has been overdue at `now`, or was when it ended; nil when it isn't.
    package func overdueSince(at now: Instant, in calendars: CalendarTimeline) -> Instant? {
        let moment = min(endedAt ?? now, now)
        guard let overdue = term(on: now.date, in: calendars).overdueAt else { return nil }
        return overdue <= moment ? overdue : nil
    }

    /// Overdue from the first overdue moment, on time once it was stopped before; else nil.
    package func result(at now: Instant, in calendars: CalendarTimeline) -> ClockResult? {
        if overdueSince(at: now, in: calendars) != nil { return .overdue }
        return isRunning ? nil : .onTime
    }

    /// What was charged of the budget by `now`, in its unit: days, today included, or whole minutes;
    /// never more than the clock ran for.
    package func used(at now: Instant, in calendars: CalendarTimeline) -> Int {
        let calendar = calendars.calendar(calendarVersion)
        let end = min(endedAt ?? now, now)
        if case .workingMinutes = ledger.budget {
            return ledger.chargedMinutes(by: end, in: calendar)
        }
        var day = end.date
        // What expires at the first moment of a day hasn't run on that day.
        if case .expired(let at) = state { day = min(day, at.adding(seconds: -1).date) }
        return ledger.charged(through: day, in: calendar, on: day)
    }

    /// What is left of the budget, in its unit; 0 when used up.
    package func remaining(at now: Instant, in calendars: CalendarTimeline) -> Int {
        max(0, ledger.total - used(at: now, in: calendars))
    }

    /// Working days overdue; 0 when not.
    package func overdueDays(at now: Instant, in calendars: CalendarTimeline) -> Int {
        guard overdueSince(at: now, in: calendars) != nil else { return 0 }
        let day = reference(now.date)
        return max(
            0,
            ledger.overdueDays(in: calendars.calendar(calendarVersion), on: day)
        )
    }

    /// Whether its dates reach into a year whose arrangement isn't known.
    package func isProvisional(on today: CivilDate, in calendars: CalendarTimeline) -> Bool {
        isProvisional(through: due(on: today, in: calendars), in: calendars)
    }

    /// Whether a year between its start and `last` has no known arrangement.
    package func isProvisional(through last: CivilDate, in calendars: CalendarTimeline) -> Bool {
        calendars.calendar(calendarVersion)
            .isProvisional(from: ledger.startDay, through: last)
    }
}
