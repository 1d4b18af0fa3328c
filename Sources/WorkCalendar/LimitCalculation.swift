package import CivilTime

/// When a limit in days ends, explained day by day.
package struct LimitExplanation: Hashable, Sendable {
    /// The last day of the limit, which ends at its 24:00.
    package let due: CivilDate
    /// The days charged, ascending: working days, or every natural day of a natural limit.
    package let counted: [CivilDate]
    /// The other days after the start, through the due date, that aren't charged; ascending.
    package let skipped: [SkippedDay]
    /// Whether a day from the start through the due date lies in a year whose arrangement isn't
    /// known.
    package let provisional: Bool

    /// A day that wasn't charged.
    package struct SkippedDay: Hashable, Sendable {
        package let day: CivilDate
        package let why: Reason

        package init(day: CivilDate, why: Reason) { (self.day, self.why) = (day, why) }
    }

    /// Why a day wasn't charged.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case weekend, holiday
        /// The limit was paused; said only of a day that would have been charged otherwise.
        case paused
    }
}

/// Why a limit can't be calculated.
package enum LimitError: Error, Hashable, Sendable {
    /// The number of days lies outside `LimitCalculation.days`.
    case daysOutOfRange(Int)
    /// The limit would end more than `LimitCalculation.reach` days after its start.
    case beyondReach
}

extension LimitError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .daysOutOfRange(let days):
            return "a limit of \(days) days can't be calculated; ask for "
                + "\(LimitCalculation.days.lowerBound)…\(LimitCalculation.days.upperBound)"
        case .beyondReach:
            return "the limit doesn't end within \(LimitCalculation.reach) days of its start; "
                + "shorten its pauses"
        }
    }
}

/// The end of a limit in days (民法典 §201–203, 行政许可法 §82).
///
/// The day from which it runs never counts. A day after it is charged when it is in no pause and,
/// for a limit in working days, a working day.
package enum LimitCalculation {
    /// The limits that can be asked for.
    package static let days = 0...10_000

    /// How many days a limit may last with its pauses: a century, which bounds the explanation.
    package static let reach = 36_525

    /// What a limit is counted in.
    package enum Unit: Hashable, Sendable, CaseIterable { case working, natural }

    /// Finds when the limit of `days` from `from` ends.
    ///
    /// A working-day limit ends on its last charged day. A natural-day limit does too when that is
    /// a working day; otherwise it moves on to the next working day that is in no pause, since
    /// nothing falls due while the limit is paused. A limit of no days ends on `from`, and a
    /// natural one moves likewise. At `CivilDate.latest` every limit ends, with fewer days counted.
    ///
    /// - Parameter today: The day through which a pause that isn't resumed lasts; without it, such a
    ///   pause takes no day out.
    /// - Throws: `LimitError`.
    /// - Complexity: Linear in the days explained.
    package static func due(
        from: CivilDate,
        days: Int,
        unit: Unit,
        pauses: [PauseSpan],
        in calendar: WorkCalendar,
        today: CivilDate?
    ) throws(LimitError) -> LimitExplanation {
        guard Self.days.contains(days) else { throw .daysOutOfRange(days) }
        let pauses = PauseSpans(pauses, today: today)
        var counted: [CivilDate] = []
        var skipped: [LimitExplanation.SkippedDay] = []
        counted.reserveCapacity(days)

        var day = from
        while counted.count < days, day < .latest {
            guard from.days(until: day) < reach else { throw .beyondReach }
            day = day.adding(days: 1)
            if let why = reason(toSkip: day, countedIn: unit, pauses, calendar) {
                skipped.append(.init(day: day, why: why))
            } else {
                counted.append(day)
            }
        }
        // 民法典 §203: a last day that is a day off gives way to the day that follows the rest.
        var ends = unit == .working || calendar.isWorkingDay(day)
        while !ends, day < .latest {
            guard from.days(until: day) < reach else { throw .beyondReach }
            day = day.adding(days: 1)
            let why = reason(toSkip: day, countedIn: .working, pauses, calendar)
            if let why { skipped.append(.init(day: day, why: why)) }
            ends = why == nil
        }
        return LimitExplanation(
            due: day,
            counted: counted,
            skipped: skipped,
            provisional: calendar.isProvisional(from: from, through: day)
        )
    }

    private static func reason(
        toSkip day: CivilDate,
        countedIn unit: Unit,
        _ pauses: PauseSpans,
        _ calendar: WorkCalendar
    ) -> LimitExplanation.Reason? {
        if unit == .working {
            switch calendar.kind(of: day) {
            case .weekend: return .weekend
            case .holiday: return .holiday
            case .working, .makeUp: break
            }
        }
        return pauses.contains(day) ? .paused : nil
    }
}
