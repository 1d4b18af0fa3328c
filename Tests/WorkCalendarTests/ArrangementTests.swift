import CivilTime
import Testing
import WorkCalendar

/// The State Council's arrangements, and those that can't be.
struct ArrangementTests {
    /// Counted by hand from the announcements: each year's working days.
    @Test(arguments: [
        (2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248),
    ])
    func workingDaysOfTheYear(year: Int, count: Int) throws {
        let calendar = WorkCalendar.builtIn
        let last = try day("\(year - 1)-12-31")
        #expect(calendar.workingDays(after: last, through: try day("\(year)-12-31")) == count)
        let arrangement = try #require(BuiltInArrangements.newest.first { $0.year == year })
        #expect(arrangement.workingDays == count)
        #expect(arrangement.source.hasPrefix("国办发明电〔"))
    }

    @Test func knownYears() {
        #expect(WorkCalendar.builtIn.knownYears == Array(2020...2026))
        #expect(WorkCalendar.builtIn.version == .builtIn)
        #expect(CalendarVersion.builtIn.rawValue == 1)
    }

    /// 国办发明电〔2020〕1号 extended the Spring Festival holiday of 2020 to 2 February.
    @Test func theTwoVersionsOf2020() throws {
        let versions = BuiltInArrangements.all.filter { $0.year == 2020 }
        #expect(versions.map(\.source) == ["国办发明电〔2019〕16号", "国办发明电〔2020〕1号"])
        #expect(versions.map(\.workingDays) == [251, 249])
        let first = WorkCalendar([versions[0]], version: .builtIn)
        let newest = WorkCalendar.builtIn
        for text in ["2020-01-31", "2020-02-01"] {
            #expect(first.isWorkingDay(try day(text)))
            #expect(newest.kind(of: try day(text)) == .holiday)
        }
        #expect(first.kind(of: try day("2020-02-01")) == .makeUp)
        #expect(first.kind(of: try day("2020-02-02")) == .weekend)
        #expect(newest.kind(of: try day("2020-02-02")) == .holiday)
        let loaded = try WorkCalendar([versions[0]], version: .builtIn)
            .loading(versions[1], version: CalendarVersion(rawValue: 2))
        for date in try yearDays(2020) { #expect(loaded.kind(of: date) == newest.kind(of: date)) }
    }

    @Test(arguments: [
        ("2026-03-02", DayKind.working), ("2026-02-14", .makeUp), ("2026-01-04", .makeUp),
        ("2026-03-07", .weekend), ("2026-03-08", .weekend), ("2026-09-25", .holiday),
        ("2026-10-03", .holiday), ("2026-10-10", .makeUp), ("2026-10-11", .weekend),
        ("2025-01-26", .makeUp), ("2022-12-31", .holiday), ("2027-01-01", .holiday),
        ("2028-01-01", .holiday), ("2027-01-02", .weekend), ("2027-10-01", .working),
        ("2019-10-01", .working), ("0001-01-01", .holiday), ("9999-12-31", .working),
    ])
    func kindOfDay(text: String, kind: DayKind) throws {
        let date = try day(text)
        #expect(WorkCalendar.builtIn.kind(of: date) == kind)
        #expect(WorkCalendar.builtIn.isWorkingDay(date) == kind.isWorkingDay)
    }

    @Test func arrangementsThatCannotBe() throws {
        let off = try days("2027-01-01 2027-01-02")
        #expect(throws: CalendarError.yearOutOfRange(1991)) {
            try YearArrangement(year: 1991, off: [], makeUp: [], source: "")
        }
        #expect(throws: CalendarError.yearOutOfRange(.max)) {
            try YearArrangement(year: .max, off: [], makeUp: [], source: "")
        }
        #expect(throws: CalendarError.dayOutsideYear(try day("2026-12-31"), year: 2027)) {
            try YearArrangement(
                year: 2027,
                off: off + days("2026-12-31"),
                makeUp: [],
                source: ""
            )
        }
        #expect(throws: CalendarError.dayOutsideYear(try day("2028-01-01"), year: 2027)) {
            try YearArrangement(year: 2027, off: off, makeUp: days("2028-01-01"), source: "")
        }
        #expect(throws: CalendarError.dayBothOffAndWork(try day("2027-01-02"))) {
            try YearArrangement(year: 2027, off: off, makeUp: days("2027-01-02"), source: "")
        }
        #expect(throws: CalendarError.makeUpDayOnWeekday(try day("2027-01-04"))) {
            try YearArrangement(year: 2027, off: off, makeUp: days("2027-01-04"), source: "")
        }
        let repeated = try YearArrangement(
            year: 2027,
            off: off.reversed() + off,
            makeUp: days("2027-01-03"),
            source: "x"
        )
        #expect(repeated.off == off)
    }

    @Test func errorsNameTheDay() throws {
        #expect(
            CalendarError.dayBothOffAndWork(try day("2027-01-02")).description.contains(
                "2027-01-02"
            )
        )
        #expect(
            CalendarError.makeUpDayOnWeekday(try day("2027-01-04")).description.contains(
                "2027-01-04"
            )
        )
        #expect(CalendarError.yearOutOfRange(1991).description.contains("1992"))
    }
}

/// Every day of a year.
func yearDays(_ year: Int) throws -> [CivilDate] {
    let first = try day("\(year)-01-01")
    return (0..<366).map { first.adding(days: $0) }.filter { $0.year == year }
}
