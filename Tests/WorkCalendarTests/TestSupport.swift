import CivilTime
import Testing
import WorkCalendar

/// The day that `text` spells.
func day(_ text: String) throws -> CivilDate {
    try #require(CivilDate(text), "\(text) is no date")
}

/// The moment that `text` spells.
func moment(_ text: String) throws -> Instant {
    try #require(Instant(text), "\(text) is no time")
}

/// The days that `text` spells, between spaces.
func days(_ text: String) throws -> [CivilDate] {
    try text.split(separator: " ").map { try day(String($0)) }
}

/// Some seeds that are always tried, and a fresh one.
let seeds: [UInt64] = {
    let fresh = UInt64.random(in: 0...UInt64.max)
    print("WorkCalendarTests: fresh seed \(fresh)")
    return [1, 2, 3, fresh]
}()

/// The calendar as the rules say it, by walking over days: slow, and written apart from the real
/// one.
struct NaiveCalendar {
    var off: Set<CivilDate> = []
    var work: Set<CivilDate> = []
    var knownYears: Set<Int> = []

    static var builtIn: NaiveCalendar {
        var calendar = NaiveCalendar()
        for arrangement in BuiltInArrangements.newest { calendar.load(arrangement) }
        return calendar
    }

    mutating func load(_ arrangement: YearArrangement) {
        knownYears.insert(arrangement.year)
        off = off.filter { $0.year != arrangement.year }.union(arrangement.off)
        work = work.filter { $0.year != arrangement.year }.union(arrangement.makeUp)
    }

    mutating func change(off newOff: [CivilDate], work newWork: [CivilDate]) {
        off.formUnion(newOff)
        work.subtract(newOff)
        work.formUnion(newWork)
        off.subtract(newWork)
    }

    func isWorkingDay(_ date: CivilDate) -> Bool {
        if work.contains(date) { return true }
        if off.contains(date) { return false }
        let (year, month, day) = date.fields
        if !knownYears.contains(year), month == 1, day == 1 { return false }
        return !date.weekday.isWeekend
    }

    func kind(of date: CivilDate) -> DayKind {
        let isWeekend = date.weekday.isWeekend
        if isWorkingDay(date) { return isWeekend ? .makeUp : .working }
        return off.contains(date) || !isWeekend || isUnknownNewYear(date) ? .holiday : .weekend
    }

    private func isUnknownNewYear(_ date: CivilDate) -> Bool {
        let (year, month, day) = date.fields
        return !knownYears.contains(year) && month == 1 && day == 1
    }

    func workingDays(after: CivilDate, through: CivilDate) -> Int {
        var count = 0
        var date = after
        while date < through {
            date = date.adding(days: 1)
            if isWorkingDay(date) { count += 1 }
        }
        return count
    }

    func workingDay(_ n: Int, after date: CivilDate) -> CivilDate {
        var (rest, date) = (n, date)
        while rest > 0, date < .latest {
            date = date.adding(days: 1)
            if isWorkingDay(date) { rest -= 1 }
        }
        return date
    }

    /// The stretches of office hours of a day, as moments.
    func hours(of date: CivilDate) -> [(open: Instant, close: Instant)] {
        guard isWorkingDay(date) else { return [] }
        return [(9 * 3600, 12 * 3600), (13 * 3600 + 1800, 17 * 3600 + 1800)].map {
            (Instant(date, secondOfDay: $0.0), Instant(date, secondOfDay: $0.1))
        }
    }

    func workingSeconds(from start: Instant, to end: Instant) -> Int {
        var seconds: Int64 = 0
        var date = start.date
        while date <= end.date {
            for (open, close) in hours(of: date) {
                let (first, last) = (max(open, start), min(close, end))
                if first < last { seconds += last.unixSeconds - first.unixSeconds }
            }
            date = date.adding(days: 1)
        }
        return Int(seconds)
    }

    func instant(workingMinutes: Int, after start: Instant) -> Instant {
        var rest = Int64(workingMinutes) * 60
        var date = start.date
        while date < .latest {
            for (open, close) in hours(of: date) where close >= start {
                let first = max(open, start)
                let available = close.unixSeconds - first.unixSeconds
                // An empty rest of the hours is enough for a limit of nothing alone.
                if available >= rest, rest == 0 || available > 0 {
                    return first.adding(seconds: rest)
                }
                rest -= available
            }
            date = date.adding(days: 1)
        }
        return .latest
    }
}
