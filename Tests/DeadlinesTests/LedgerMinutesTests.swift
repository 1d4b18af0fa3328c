import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

/// Ledgers in working minutes.
@Suite struct LedgerMinutesTests {
    let calendar = WorkCalendar.builtIn

    struct Limit: CustomTestStringConvertible {
        let testDescription: String
        let minutes: Int
        let from: Instant
        var pauses: [(from: Instant, to: Instant?)] = []
        var today: CivilDate = "2026-12-31"
        /// The last moment in time.
        let end: Instant
        /// Nil while a pause holds the clock back.
        let overdue: Instant?

        init(
            _ name: String,
            _ minutes: Int,
            from: Instant,
            pauses: [(from: Instant, to: Instant?)] = [],
            today: CivilDate = "2026-12-31",
            end: Instant,
            overdue: Instant?
        ) {
            testDescription = name
            self.minutes = minutes
            self.from = from
            self.pauses = pauses
            self.today = today
            self.end = end
            self.overdue = overdue
        }
    }

    static let limits: [Limit] = [
        Limit(
            "within the morning",
            30,
            from: "2026-03-10T10:00",
            end: "2026-03-10T10:30",
            overdue: "2026-03-10T10:30:01"
        ),
        Limit(
            "used up exactly at noon",
            30,
            from: "2026-03-10T11:30",
            end: "2026-03-10T12:00",
            overdue: "2026-03-10T12:00:01"
        ),
        Limit(
            "over noon",
            30,
            from: "2026-03-10T11:45",
            end: "2026-03-10T13:45",
            overdue: "2026-03-10T13:45:01"
        ),
        Limit(
            "used up exactly at closing",
            30,
            from: "2026-03-13T17:00",
            end: "2026-03-13T17:30",
            overdue: "2026-03-13T17:30:01"
        ),
        Limit(
            "over a weekend",
            30,
            from: "2026-03-13T17:15",
            end: "2026-03-16T09:15",
            overdue: "2026-03-16T09:15:01"
        ),
        Limit(
            "from before the opening",
            30,
            from: "2026-03-10T08:00",
            end: "2026-03-10T09:30",
            overdue: "2026-03-10T09:30:01"
        ),
        Limit(
            "a whole day",
            420,
            from: "2026-03-10T09:00",
            end: "2026-03-10T17:30",
            overdue: "2026-03-10T17:30:01"
        ),
        Limit(
            "no minutes in office hours",
            0,
            from: "2026-03-10T10:00",
            end: "2026-03-10T10:00",
            overdue: "2026-03-10T10:00:01"
        ),
        Limit(
            "no minutes after closing",
            0,
            from: "2026-03-10T17:30:01",
            end: "2026-03-11T09:00",
            overdue: "2026-03-11T09:00:01"
        ),
        Limit(
            "paused within the morning",
            30,
            from: "2026-03-10T10:00",
            pauses: [("2026-03-10T10:10", "2026-03-10T10:25")],
            end: "2026-03-10T10:45",
            overdue: "2026-03-10T10:45:01"
        ),
        Limit(
            "paused over the night",
            30,
            from: "2026-03-10T17:10",
            pauses: [("2026-03-10T17:20", "2026-03-11T10:00")],
            end: "2026-03-11T10:20",
            overdue: "2026-03-11T10:20:01"
        ),
        Limit(
            "paused outside office hours",
            30,
            from: "2026-03-10T17:10",
            pauses: [("2026-03-10T18:00", "2026-03-10T20:00")],
            end: "2026-03-11T09:10",
            overdue: "2026-03-11T09:10:01"
        ),
        Limit(
            "paused in its last second",
            30,
            from: "2026-03-10T10:00",
            pauses: [("2026-03-10T10:30", "2026-03-12T15:00")],
            end: "2026-03-10T10:30",
            overdue: "2026-03-12T15:00:01"
        ),
        Limit(
            "paused still, shown as if resumed today",
            30,
            from: "2026-03-10T10:00",
            pauses: [("2026-03-10T10:10", nil)],
            today: "2026-03-11",
            end: "2026-03-12T09:20",
            overdue: nil
        ),
        Limit(
            "paused still, looked at as of an earlier day",
            30,
            from: "2026-03-10T17:20",
            pauses: [("2026-03-11T09:10", nil)],
            today: "2026-03-10",
            end: "2026-03-11T09:20",
            overdue: nil
        ),
        Limit(
            "paused once overdue",
            30,
            from: "2026-03-10T10:00",
            pauses: [("2026-03-10T10:30:01", nil)],
            today: "2026-03-11",
            end: "2026-03-10T10:30",
            overdue: "2026-03-10T10:30:01"
        ),
    ]

    @Test(arguments: limits) func minutesEnd(_ limit: Limit) {
        let ledger = Ledger(.workingMinutes(limit.minutes), from: limit.from, pauses: limit.pauses)
        #expect(ledger.endOfMinutes(in: calendar, on: limit.today) == limit.end)
        #expect(ledger.term(in: calendar, on: limit.today).due == limit.end.date)
        #expect(ledger.term(in: calendar, on: limit.today).overdueAt == limit.overdue)
    }
}
