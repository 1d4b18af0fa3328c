import SeededRandom
import CivilTime
import Testing
import WorkCalendar

/// Counting and finding working days (行政许可法 §82: 期限以工作日计算，不含法定节假日).
struct WorkingDayTests {
    private let calendar = WorkCalendar.builtIn

    @Test(
        "the N-th working day strictly after the start",
        arguments: [
            // No holiday inside.
            ("2026-03-02", 20, "2026-03-30"), ("2026-03-02", 7, "2026-03-11"),
            // Across Spring Festival 2026, with two make-up Saturdays.
            ("2026-02-09", 20, "2026-03-13"), ("2026-02-09", 10, "2026-02-28"),
            // The start never counts, even a make-up Saturday; a make-up Saturday may be the due date.
            ("2026-02-14", 5, "2026-02-28"),
            // Mid-Autumn Friday, off without a make-up day.
            ("2026-09-21", 5, "2026-09-29"),
            // Across National Day.
            ("2026-09-28", 10, "2026-10-16"),
            // A make-up Sunday.
            ("2025-01-24", 5, "2025-02-07"),
            // Into a year that isn't known.
            ("2026-12-21", 20, "2027-01-19"),
            // A start on a day off, and no days at all.
            ("2026-03-07", 1, "2026-03-09"), ("2026-03-07", 0, "2026-03-07"),
            // Five days to accept; ten to deliver.
            ("2026-03-09", 5, "2026-03-16"), ("2026-05-09", 5, "2026-05-15"),
            ("2026-06-05", 10, "2026-06-22"),
            // Years on end, where no arrangement is known.
            ("2027-01-01", 10_000, "2065-06-09"),
        ]
    )
    func workingDay(from: String, n: Int, due: String) throws {
        let (from, due) = (try day(from), try day(due))
        #expect(calendar.workingDay(n, after: from) == due)
        #expect(calendar.workingDays(after: from, through: due) == n)
    }

    @Test func onOrAfter() throws {
        #expect(calendar.workingDay(onOrAfter: try day("2026-10-01")) == (try day("2026-10-08")))
        #expect(calendar.workingDay(onOrAfter: try day("2026-10-10")) == (try day("2026-10-10")))
        #expect(calendar.workingDay(after: try day("2026-10-10")) == (try day("2026-10-12")))
    }

    @Test func searchesStopAtTheEnds() throws {
        #expect(calendar.workingDay(after: .latest) == .latest)
        #expect(calendar.workingDay(.max, after: .earliest) == .latest)
        #expect(calendar.workingDay(1_000_000, after: try day("9000-01-01")) == .latest)
        #expect(calendar.workingDay(1, after: try day("9999-12-30")) == .latest)
        #expect(calendar.workingDay(2, after: try day("9999-12-30")) == .latest)
        #expect(calendar.workingDay(after: .earliest) == (try day("0001-01-02")))
        #expect(calendar.workingDays(after: .latest, through: .earliest) == 0)
        #expect(calendar.workingDays(after: .latest, through: .latest) == 0)
        let all = calendar.workingDays(after: .earliest, through: .latest)
        #expect(calendar.workingDay(all, after: .earliest) == .latest)
        let weekendAtTheEnd = try calendar.changing(
            off: [.latest],
            work: [],
            version: CalendarVersion(rawValue: 2)
        )
        #expect(weekendAtTheEnd.workingDay(onOrAfter: .latest) == .latest)
    }

    @Test func negativeCountsAreOurMistake() async {
        await #expect(processExitsWith: .failure) {
            _ = WorkCalendar.builtIn.workingDay(-1, after: CivilDate(daysSinceEpoch: 0))
        }
    }

    @Test(arguments: seeds)
    func agreesWithTheNaiveCalendar(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (calendar, naive) = (WorkCalendar.builtIn, NaiveCalendar.builtIn)
        for version in UInt32(2)...7 {
            try change(&calendar, &naive, CalendarVersion(rawValue: version), &random)
            #expect(calendar.knownYears == naive.knownYears.sorted(), "seed \(seed)")
            for _ in 0..<60 {
                let date = randomDate(&random)
                let other = date.adding(days: Int.random(in: -300...900, using: &random))
                let n = Int.random(in: 0...400, using: &random)
                let context: Comment = "seed \(seed), version \(version), \(date), \(other), \(n)"
                #expect(calendar.kind(of: date) == naive.kind(of: date), context)
                #expect(calendar.isWorkingDay(date) == naive.isWorkingDay(date), context)
                #expect(
                    calendar.isProvisional(date) == !naive.knownYears.contains(date.year),
                    context
                )
                #expect(
                    calendar.workingDays(after: date, through: other)
                        == naive.workingDays(after: date, through: other),
                    context
                )
                #expect(
                    calendar.workingDay(n, after: date) == naive.workingDay(n, after: date),
                    context
                )
            }
        }
    }

    private func change(
        _ calendar: inout WorkCalendar,
        _ naive: inout NaiveCalendar,
        _ version: CalendarVersion,
        _ random: inout SeededGenerator
    ) throws {
        if Bool.random(using: &random) {
            let year = Int.random(in: 2018...2032, using: &random)
            let dates = Set((0..<20).map { _ in randomDate(in: year, &random) })
            let makeUp = dates.filter { $0.weekday.isWeekend }
            let arrangement = try YearArrangement(
                year: year,
                off: Array(dates.subtracting(makeUp)),
                makeUp: Array(makeUp),
                source: ""
            )
            calendar = try calendar.loading(arrangement, version: version)
            naive.load(arrangement)
        } else {
            let dates = Array(Set((0..<20).map { _ in randomDate(&random) }))
            let (off, work) = (Array(dates.prefix(8)), Array(dates.dropFirst(8)))
            calendar = try calendar.changing(off: off, work: work, version: version)
            naive.change(off: off, work: work)
        }
    }

    private func randomDate(_ random: inout SeededGenerator) -> CivilDate {
        randomDate(in: Int.random(in: 2017...2034, using: &random), &random)
    }

    private func randomDate(in year: Int, _ random: inout SeededGenerator) -> CivilDate {
        // Within the first 365 days of a year.
        let first = CivilDate(year: year, month: 1, day: 1) ?? .earliest
        return first.adding(days: Int.random(in: 0..<365, using: &random))
    }
}
