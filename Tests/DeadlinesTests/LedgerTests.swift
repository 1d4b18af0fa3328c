import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

/// Dates of a ledger in days, by the arrangement of 2026.
@Suite struct LedgerTests {
    let calendar = WorkCalendar.builtIn

    struct Limit: CustomTestStringConvertible {
        let testDescription: String
        let budget: Budget
        let from: Instant
        var pauses: [(from: Instant, to: Instant?)] = []
        var extended: [Int] = []
        var today: CivilDate = "2026-12-31"
        let due: CivilDate
        /// Nil while a pause holds the clock back.
        let overdue: Instant?

        init(
            _ name: String,
            _ budget: Budget,
            from: Instant,
            pauses: [(from: Instant, to: Instant?)] = [],
            extended: [Int] = [],
            today: CivilDate = "2026-12-31",
            due: CivilDate,
            overdue: Instant?
        ) {
            testDescription = name
            self.budget = budget
            self.from = from
            self.pauses = pauses
            self.extended = extended
            self.today = today
            self.due = due
            self.overdue = overdue
        }
    }

    static let plain: [Limit] = [
        Limit(
            "the start day never counts",
            .workingDays(1),
            from: "2026-03-02T10:00",
            due: "2026-03-03",
            overdue: "2026-03-04"
        ),
        Limit(
            "nor when it is a make-up day",
            .workingDays(5),
            from: "2026-02-14T10:00",
            due: "2026-02-28",
            overdue: "2026-03-01"
        ),
        Limit(
            "whatever the hour at which it starts",
            .workingDays(1),
            from: "2026-03-02T23:59:59",
            due: "2026-03-03",
            overdue: "2026-03-04"
        ),
        Limit(
            "or from its first second",
            .workingDays(1),
            from: "2026-03-02T00:00:00",
            due: "2026-03-03",
            overdue: "2026-03-04"
        ),
        Limit(
            "a make-up Saturday may be the last day",
            .workingDays(1),
            from: "2026-05-08T10:00",
            due: "2026-05-09",
            overdue: "2026-05-10"
        ),
        Limit(
            "no days end with the start day",
            .workingDays(0),
            from: "2026-03-02T10:00",
            due: "2026-03-02",
            overdue: "2026-03-03"
        ),
        Limit(
            "two days around the Spring Festival",
            .workingDays(2),
            from: "2026-02-13T10:00",
            due: "2026-02-24",
            overdue: "2026-02-25"
        ),
        Limit(
            "ten days",
            .workingDays(10),
            from: "2026-03-02T10:00",
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "twenty days",
            .workingDays(20),
            from: "2026-03-02T10:00",
            due: "2026-03-30",
            overdue: "2026-03-31"
        ),
        Limit(
            "started on a day off",
            .workingDays(1),
            from: "2026-03-07T10:00",
            due: "2026-03-09",
            overdue: "2026-03-10"
        ),
        Limit(
            "overdue from a Saturday, not from the next opening",
            .workingDays(4),
            from: "2026-03-02T10:00",
            due: "2026-03-06",
            overdue: "2026-03-07"
        ),
        Limit(
            "across the new year, whose arrangement isn't known",
            .workingDays(1),
            from: "2026-12-31T10:00",
            due: "2027-01-04",
            overdue: "2027-01-05"
        ),
        Limit(
            "natural days",
            .naturalDays(10),
            from: "2026-03-02T10:00",
            due: "2026-03-12",
            overdue: "2026-03-13"
        ),
        Limit(
            "natural days that end in a holiday",
            .naturalDays(10),
            from: "2026-09-24T10:00",
            due: "2026-10-08",
            overdue: "2026-10-09"
        ),
        Limit(
            "natural days that end on a make-up day",
            .naturalDays(1),
            from: "2026-05-08T10:00",
            due: "2026-05-09",
            overdue: "2026-05-10"
        ),
        Limit(
            "no natural days from a day off",
            .naturalDays(0),
            from: "2026-03-07T10:00",
            due: "2026-03-09",
            overdue: "2026-03-10"
        ),
        Limit(
            "a named day off",
            .through("2026-03-07"),
            from: "2026-03-02T10:00",
            due: "2026-03-07",
            overdue: "2026-03-08"
        ),
    ]

    static let paused: [Limit] = [
        Limit(
            "over days of work",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-05T10:00", "2026-03-10T10:00")],
            due: "2026-03-19",
            overdue: "2026-03-20"
        ),
        Limit(
            "within one day",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-05T09:00", "2026-03-05T16:00")],
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "over a weekend",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-06T10:00", "2026-03-08T10:00")],
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "within a weekend",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-07T10:00", "2026-03-08T10:00")],
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "from the last second of a day to the first of the next",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-05T23:59:59", "2026-03-06T00:00:00")],
            due: "2026-03-17",
            overdue: "2026-03-18"
        ),
        Limit(
            "twice, touching",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [
                ("2026-03-05T10:00", "2026-03-10T10:00"), ("2026-03-10T11:00", "2026-03-12T10:00"),
            ],
            due: "2026-03-23",
            overdue: "2026-03-24"
        ),
        Limit(
            "twice, a day between",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [
                ("2026-03-05T10:00", "2026-03-10T10:00"), ("2026-03-11T10:00", "2026-03-12T10:00"),
            ],
            due: "2026-03-20",
            overdue: "2026-03-21"
        ),
        Limit(
            "on the start day",
            .workingDays(1),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-02T11:00", "2026-03-04T10:00")],
            due: "2026-03-05",
            overdue: "2026-03-06"
        ),
        Limit(
            "on the last charged day",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-16T10:00", "2026-03-20T10:00")],
            due: "2026-03-16",
            overdue: "2026-03-21"
        ),
        Limit(
            "on the last charged day, and again on the day of the resume",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [
                ("2026-03-16T10:00", "2026-03-18T10:00"), ("2026-03-18T15:00", "2026-03-20T10:00"),
            ],
            due: "2026-03-16",
            overdue: "2026-03-21"
        ),
        Limit(
            "on the last charged day, over a weekend",
            .workingDays(4),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-06T10:00", "2026-03-08T10:00")],
            due: "2026-03-06",
            overdue: "2026-03-09"
        ),
        Limit(
            "within the last charged day",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-16T10:00", "2026-03-16T15:00")],
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "once overdue",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-17T10:00", "2026-03-20T10:00")],
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "across National Day",
            .workingDays(20),
            from: "2026-09-07T10:00",
            pauses: [("2026-09-16T10:00", "2026-10-09T10:00")],
            due: "2026-10-27",
            overdue: "2026-10-28"
        ),
        Limit(
            "natural days",
            .naturalDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-04T10:00", "2026-03-09T10:00")],
            due: "2026-03-17",
            overdue: "2026-03-18"
        ),
        Limit(
            "between the last natural day and the working day to which it moves",
            .naturalDays(5),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-07T10:00", "2026-03-10T10:00")],
            due: "2026-03-11",
            overdue: "2026-03-12"
        ),
        Limit(
            "still, shown as if resumed today",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-05T10:00", nil)],
            today: "2026-03-10",
            due: "2026-03-19",
            overdue: nil
        ),
        Limit(
            "still, since today",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-05T10:00", nil)],
            today: "2026-03-05",
            due: "2026-03-16",
            overdue: nil
        ),
        Limit(
            "still, since the last charged day",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-16T10:00", nil)],
            today: "2026-03-16",
            due: "2026-03-16",
            overdue: nil
        ),
        Limit(
            "still, for a month since the last charged day",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-16T10:00", nil)],
            today: "2026-04-16",
            due: "2026-03-16",
            overdue: nil
        ),
        Limit(
            "still, for the second time since the last charged day",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-16T10:00", "2026-03-18T10:00"), ("2026-03-18T15:00", nil)],
            today: "2026-03-25",
            due: "2026-03-16",
            overdue: nil
        ),
        Limit(
            "still, since it was overdue",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-17T10:00", nil)],
            today: "2026-03-25",
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "but a named day stays",
            .through("2026-03-12"),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-04T10:00", "2026-03-09T10:00")],
            due: "2026-03-12",
            overdue: "2026-03-13"
        ),
    ]

    static let extended: [Limit] = [
        Limit(
            "by ten days",
            .workingDays(20),
            from: "2026-03-02T10:00",
            extended: [10],
            due: "2026-04-14",
            overdue: "2026-04-15"
        ),
        Limit(
            "before a pause",
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-16T10:00", "2026-03-20T10:00")],
            extended: [1],
            due: "2026-03-23",
            overdue: "2026-03-24"
        ),
        Limit(
            "natural days",
            .naturalDays(10),
            from: "2026-03-02T10:00",
            extended: [2],
            due: "2026-03-16",
            overdue: "2026-03-17"
        ),
        Limit(
            "no days at all by one",
            .workingDays(0),
            from: "2026-03-02T10:00",
            extended: [1],
            due: "2026-03-03",
            overdue: "2026-03-04"
        ),
    ]

    @Test(arguments: plain) func aLimitEnds(_ limit: Limit) { check(limit) }

    @Test(arguments: paused) func aLimitPausedEnds(_ limit: Limit) { check(limit) }

    @Test(arguments: extended) func aLimitExtendedEnds(_ limit: Limit) { check(limit) }

    private func check(_ limit: Limit) {
        let ledger = Ledger(
            limit.budget,
            from: limit.from,
            pauses: limit.pauses,
            extended: limit.extended
        )
        #expect(ledger.term(in: calendar, on: limit.today).due == limit.due)
        #expect(ledger.term(in: calendar, on: limit.today).overdueAt == limit.overdue)
    }

    @Test(
        arguments: [
            ("2026-03-02", 0), ("2026-03-03", 1), ("2026-03-06", 4), ("2026-03-08", 4),
            ("2026-03-09", 5), ("2026-03-16", 10), ("2026-03-17", 11),
        ] as [(CivilDate, Int)]
    )
    func daysUsedIncludeToday(_ today: CivilDate, _ used: Int) {
        let ledger = Ledger(.workingDays(10), from: "2026-03-02T10:00")
        #expect(ledger.charged(through: today, in: calendar, on: today) == used)
    }

    @Test(
        arguments: [
            ("2026-03-05", 3), ("2026-03-06", 3), ("2026-03-10", 3), ("2026-03-11", 4),
        ] as [(CivilDate, Int)]
    )
    func thePauseDayIsUsedAndTheResumeDayIsNot(_ today: CivilDate, _ used: Int) {
        let ledger = Ledger(
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-05T10:00", "2026-03-10T10:00")]
        )
        #expect(ledger.charged(through: today, in: calendar, on: today) == used)
    }

    @Test(
        arguments: [
            ("2026-03-16", 0), ("2026-03-17", 1), ("2026-03-20", 4), ("2026-03-22", 4),
            ("2026-03-23", 5),
        ] as [(CivilDate, Int)]
    )
    func daysOverdueAreWorkingDays(_ today: CivilDate, _ days: Int) {
        for budget in [Budget.workingDays(10), .naturalDays(14), .through("2026-03-16")] {
            let ledger = Ledger(budget, from: "2026-03-02T10:00")
            #expect(ledger.overdueDays(in: calendar, on: today) == days, "\(budget)")
        }
    }

    @Test(
        arguments: [
            ("2026-03-16", 0), ("2026-03-20", 0), ("2026-03-21", 0), ("2026-03-23", 1),
            ("2026-03-24", 2),
        ] as [(CivilDate, Int)]
    )
    func daysOverdueLeaveThePauseOut(_ today: CivilDate, _ days: Int) {
        let ledger = Ledger(
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-16T10:00", "2026-03-20T10:00")]
        )
        #expect(ledger.overdueDays(in: calendar, on: today) == days)
    }

    @Test func aPauseDuringOverdueLeavesItsDaysOut() {
        let ledger = Ledger(
            .workingDays(10),
            from: "2026-03-02T10:00",
            pauses: [("2026-03-18T10:00", "2026-03-20T10:00")]
        )
        #expect(ledger.overdueDays(in: calendar, on: "2026-03-18") == 2)
        #expect(ledger.overdueDays(in: calendar, on: "2026-03-20") == 2)
        #expect(ledger.overdueDays(in: calendar, on: "2026-03-23") == 3)
    }

    @Test func theEndsOfTimeDontTrap() {
        for start in [Instant.earliest, .latest] {
            for budget in [
                Budget.workingDays(10_000_000), .naturalDays(10_000_000),
                .workingMinutes(10_000_000), .through(.latest), .through(.earliest),
            ] {
                let ledger = Ledger(budget, from: start, pauses: [(.earliest, nil)])
                for today in [CivilDate.earliest, .latest] {
                    _ = ledger.term(in: calendar, on: today).due
                    _ = ledger.term(in: calendar, on: today).overdueAt
                    _ = ledger.overdueDays(in: calendar, on: today)
                    _ = ledger.charged(through: .latest, in: calendar, on: today)
                }
            }
        }
    }
}
