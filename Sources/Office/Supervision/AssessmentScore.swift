package import CivilTime

/// What goes into a unit's score.
package struct AssessmentCounts: Hashable, Sendable {
    package let warningTriples: Int32
    package let yellow: Int32
    package let red: Int32
    package let completed: Int32
    /// Of those completed, before the promised day.
    package let early: Int32

    package init(
        warningTriples: Int32,
        yellow: Int32,
        red: Int32,
        completed: Int32,
        early: Int32
    ) {
        self.warningTriples = warningTriples
        self.yellow = yellow
        self.red = red
        self.completed = completed
        self.early = early
    }

    /// How often a unit was warned three times running: on three working days one after the other. A run of
    /// six counts twice.
    ///
    /// - Parameter days: those with reminders, in order; of days off nothing is counted.
    package static func triples(
        of days: [CivilDate],
        isWorkingDay: (CivilDate) -> Bool
    ) -> Int32 {
        var (triples, run): (Int32, Int) = (0, 0)
        var last: CivilDate?
        for day in days where day != last && isWorkingDay(day) {
            let isNext =
                last.map { last in
                    var next = last.adding(days: 1)
                    while next < day, !isWorkingDay(next) { next = next.adding(days: 1) }
                    return next == day
                } ?? false
            run = isNext ? run + 1 : 1
            if run == 3 {
                triples += 1
                run = 0
            }
            last = day
        }
        return triples
    }
}

/// A unit's score (考核得分), which explains itself: 100, less 3 for each three consecutive warnings, 5 for
/// each yellow and 10 for each red card, and one more for each tenth of the matters that were completed
/// early (the city's assessment rules).
package struct AssessmentScore: Hashable, Sendable {
    package enum Item: Int32, Hashable, Sendable, CaseIterable {
        case base = 1
        case warningTriples = 2
        case yellowCards = 3
        case redCards = 4
        case early = 5

        /// The points for each.
        package var each: Int64 {
            switch self {
            case .base: 100
            case .warningTriples: -3
            case .yellowCards: -5
            case .redCards: -10
            case .early: 1
            }
        }
    }

    package struct Line: Hashable, Sendable {
        package let item: Item
        package let count: Int64

        package var points: Int64 { count * item.each }
    }

    /// One for each item, in order.
    package let lines: [Line]

    package var total: Int64 { lines.reduce(0) { $0 + $1.points } }

    /// - Throws: `outOfRange` when more were early than completed.
    package init(_ counts: AssessmentCounts) throws(Refusal) {
        let (completed, early) = (counts.completed, counts.early)
        guard (0...max(0, completed)).contains(early) else {
            throw .outOfRange(field: "early", allowed: "0…\(completed)")
        }
        let tenths = completed == 0 ? 0 : Int64(early) * 10 / Int64(completed)
        lines = [
            Line(item: .base, count: 1),
            Line(item: .warningTriples, count: Int64(counts.warningTriples)),
            Line(item: .yellowCards, count: Int64(counts.yellow)),
            Line(item: .redCards, count: Int64(counts.red)),
            Line(item: .early, count: tenths),
        ]
    }
}
