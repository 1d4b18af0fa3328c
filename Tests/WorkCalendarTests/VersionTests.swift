import CivilTime
import Testing
import WorkCalendar

/// New versions of the calendar, and which one was in force when.
struct VersionTests {
    private let second = CalendarVersion(rawValue: 2)
    private let third = CalendarVersion(rawValue: 3)

    @Test func aClosureMovesALimitByADay() throws {
        let calendar = WorkCalendar.builtIn
        let start = try day("2026-06-01")
        #expect(calendar.workingDay(10, after: start) == (try day("2026-06-15")))
        let changed = try calendar.changing(off: days("2026-06-08"), work: [], version: second)
        #expect(changed.version == second)
        #expect(changed.kind(of: try day("2026-06-08")) == .holiday)
        #expect(changed.workingDay(10, after: start) == (try day("2026-06-16")))
        // 2026-06-19 is Dragon Boat Festival.
        #expect(changed.workingDay(20, after: start) == (try day("2026-07-01")))
        // The version that it changes is as it was.
        #expect(calendar.isWorkingDay(try day("2026-06-08")))
    }

    @Test func aDayOffCanBeWorkedAndBack() throws {
        let worked = try WorkCalendar.builtIn.changing(
            off: [],
            work: days("2026-10-01 2026-10-03"),
            version: second
        )
        #expect(worked.kind(of: try day("2026-10-01")) == .working)
        #expect(worked.kind(of: try day("2026-10-03")) == .makeUp)
        let restored = try worked.changing(
            off: days("2026-10-01 2026-10-03"),
            work: [],
            version: third
        )
        for date in try yearDays(2026) {
            #expect(restored.kind(of: date) == WorkCalendar.builtIn.kind(of: date))
        }
    }

    @Test func aChangeLeavesAYearUnknown() throws {
        let calendar = try WorkCalendar.builtIn.changing(
            off: days("2031-05-01 9999-12-31"),
            work: days("2031-01-01 0001-01-01"),
            version: second
        )
        #expect(calendar.kind(of: try day("2031-05-01")) == .holiday)
        #expect(calendar.isWorkingDay(try day("2031-01-01")))
        #expect(calendar.isProvisional(try day("2031-05-01")))
        #expect(calendar.knownYears == Array(2020...2026))
        #expect(calendar.workingDay(1, after: try day("9999-12-30")) == .latest)
        #expect(calendar.isWorkingDay(.earliest))
        #expect(!calendar.isWorkingDay(.latest))
    }

    @Test func loadingAYearMakesItKnown() throws {
        let arrangement = try YearArrangement(
            year: 2028,
            off: days("2028-01-01 2028-01-31"),
            makeUp: days("2028-02-05"),
            source: "x"
        )
        let calendar = try WorkCalendar.builtIn
            .changing(off: days("2028-06-01"), work: [], version: second)
            .loading(arrangement, version: third)
        #expect(calendar.knownYears == Array(2020...2026) + [2028])
        #expect(!calendar.isProvisional(try day("2028-02-29")))
        #expect(calendar.isProvisional(try day("2027-12-31")))
        #expect(calendar.kind(of: try day("2028-01-31")) == .holiday)
        #expect(calendar.kind(of: try day("2028-02-05")) == .makeUp)
        // What was declared of the year before is replaced.
        #expect(calendar.kind(of: try day("2028-06-01")) == .working)
        #expect(calendar.isProvisional(from: try day("2026-12-01"), through: try day("2028-02-01")))
        #expect(
            !calendar.isProvisional(from: try day("2028-01-01"), through: try day("2028-12-31"))
        )
        #expect(
            !calendar.isProvisional(from: try day("2028-01-01"), through: try day("2027-12-31"))
        )
    }

    /// A known year that doesn't name 1 January works on it.
    @Test func newYearIsOffInAnUnknownYearAlone() throws {
        let arrangement = try YearArrangement(year: 2029, off: [], makeUp: [], source: "")
        let calendar = try WorkCalendar.builtIn.loading(arrangement, version: second)
        #expect(calendar.kind(of: try day("2029-01-01")) == .working)
        #expect(calendar.kind(of: try day("2030-01-01")) == .holiday)
    }

    @Test func changesThatCannotBe() throws {
        #expect(throws: CalendarError.dayBothOffAndWork(try day("2026-06-08"))) {
            try WorkCalendar.builtIn.changing(
                off: days("2026-06-09 2026-06-08"),
                work: days("2026-06-08"),
                version: second
            )
        }
        #expect(throws: CalendarError.versionNotHigher(.builtIn, than: .builtIn)) {
            try WorkCalendar.builtIn.changing(off: [], work: [], version: .builtIn)
        }
        #expect(throws: CalendarError.versionNotHigher(second, than: third)) {
            try WorkCalendar([], version: third)
                .loading(BuiltInArrangements.all[0], version: second)
        }
    }

    @Test func equality() throws {
        let closed = try day("2026-06-08")
        let changed = try WorkCalendar.builtIn.changing(off: [closed], work: [], version: second)
        #expect(changed != .builtIn)
        #expect(
            changed == (try WorkCalendar.builtIn.changing(off: [closed], work: [], version: second))
        )
        // A change taken back leaves no trace but the version.
        let restored = try changed.changing(off: [], work: [closed], version: third)
        #expect(restored == (try WorkCalendar.builtIn.changing(off: [], work: [], version: third)))
    }

    @Test func timeline() throws {
        let closed = try day("2026-06-08")
        let changed = try WorkCalendar.builtIn.changing(off: [closed], work: [], version: third)
        let since = try moment("2026-06-07T20:00:00")
        var timeline = CalendarTimeline(.builtIn)
        #expect(timeline.current.calendar == .builtIn)
        timeline.append(changed, since: since, reason: "台风停工")
        #expect(timeline.current.calendar.version == third)
        #expect(timeline.current.reason == "台风停工")
        #expect(timeline.entry(version: .builtIn)?.since == .earliest)
        #expect(timeline.entry(version: second) == nil)
        #expect(timeline.entry(version: third)?.since == since)
        #expect(timeline.entry(version: CalendarVersion(rawValue: 4)) == nil)
        #expect(timeline.entry(version: CalendarVersion(rawValue: 0)) == nil)
        #expect(timeline.entries(after: .builtIn).map(\.calendar.version) == [third])
        #expect(timeline.entries(after: second).count == 1)
        #expect(timeline.entries(after: third).isEmpty)
        #expect(timeline.entries(after: CalendarVersion(rawValue: 0)).count == 2)
        #expect(timeline.entry(at: since.adding(seconds: -1)).calendar == .builtIn)
        #expect(timeline.entry(at: since).calendar == changed)
        #expect(timeline.entry(at: .earliest).calendar == .builtIn)
    }
}
