import SeededRandom
import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

/// The dates of a ledger against those found by walking from day to day, as the rules are worded.
@Suite struct LedgerOracleTests {
    static let calendar = WorkCalendar.builtIn
    static let cases = 600

    /// A ledger at random, and the day on which it is looked at.
    struct Draw: CustomStringConvertible {
        var ledger: Ledger
        let today: CivilDate

        init(_ budget: Budget, using random: inout SeededGenerator) {
            let first: CivilDate = "2026-01-01"
            let start = Instant(
                first.adding(days: .random(in: 0..<400, using: &random)),
                secondOfDay: .random(in: 0..<86_400, using: &random)
            )
            // Few days between the pauses, so that some touch and some fall on a last day.
            var pauses: [Ledger.Pause] = []
            var position = start
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let from = position.adding(seconds: Self.gap(using: &random))
                let to = from.adding(seconds: Self.gap(using: &random))
                pauses.append(.init(from: from, to: to, reason: ""))
                position = to
            }
            if let last = pauses.indices.last, Bool.random(using: &random) {
                pauses[last].to = nil
                position = pauses[last].from
            }
            let extensions = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                Ledger.Extension(
                    amount: .random(in: 1...10, using: &random),
                    at: start,
                    reason: ""
                )
            }
            ledger = Ledger(budget: budget, start: start, extensions: extensions, pauses: pauses)
            today = position.date.adding(days: .random(in: 0...40, using: &random))
        }

        /// Up to twelve days, or nothing at all, or up to midnight.
        private static func gap(using random: inout SeededGenerator) -> Int64 {
            switch Int.random(in: 0...5, using: &random) {
            case 0: 0
            case 1: 86_400
            default: Int64.random(in: 0...12 * 86_400, using: &random)
            }
        }

        var description: String { "\(ledger) on \(today)" }
    }

    /// The rules, day by day.
    struct Naive {
        let ledger: Ledger
        let today: CivilDate
        let isNatural: Bool
        var isWorkingDay: (CivilDate) -> Bool = calendar.isWorkingDay

        init(_ draw: Draw) {
            ledger = draw.ledger
            today = draw.today
            isNatural = if case .naturalDays = draw.ledger.budget { true } else { false }
        }

        func isPaused(_ day: CivilDate) -> Bool {
            ledger.pauses.contains { $0.from.date < day && day <= $0.to?.date ?? today }
        }

        func isCharged(_ day: CivilDate) -> Bool {
            ledger.startDay < day && !isPaused(day) && (isNatural || isWorkingDay(day))
        }

        func chargedDay(_ number: Int) -> CivilDate {
            var (day, count) = (ledger.startDay, 0)
            while count < number {
                day = day.adding(days: 1)
                if isCharged(day) { count += 1 }
            }
            return day
        }

        var due: CivilDate {
            var day = chargedDay(ledger.total)
            if isNatural { while !isWorkingDay(day) || isPaused(day) { day = day.adding(days: 1) } }
            return day
        }

        var overdue: Instant? {
            var last = due
            while true {
                // The pause that takes the clock over at the end of this day, if one does.
                let pause = ledger.pauses.first {
                    $0.from.date <= last && last < $0.to?.date ?? .latest
                }
                guard let pause else { return last.end }
                guard let resumed = pause.to else { return nil }
                last = resumed.date
            }
        }

        func count(after: CivilDate, through: CivilDate, _ counts: (CivilDate) -> Bool) -> Int {
            var (day, count) = (after, 0)
            while day < through {
                day = day.adding(days: 1)
                if counts(day) { count += 1 }
            }
            return count
        }

        var used: Int { count(after: ledger.startDay, through: today, isCharged) }

        var overdueDays: Int {
            count(after: due, through: today) { isWorkingDay($0) && !isPaused($0) }
        }

        func opening(ofChargedDay number: Int) -> Instant? {
            (1...max(1, ledger.total)).contains(number) && ledger.total > 0
                ? Instant(chargedDay(number), "09:00") : nil
        }
    }

    @Test(arguments: seeds, [true, false])
    func daysAgreeWithTheWalk(seed: UInt64, natural: Bool) {
        var random = SeededGenerator(seed: seed)
        for number in 0..<Self.cases {
            let days = Int.random(in: 0...25, using: &random)
            let draw = Draw(natural ? .naturalDays(days) : .workingDays(days), using: &random)
            let (ledger, today, naive) = (draw.ledger, draw.today, Naive(draw))
            let found = (
                ledger.term(in: Self.calendar, on: today).due,
                ledger.term(in: Self.calendar, on: today).overdueAt,
                ledger.charged(through: today, in: Self.calendar, on: today),
                ledger.overdueDays(in: Self.calendar, on: today)
            )
            let expected = (naive.due, naive.overdue, naive.used, naive.overdueDays)
            guard found == expected else {
                Issue.record("seed \(seed), case \(number): \(found), not \(expected): \(draw)")
                return
            }
            let total = ledger.total
            let openings = [
                (Rung.remind, naive.opening(ofChargedDay: total - 1)),
                (.yellow, naive.opening(ofChargedDay: total * 9 / 10 + 1)),
            ]
            for (rung, opening) in openings {
                let moment = ledger.moment(of: rung, in: Self.calendar, on: today)
                guard moment == opening else {
                    Issue.record("seed \(seed), case \(number): \(rung), not \(opening as Any)")
                    return
                }
            }
        }
    }

    /// Minutes, from one whole minute to the next.
    @Test(arguments: seeds) func minutesAgreeWithTheWalk(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for number in 0..<50 {
            let minutes = Int.random(in: 1...900, using: &random)
            let start = Instant(
                CivilDate("2026-02-25").adding(days: .random(in: 0..<14, using: &random)),
                secondOfDay: .random(in: 0..<1440, using: &random) * 60
            )
            var pauses: [(from: Instant, to: Instant?)] = []
            var position = start
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let from = position.adding(seconds: .random(in: 0...400, using: &random) * 60)
                position = from.adding(seconds: .random(in: 0...1500, using: &random) * 60)
                pauses.append((from, position))
            }
            let ledger = Ledger(.workingMinutes(minutes), from: start, pauses: pauses)
            let expected = Self.endOfMinutes(minutes, from: start, pauses: pauses)
            let found = ledger.endOfMinutes(in: Self.calendar, on: "2026-12-31")
            guard found == expected else {
                Issue.record("seed \(seed), case \(number): \(found), not \(expected): \(ledger)")
                return
            }
        }
    }

    private static func endOfMinutes(
        _ minutes: Int,
        from start: Instant,
        pauses: [(from: Instant, to: Instant?)]
    ) -> Instant {
        var (moment, rest) = (start, minutes)
        while rest > 0 {
            let second = moment.secondOfDay
            let inHours =
                (9 * 3600..<12 * 3600).contains(second)
                || (13 * 3600 + 1800..<17 * 3600 + 1800).contains(second)
            let isPaused = pauses.contains { $0.from <= moment && moment < $0.to ?? .latest }
            if inHours, !isPaused, calendar.isWorkingDay(moment.date) { rest -= 1 }
            moment = moment.adding(seconds: 60)
        }
        return moment
    }

    /// Every budget, with pauses and extensions entered in another order.
    @Test(arguments: seeds) func theOrderOfEntriesChangesNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for number in 0..<Self.cases {
            let amount = Int.random(in: 0...25, using: &random)
            let budget = [
                Budget.workingDays(amount), .naturalDays(amount), .workingMinutes(amount * 40),
                .through("2026-06-01"),
            ][Int.random(in: 0...3, using: &random)]
            let draw = Draw(budget, using: &random)
            var shuffled = draw.ledger
            shuffled.pauses.shuffle(using: &random)
            shuffled.extensions.shuffle(using: &random)
            func dates(_ ledger: Ledger) -> [Instant?] {
                [ledger.term(in: Self.calendar, on: draw.today).due.start]
                    + Rung.allCases.map {
                        ledger.moment(of: $0, in: Self.calendar, on: draw.today)
                    }
            }
            guard dates(shuffled) == dates(draw.ledger),
                shuffled.openPause == draw.ledger.openPause
            else {
                Issue.record("seed \(seed), case \(number): \(draw)")
                return
            }
        }
    }

    @Test(arguments: seeds) func theExplanationAgreesWithTheDates(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for number in 0..<Self.cases / 3 {
            let days = Int.random(in: 0...25, using: &random)
            let isNatural = Bool.random(using: &random)
            let draw = Draw(isNatural ? .naturalDays(days) : .workingDays(days), using: &random)
            let naive = Naive(draw)
            let deadline = Deadline(
                ledger: draw.ledger,
                rungs: .all,
                at: draw.ledger.start,
                calendar: .builtIn
            )
            let lines = deadline.explanation(on: draw.today, in: .builtIn)
            var numbers = 0
            var expected: [ExplainedDay] = []
            var day = draw.ledger.startDay
            while day <= naive.due {
                let kind = Self.calendar.kind(of: day)
                let charge: ExplainedDay.Charge
                if day == draw.ledger.startDay {
                    charge = .start
                } else if !isNatural && !kind.isWorkingDay {
                    charge = kind == .weekend ? .weekend : .holiday
                } else if naive.isPaused(day) {
                    charge = .paused
                } else if numbers == draw.ledger.total {
                    charge = .moved
                } else {
                    numbers += 1
                    charge = .charged(number: numbers)
                }
                expected.append(ExplainedDay(day: day, charge: charge))
                day = day.adding(days: 1)
            }
            guard lines == expected, numbers == draw.ledger.total else {
                let differing = zip(lines, expected).first { $0 != $1 }
                Issue.record("seed \(seed), case \(number): \(differing as Any): \(draw)")
                return
            }
        }
    }
}
