import SeededRandom
import CivilTime
import Testing
import WorkCalendar

/// Office hours 09:00–12:00 and 13:30–17:30, receipt, and limits in working minutes.
struct OfficeHoursTests {
    private let calendar = WorkCalendar.builtIn

    @Test(
        "the day of receipt",
        arguments: [
            ("2026-03-06T18:05:00", "2026-03-09"), ("2026-03-06T17:30:00", "2026-03-06"),
            ("2026-03-06T17:30:01", "2026-03-09"), ("2026-03-06T00:00:00", "2026-03-06"),
            ("2026-03-06T12:30:00", "2026-03-06"), ("2026-05-09T10:00:00", "2026-05-09"),
            ("2026-03-10T10:00:00", "2026-03-10"), ("2026-03-10T17:40:00", "2026-03-11"),
            ("2026-03-15T10:00:00", "2026-03-16"), ("2026-02-14T23:59:59", "2026-02-24"),
            ("2026-09-30T18:00:00", "2026-10-08"),
        ]
    )
    func receipt(at: String, received: String) throws {
        #expect(calendar.receiptDay(of: try moment(at)) == (try day(received)))
    }

    @Test(
        "limits in working minutes",
        arguments: [
            ("2026-03-10T10:00:00", 30, "2026-03-10T10:30:00"),
            ("2026-03-02T16:50:00", 60, "2026-03-03T09:20:00"),
            ("2026-03-02T16:50:30", 60, "2026-03-03T09:20:30"),
            // Used up exactly at a closing.
            ("2026-03-02T11:30:00", 30, "2026-03-02T12:00:00"),
            ("2026-03-02T17:00:00", 30, "2026-03-02T17:30:00"),
            ("2026-03-02T09:00:00", 420, "2026-03-02T17:30:00"),
            ("2026-03-02T09:00:00", 840, "2026-03-03T17:30:00"),
            ("2026-03-02T17:30:00", 420, "2026-03-03T17:30:00"),
            // Across noon, from noon, before opening, after closing, on a day off.
            ("2026-03-02T11:50:00", 30, "2026-03-02T13:50:00"),
            ("2026-03-02T12:00:00", 30, "2026-03-02T14:00:00"),
            ("2026-03-02T12:30:00", 180, "2026-03-02T16:30:00"),
            ("2026-03-02T07:00:00", 180, "2026-03-02T12:00:00"),
            ("2026-03-06T17:30:00", 1, "2026-03-09T09:01:00"),
            ("2026-03-06T18:00:00", 30, "2026-03-09T09:30:00"),
            ("2026-03-07T10:00:00", 30, "2026-03-09T09:30:00"),
            ("2026-03-07T10:00:00", 420, "2026-03-09T17:30:00"),
            ("2026-03-07T10:00:00", 421, "2026-03-10T09:01:00"),
            // Over the Spring Festival, from a make-up Saturday.
            ("2026-02-14T17:00:00", 60, "2026-02-24T09:30:00"),
            // No minutes at all: now when in office hours, else at the next opening.
            ("2026-03-02T10:00:00", 0, "2026-03-02T10:00:00"),
            ("2026-03-02T12:00:00", 0, "2026-03-02T12:00:00"),
            ("2026-03-02T17:30:00", 0, "2026-03-02T17:30:00"),
            ("2026-03-02T12:00:01", 0, "2026-03-02T13:30:00"),
            ("2026-03-02T08:00:00", 0, "2026-03-02T09:00:00"),
            ("2026-03-02T17:30:01", 0, "2026-03-03T09:00:00"),
            ("2026-10-01T10:00:00", 0, "2026-10-08T09:00:00"),
        ]
    )
    func minutes(from: String, minutes: Int, due: String) throws {
        let (from, due) = (try moment(from), try moment(due))
        #expect(calendar.instant(workingMinutes: minutes, after: from) == due)
        #expect(calendar.workingSeconds(from: from, to: due) == minutes * 60)
    }

    @Test func secondsBetween() throws {
        let (early, late) = (try moment("2026-03-02T08:00:00"), try moment("2026-03-03T18:00:00"))
        #expect(calendar.workingSeconds(from: early, to: late) == 2 * 7 * 3600)
        #expect(calendar.workingSeconds(from: late, to: early) == 0)
        #expect(calendar.workingSeconds(from: early, to: early) == 0)
        #expect(OfficeHours.secondsPerDay == 7 * 3600)
    }

    @Test func limitsStopAtTheEnds() throws {
        #expect(calendar.instant(workingMinutes: .max, after: .earliest) == .latest)
        #expect(calendar.instant(workingMinutes: 1, after: .latest) == .latest)
        #expect(calendar.instant(workingMinutes: 0, after: .latest) == .latest)
        #expect(calendar.receiptDay(of: .latest) == .latest)
        #expect(calendar.workingSeconds(from: .earliest, to: .latest) > 0)
        #expect(calendar.workingSeconds(from: .latest, to: .latest) == 0)
    }

    @Test(arguments: seeds)
    func agreesWithTheNaiveCalendar(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let naive = NaiveCalendar.builtIn
        let first = try moment("2019-12-01T00:00:00").unixSeconds
        let edges = [0, 9 * 3600, 12 * 3600, 13 * 3600 + 1800, 17 * 3600 + 1800, 86_399]
        for _ in 0..<300 {
            var start = Instant(
                unixSeconds: first + Int64.random(in: 0...(8 * 366 * 86_400), using: &random)
            )
            if Bool.random(using: &random), let edge = edges.randomElement(using: &random) {
                let second = edge + Int.random(in: -1...1, using: &random)
                start = Instant(start.date, secondOfDay: second)
            }
            // Often a whole number of half days, so that limits end at closings.
            let minutes =
                Bool.random(using: &random)
                ? Int.random(in: 0...5000, using: &random)
                : Int.random(in: 0...20, using: &random) * 60
            let context: Comment = "seed \(seed), \(start), \(minutes)"
            let due = calendar.instant(workingMinutes: minutes, after: start)
            #expect(due == naive.instant(workingMinutes: minutes, after: start), context)
            #expect(calendar.workingSeconds(from: start, to: due) == minutes * 60, context)
            let end = start.adding(seconds: Int64.random(in: -1000...3_000_000, using: &random))
            #expect(
                calendar.workingSeconds(from: start, to: end)
                    == naive.workingSeconds(from: start, to: end),
                context
            )
        }
    }
}
