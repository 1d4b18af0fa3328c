import CivilTime

/// Which days of one year are working days, and which of the others are named as days off.
struct YearPattern: Hashable, Sendable {
    private(set) var working = DaySet()
    /// Days off by an arrangement or declaration; no working day is among them.
    private(set) var named = DaySet()

    /// A year that works on every weekday.
    private init(weekdaysOf first: Weekday, length: Int) {
        for day in 0..<length where (first.rawValue + day) % 7 < Weekday.saturday.rawValue {
            working.insert(day)
        }
    }

    /// A year whose arrangement isn't known: weekends and 1 January are off.
    static func unarranged(_ year: Int) -> YearPattern { unarrangedPatterns[shape(of: year)] }

    /// The year as the State Council arranges it.
    init(_ arrangement: YearArrangement) {
        let first = CivilDate(firstDayOf: arrangement.year)
        self.init(weekdaysOf: first.weekday, length: CivilDate.length(ofYear: arrangement.year))
        for day in arrangement.off { declareOff(first.days(until: day)) }
        for day in arrangement.makeUp { declareWork(first.days(until: day)) }
    }

    /// Makes the day numbered `day` a day off.
    mutating func declareOff(_ day: Int) {
        working.remove(day)
        named.insert(day)
    }

    /// Makes the day numbered `day` a working day.
    mutating func declareWork(_ day: Int) {
        working.insert(day)
        named.remove(day)
    }

    /// Which of the fourteen Gregorian years this one is: its length, and how it begins.
    private static func shape(of year: Int) -> Int {
        CivilDate(firstDayOf: year).weekday.rawValue
            + (CivilDate.length(ofYear: year) == 366 ? 7 : 0)
    }

    private static let unarrangedPatterns: [YearPattern] = [365, 366].flatMap { length in
        Weekday.allCases.map { first in
            var pattern = YearPattern(weekdaysOf: first, length: length)
            pattern.declareOff(0)
            return pattern
        }
    }

    /// Working days before each year 1…10 000, counted from 0001-01-01, were no year arranged.
    static let unarrangedWorkingDaysBefore: [Int] = {
        var before = [0, 0]
        before.reserveCapacity(10_001)
        let counts = unarrangedPatterns.map(\.working.count)
        for year in 1...9999 { before.append(before[year] + counts[shape(of: year)]) }
        return before
    }()
}

extension CivilDate {
    /// 1 January of `year`.
    ///
    /// - Precondition: `1 <= year <= 9999`.
    init(firstDayOf year: Int) {
        precondition((1...9999).contains(year), "a civil year lies in 1…9999")
        let past = year - 1
        let days = past * 365 + past / 4 - past / 100 + past / 400
        self.init(daysSinceEpoch: CivilDate.earliest.daysSinceEpoch + Int32(days))
    }

    /// How many days `year` has.
    static func length(ofYear year: Int) -> Int {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
    }
}
