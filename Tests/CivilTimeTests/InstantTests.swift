import CivilTime
import Testing

struct InstantTests {
    @Test(arguments: [
        ("1970-01-01T08:00:00", 0), ("1970-01-01T00:00:00", -28_800),
        ("2026-03-02T16:50:00", 1_772_441_400), ("2026-03-02T23:59:59", 1_772_467_199),
        ("0001-01-01T00:00:00", -62_135_625_600), ("9999-12-31T23:59:59", 253_402_271_999),
    ])
    func textAndSeconds(text: String, seconds: Int64) throws {
        let instant = try #require(Instant(text))
        #expect(instant.unixSeconds == seconds)
        #expect(instant.description == text)
        #expect(Instant(unixSeconds: seconds) == instant)
    }

    @Test(arguments: [
        "", "2026-03-02", "2026-03-02T16:50", "2026-03-02 16:50:00", "2026-03-02T24:00:00",
        "2026-03-02T16:60:00", "2026-03-02T16:50:60", "2026-03-02T16:50:00Z", "2026-02-29T00:00:00",
        "2026-03-02T1６:0:00", "2026-03-0\u{301}T00:00:00", "2026-03-0\r\nT0:00:00",
        "2026-03-02T-1:00:00",
        "2026-03-02T+1:00:00", "２0２-03-02T00:00", "🕘🕘🕘🕘-🕘",
    ])
    func textThatIsNoInstant(text: String) {
        #expect(Instant(text) == nil)
    }

    @Test func everySecondOfDayAroundTheEpoch() throws {
        let day = try #require(CivilDate("1969-12-31"))
        for date in [day, day.adding(days: 1), day.adding(days: 2), .earliest, .latest] {
            for second in stride(from: 0, to: 86_400, by: 127) {
                let instant = Instant(date, secondOfDay: second)
                #expect(instant.date == date)
                #expect(instant.secondOfDay == second)
            }
        }
    }

    @Test func daysMeetAtMidnight() throws {
        let day = try #require(CivilDate("2026-03-02"))
        #expect(day.end == day.adding(days: 1).start)
        #expect(day.start.adding(seconds: -1).date == day.adding(days: -1))
        #expect(day.start.adding(seconds: -1).secondOfDay == 86_399)
        #expect(Instant(day, secondOfDay: 86_400) == day.end)
    }

    @Test func arithmeticStopsAtTheEnds() {
        #expect(Instant.latest.adding(seconds: 1) == .latest)
        #expect(Instant.earliest.adding(seconds: -1) == .earliest)
        for instant in [Instant.earliest, .latest, Instant(unixSeconds: 0)] {
            #expect(instant.adding(seconds: .max) == .latest)
            #expect(instant.adding(seconds: .min) == .earliest)
        }
        #expect(Instant(unixSeconds: .max) == .latest)
        #expect(Instant(unixSeconds: .min) == .earliest)
        #expect(Instant.latest.date == .latest)
        #expect(Instant.earliest.date == .earliest)
        #expect(CivilDate.latest.end <= .latest)
    }
}
