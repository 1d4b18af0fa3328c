import SeededRandom
import CivilTime
import Testing
import WorkCalendar

/// Limits in days, with pauses, explained day by day.
struct LimitCalculationTests {
    private func due(
        _ from: String,
        _ days: Int,
        _ unit: LimitCalculation.Unit = .working,
        _ pauses: [(String, String?)] = [],
        today: String? = nil
    ) throws -> LimitExplanation {
        try LimitCalculation.due(
            from: day(from),
            days: days,
            unit: unit,
            pauses: pauses.map { pause in
                try PauseSpan(pause: day(pause.0), resume: pause.1.map { try day($0) })
            },
            in: .builtIn,
            today: today.map { try day($0) }
        )
    }

    @Test func acrossNationalDay() throws {
        let explanation = try due("2026-09-28", 10)
        #expect(explanation.due == (try day("2026-10-16")))
        #expect(
            explanation.counted
                == (try days(
                    """
                    2026-09-29 2026-09-30 2026-10-08 2026-10-09 2026-10-10 2026-10-12 2026-10-13 \
                    2026-10-14 2026-10-15 2026-10-16
                    """
                ))
        )
        #expect(explanation.skipped.first == .init(day: try day("2026-10-01"), why: .holiday))
        #expect(explanation.skipped.last == .init(day: try day("2026-10-11"), why: .weekend))
        #expect(explanation.skipped.count == 8)
        #expect(!explanation.provisional)
    }

    @Test func naturalDaysMoveOutOfAHoliday() throws {
        // 民法典 §203: the last day, a Sunday in the holiday, gives way to the first working day.
        let explanation = try due("2026-09-24", 10, .natural)
        #expect(explanation.due == (try day("2026-10-08")))
        #expect(explanation.counted.last == (try day("2026-10-04")))
        #expect(explanation.counted.count == 10)
        #expect(explanation.skipped.map(\.why) == [.holiday, .holiday, .holiday])
        #expect(try due("2026-03-02", 1, .natural).due == day("2026-03-03"))
        // A make-up Saturday is a working day.
        #expect(try due("2026-02-04", 10, .natural).due == day("2026-02-14"))
    }

    @Test func provisional() throws {
        let explanation = try due("2026-12-21", 20)
        #expect(explanation.due == (try day("2027-01-19")))
        #expect(explanation.provisional)
        #expect(try !due("2026-12-21", 8).provisional)
        #expect(try due("2026-12-21", 9).provisional)
        #expect(try due("2019-12-31", 1).provisional)
    }

    @Test(
        "the pause day is charged, the resume day isn't",
        arguments: [
            // A hearing across National Day.
            ("2026-09-07", 20, [("2026-09-16", "2026-10-09")], "2026-10-27"),
            // Within a day; without a working day in it.
            ("2026-03-02", 20, [("2026-03-11", "2026-03-11")], "2026-03-30"),
            ("2026-03-02", 20, [("2026-03-13", "2026-03-15")], "2026-03-30"),
            ("2026-03-02", 20, [("2026-03-11", "2026-03-12")], "2026-03-31"),
            // Touching, overlapping, repeated, in any order.
            (
                "2026-03-02", 20, [("2026-03-11", "2026-03-12"), ("2026-03-10", "2026-03-11")],
                "2026-04-01"
            ),
            (
                "2026-03-02", 20, [("2026-03-10", "2026-03-12"), ("2026-03-11", "2026-03-12")],
                "2026-04-01"
            ),
            (
                "2026-03-02", 20, [("2026-03-10", "2026-03-12"), ("2026-03-10", "2026-03-12")],
                "2026-04-01"
            ),
            // On the start, before it, after the due date.
            ("2026-03-02", 20, [("2026-03-02", "2026-03-03")], "2026-03-31"),
            ("2026-03-02", 20, [("2026-02-02", "2026-03-03")], "2026-03-31"),
            ("2026-03-02", 20, [("2026-03-30", "2026-04-10")], "2026-03-30"),
            ("2026-03-02", 20, [("2026-04-01", "2026-04-10")], "2026-03-30"),
            // Resumed before it was paused: no day lies in it.
            ("2026-03-02", 20, [("2026-03-20", "2026-03-10")], "2026-03-30"),
            ("2026-03-02", 0, [("2026-03-02", "2026-03-10")], "2026-03-02"),
        ]
    )
    func pauses(from: String, count: Int, pauses: [(String, String)], expected: String) throws {
        #expect(try due(from, count, .working, pauses.map { ($0.0, $0.1) }).due == day(expected))
        let reversed = pauses.reversed().map { ($0.0, String?.some($0.1)) }
        #expect(try due(from, count, .working, Array(reversed)).due == day(expected))
    }

    @Test func pausedDaysOffAreStillDaysOff() throws {
        let skipped = try due("2026-03-02", 5, .working, [("2026-03-05", "2026-03-09")]).skipped
        #expect(
            skipped == [
                .init(day: try day("2026-03-06"), why: .paused),
                .init(day: try day("2026-03-07"), why: .weekend),
                .init(day: try day("2026-03-08"), why: .weekend),
                .init(day: try day("2026-03-09"), why: .paused),
            ]
        )
    }

    /// While a limit is paused, its end is shown as if it ran on today.
    @Test func aPauseThatLasts() throws {
        let open: [(String, String?)] = [("2026-03-11", nil)]
        #expect(
            try due("2026-03-02", 20, .working, open, today: "2026-03-16").due
                == due("2026-03-02", 20, .working, [("2026-03-11", "2026-03-16")]).due
        )
        #expect(
            try due("2026-03-02", 20, .working, open, today: "2026-03-11").due == day("2026-03-30")
        )
        #expect(
            try due("2026-03-02", 20, .working, open, today: "2026-03-01").due == day("2026-03-30")
        )
        #expect(try due("2026-03-02", 20, .working, open).due == day("2026-03-30"))
    }

    /// Nothing falls due while the limit is paused: a natural limit that moves passes the pause.
    @Test func naturalDaysMovePastAPause() throws {
        // The fifth day is Saturday 7 March; Monday and Tuesday are paused.
        let explanation = try due("2026-03-02", 5, .natural, [("2026-03-07", "2026-03-10")])
        #expect(explanation.due == (try day("2026-03-11")))
        #expect(explanation.counted.last == (try day("2026-03-07")))
        #expect(explanation.skipped.map(\.why) == [.weekend, .paused, .paused])
        // In the middle, every paused day is left out.
        let middle = try due("2026-03-02", 5, .natural, [("2026-03-04", "2026-03-08")])
        #expect(middle.due == (try day("2026-03-11")))
        #expect(middle.skipped.map(\.why) == [.paused, .paused, .paused, .paused])
        #expect(try due("2026-03-07", 0, .natural).due == day("2026-03-09"))
        #expect(try due("2026-03-07", 0, .natural).counted.isEmpty)
    }

    @Test func limitsThatCannotBe() throws {
        #expect(throws: LimitError.daysOutOfRange(-1)) { try due("2026-03-02", -1) }
        #expect(throws: LimitError.daysOutOfRange(10_001)) { try due("2026-03-02", 10_001) }
        #expect(throws: LimitError.daysOutOfRange(.max)) { try due("2026-03-02", .max) }
        #expect(throws: LimitError.beyondReach) {
            try due("2026-03-02", 5, .working, [("2026-03-02", "9999-12-31")])
        }
        #expect(throws: LimitError.beyondReach) {
            try due("2026-03-02", 5, .natural, [("2026-03-07", "9999-12-31")])
        }
        #expect(LimitError.daysOutOfRange(10_001).description.contains("10001"))
    }

    @Test func limitsStopAtTheEnds() throws {
        for unit in LimitCalculation.Unit.allCases {
            let explanation = try due("9999-12-20", 100, unit)
            #expect(explanation.due == .latest)
            #expect(explanation.counted.last == .latest)
            #expect(try due("9999-12-31", 1, unit, [("9999-12-31", "9999-12-31")]).counted.isEmpty)
            #expect(try due("0001-01-01", 10_000, unit).counted.count == 10_000)
        }
        #expect(try due("9990-01-01", 5, .working, [("9990-01-01", "9999-12-31")]).due == .latest)
    }

    @Test(arguments: seeds)
    func agreesWithTheNaiveRule(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let calendar = WorkCalendar.builtIn
        let naive = NaiveCalendar.builtIn
        let first = try day("2019-12-01")
        for _ in 0..<400 {
            let from = first.adding(days: Int.random(in: 0...(7 * 366), using: &random))
            let count = Int.random(in: 0...60, using: &random)
            let pauses = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                let pause = from.adding(days: Int.random(in: -20...60, using: &random))
                let length = Int.random(in: -2...30, using: &random)
                let isOpen = Int.random(in: 0..<8, using: &random) == 0
                return PauseSpan(pause: pause, resume: isOpen ? nil : pause.adding(days: length))
            }
            let today = from.adding(days: Int.random(in: -10...60, using: &random))
            let context: Comment = "seed \(seed): \(from), \(count), \(pauses), today \(today)"
            func isPaused(_ date: CivilDate) -> Bool {
                pauses.contains { $0.pause < date && date <= ($0.resume ?? today) }
            }
            for unit in LimitCalculation.Unit.allCases {
                var date = from
                var counted: [CivilDate] = []
                while counted.count < count {
                    date = date.adding(days: 1)
                    let counts = unit == .natural || naive.isWorkingDay(date)
                    if counts, !isPaused(date) { counted.append(date) }
                }
                if unit == .natural, !naive.isWorkingDay(date) {
                    repeat {
                        date = date.adding(days: 1)
                    } while !naive.isWorkingDay(date) || isPaused(date)
                }
                let explanation = try LimitCalculation.due(
                    from: from,
                    days: count,
                    unit: unit,
                    pauses: pauses,
                    in: calendar,
                    today: today
                )
                #expect(explanation.due == date, context)
                #expect(explanation.counted == counted, context)
                // Every day on the way is explained: counted, skipped, or the one moved to.
                var explained = explanation.counted + explanation.skipped.map(\.day)
                if date != (counted.last ?? from) { explained.append(date) }
                let days = from.days(until: date)
                #expect(explained.sorted() == (0..<days).map { from.adding(days: $0 + 1) }, context)

                let spans = PauseSpans(pauses, today: today)
                #expect(
                    (0..<90).allSatisfy { offset in
                        let date = from.adding(days: offset - 30)
                        return spans.contains(date) == isPaused(date)
                    },
                    context
                )
                if unit == .working {
                    #expect(
                        calendar.chargedDay(count, after: from, outside: spans) == date,
                        context
                    )
                    #expect(
                        calendar.chargedDays(after: from, through: date, outside: spans) == count,
                        context
                    )
                }
            }
        }
    }

    @Test func spansAreMerged() throws {
        func span(_ pause: String, _ resume: String?) throws -> PauseSpan {
            try PauseSpan(pause: day(pause), resume: resume.map { try day($0) })
        }
        let spans = PauseSpans(
            try [
                span("2026-03-20", "2026-03-22"), span("2026-03-11", "2026-03-12"),
                span("2026-03-09", "2026-03-11"), span("2026-03-10", "2026-03-10"),
                span("2026-04-01", nil), span("2026-03-30", "2026-03-01"),
            ],
            today: try day("2026-04-02")
        )
        #expect(spans.spans.map(\.after) == (try days("2026-03-09 2026-03-20 2026-04-01")))
        #expect(spans.spans.map(\.through) == (try days("2026-03-12 2026-03-22 2026-04-02")))
        #expect(PauseSpans.none.spans.isEmpty)
        #expect(spans.spans(reaching: try day("2026-03-12")).count == 2)
        #expect(spans.spans(reaching: .latest).isEmpty)
        #expect(spans.spans(reaching: .earliest).count == 3)
    }
}
