import CivilTime

/// The working days of the years that most dates lie in, numbered, so that counting them takes one
/// look instead of a walk through the bits of a year.
///
/// It says nothing that the years' patterns don't: they remain the calendar.
struct WorkingDayTable: Equatable, Sendable {
    /// How many years before the first known one, and after the last, it holds as well.
    static let marginYears = (before: 1, after: 3)

    /// How many years it holds at most, the last ones: a calendar that knows the year 9998 as well
    /// costs no more than another.
    static let yearsMax = 60

    private let first: CivilDate
    /// For each day, how many working days there are from `first` through it.
    private let countThrough: [Int32]
    /// Each working day, as days after `first`.
    private let workingDays: [Int32]

    init(years: ClosedRange<Int>, isWorking: (_ year: Int, _ day: Int) -> Bool) {
        first = CivilDate(firstDayOf: years.lowerBound)
        var counts: [Int32] = []
        var working: [Int32] = []
        for year in years {
            let start = CivilDate(firstDayOf: year)
            let length = start.days(until: CivilDate(firstDayOf: year + 1))
            for day in 0..<length {
                if isWorking(year, day) { working.append(Int32(counts.count)) }
                counts.append(Int32(working.count))
            }
        }
        countThrough = counts
        workingDays = working
    }

    /// How many working days there are with after < d <= through; nil when the table lacks either.
    func count(after: CivilDate, through: CivilDate) -> Int? {
        let (low, high) = (first.days(until: after), first.days(until: through))
        guard low >= 0, low <= high, high < countThrough.count else { return nil }
        return Int(countThrough[high] - countThrough[low])
    }

    /// The `n`-th working day after `date`; nil when the table lacks it or `date`.
    ///
    /// - Precondition: `n > 0`.
    func workingDay(_ n: Int, after date: CivilDate) -> CivilDate? {
        let offset = first.days(until: date)
        guard offset >= 0, offset < countThrough.count else { return nil }
        let index = Int(countThrough[offset]) + n - 1
        guard n <= workingDays.count, index < workingDays.count else { return nil }
        return first.adding(days: Int(workingDays[index]))
    }
}
