import CivilTime
import Testing

struct CivilDateTests {
    @Test func everyDayFrom1900To2100() throws {
        var date = try #require(CivilDate(year: 1900, month: 1, day: 1))
        var weekday = 0  // 1900-01-01 was a Monday.
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for year in 1900...2100 {
            let leaps = year % 4 == 0 && year != 1900 && year != 2100
            for month in 1...12 {
                for day in 1...(lengths[month - 1] + (leaps && month == 2 ? 1 : 0)) {
                    #expect(date.fields == (year, month, day))
                    #expect(CivilDate(year: year, month: month, day: day) == date)
                    #expect(date.weekday.rawValue == weekday)
                    date = date.adding(days: 1)
                    weekday = (weekday + 1) % 7
                }
            }
        }
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11016), ("2026-03-02", 20514),
        ("0001-01-01", -719_162), ("9999-12-31", 2_932_896),
    ])
    func textAndDayNumber(text: String, days: Int32) throws {
        let date = try #require(CivilDate(text))
        #expect(date.daysSinceEpoch == days)
        #expect(date.description == text)
        #expect(CivilDate(daysSinceEpoch: days) == date)
    }

    @Test(arguments: [
        (2026, 2, 29), (2024, 2, 30), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1),
        (2026, 1, 0), (2026, 1, 32), (0, 1, 1), (-1, 1, 1), (10_000, 1, 1),
        (Int.max, Int.max, Int.max), (Int.min, Int.min, Int.min), (2026, 1, Int.max),
    ])
    func noSuchDay(year: Int, month: Int, day: Int) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test(arguments: [
        "", "2026", "2026-3-2", "2026-03-2", "02026-03-02", "2026-03-02 ", " 2026-03-02",
        "2026/03/02", "2026-03-02T00:00:00", "+026-03-02", "-026-03-02", "20 6-03-02",
        "2026-02-29", "2026-13-01", "0000-01-01", "2026-03-\u{0}2",
        // Full-width and Arabic digits, a dash that isn't one, digits with combining marks.
        "２０２６-03-02", "２6-03-02", "٢٠٢٦-٠٣-٠٢", "2026‐3-02", "2026-03-0\u{301}", "2026-03-\u{2028}",
        "🗓️", "\r\n26-03-02", "二〇二六年三",
    ])
    func textThatIsNoDate(text: String) {
        #expect(CivilDate(text) == nil)
        #expect(CivilDate(Substring(text)) == nil)
    }

    @Test func arithmeticStopsAtTheEnds() {
        #expect(CivilDate.latest.adding(days: 1) == .latest)
        #expect(CivilDate.earliest.adding(days: -1) == .earliest)
        for date in [CivilDate.earliest, .latest, CivilDate(daysSinceEpoch: 0)] {
            #expect(date.adding(days: .max) == .latest)
            #expect(date.adding(days: .min) == .earliest)
        }
        #expect(CivilDate(daysSinceEpoch: .max) == .latest)
        #expect(CivilDate(daysSinceEpoch: .min) == .earliest)
        #expect(CivilDate.earliest.days(until: .latest) == 3_652_058)
        #expect(CivilDate.latest.days(until: .earliest) == -3_652_058)
    }

    @Test func order() throws {
        let day = try #require(CivilDate("2026-03-02"))
        #expect(day < day.adding(days: 1))
        #expect(day.adding(days: 30).days(until: day) == -30)
        #expect(Weekday.allCases.filter(\.isWeekend) == [.saturday, .sunday])
    }
}
