import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

/// Explanations as they are read: one line a day.
@Suite struct ExplanationTests {
    private func lines(
        _ budget: Budget,
        from start: Instant,
        pauses: [(from: Instant, to: Instant?)] = [],
        on today: CivilDate = "2026-12-31"
    ) -> [String] {
        let deadline = Deadline(
            ledger: Ledger(budget, from: start, pauses: pauses),
            rungs: .red,
            at: start,
            calendar: .builtIn
        )
        return deadline.explanation(on: today, in: .builtIn).map { line in
            switch line.charge {
            case .start: "\(line.day) start"
            case .charged(let number): "\(line.day) \(number)"
            case .weekend: "\(line.day) weekend"
            case .holiday: "\(line.day) holiday"
            case .paused: "\(line.day) paused"
            case .moved: "\(line.day) moved"
            }
        }
    }

    @Test func workingDaysAcrossAHolidayWithAMakeUpDay() {
        #expect(
            lines(.workingDays(3), from: "2026-02-13T10:00").joined(separator: "\n") == """
                2026-02-13 start
                2026-02-14 1
                2026-02-15 holiday
                2026-02-16 holiday
                2026-02-17 holiday
                2026-02-18 holiday
                2026-02-19 holiday
                2026-02-20 holiday
                2026-02-21 holiday
                2026-02-22 holiday
                2026-02-23 holiday
                2026-02-24 2
                2026-02-25 3
                """
        )
    }

    @Test func aNamedDayIsReachedByNaturalDays() {
        #expect(
            lines(.through("2026-03-08"), from: "2026-03-05T10:00") == [
                "2026-03-05 start", "2026-03-06 1", "2026-03-07 2", "2026-03-08 3",
            ]
        )
    }

    @Test func aPauseOverAWeekend() {
        #expect(
            lines(
                .workingDays(3),
                from: "2026-03-05T10:00",
                pauses: [("2026-03-06T10:00", "2026-03-10T10:00")]
            ).joined(separator: "\n") == """
                2026-03-05 start
                2026-03-06 1
                2026-03-07 weekend
                2026-03-08 weekend
                2026-03-09 paused
                2026-03-10 paused
                2026-03-11 2
                2026-03-12 3
                """
        )
    }

    @Test func naturalDaysMoveToAWorkingDay() {
        #expect(
            lines(
                .naturalDays(2),
                from: "2026-04-02T10:00",
                pauses: [("2026-04-02T11:00", "2026-04-03T10:00")]
            ).joined(separator: "\n") == """
                2026-04-02 start
                2026-04-03 paused
                2026-04-04 1
                2026-04-05 2
                2026-04-06 moved
                2026-04-07 moved
                """
        )
    }

    @Test func whilePausedAsIfResumedToday() {
        #expect(
            lines(
                .workingDays(2),
                from: "2026-03-05T10:00",
                pauses: [("2026-03-06T10:00", nil)],
                on: "2026-03-09"
            ).joined(separator: "\n") == """
                2026-03-05 start
                2026-03-06 1
                2026-03-07 weekend
                2026-03-08 weekend
                2026-03-09 paused
                2026-03-10 2
                """
        )
    }

    @Test func noDaysAtAll() {
        #expect(lines(.workingDays(0), from: "2026-03-05T10:00") == ["2026-03-05 start"])
    }

    @Test func aFinishedClockIsExplainedByItsOwnCalendar() throws {
        var calendars = CalendarTimeline.builtIn
        var clock = Deadline(.workingDays(2), .red, from: "2026-03-05T10:00", in: calendars)
        try clock.complete(at: "2026-03-05T11:00")
        let before = clock.explanation(on: "2026-03-05", in: calendars)
        calendars.change(off: ["2026-03-06"], since: "2026-03-05T12:00")
        _ = clock.settle(through: "2026-03-20", in: calendars)
        #expect(clock.explanation(on: "2026-03-20", in: calendars) == before)
    }
}
