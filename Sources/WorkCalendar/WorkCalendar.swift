package import CivilTime

/// Which days are working days: one version of the calendar, never edited.
///
/// A year whose arrangement isn't known has its weekends and 1 January off, and every date in it is
/// provisional. All searches stop at `CivilDate.latest`. A version costs a few kilobytes; looking up
/// or counting days takes constant time.
package struct WorkCalendar: Sendable, Equatable {
    package let version: CalendarVersion
    /// Shared by all copies: calendars are handed to every rule.
    private let contents: Contents

    private final class Contents: Sendable {
        let knownYears: [Int]
        let years: [Year]
        let firstYear: Int
        let table: WorkingDayTable

        init(knownYears: [Int], years: [Year], firstYear: Int, table: WorkingDayTable) {
            self.knownYears = knownYears
            self.years = years
            self.firstYear = firstYear
            self.table = table
        }
    }

    private struct Year: Equatable, Sendable {
        let pattern: YearPattern
        /// How many more working days than unarranged ones lie before the year.
        let surplus: Int
    }

    /// The years whose arrangement is known, ascending.
    package var knownYears: [Int] { contents.knownYears }
    /// Every year from the first that differs from an unarranged one to the last, without a gap.
    private var years: [Year] { contents.years }
    private var firstYear: Int { contents.firstYear }
    private var table: WorkingDayTable { contents.table }

    /// A calendar of these years; `patterns` holds those that aren't plain unarranged ones.
    private init(version: CalendarVersion, knownYears: [Int], patterns: [Int: YearPattern]) {
        self.version = version
        let firstYear = patterns.keys.min() ?? 1
        let lastYear = patterns.keys.max() ?? 0
        var years: [Year] = []
        var surplus = 0
        for year in stride(from: firstYear, through: lastYear, by: 1) {
            let unarranged = YearPattern.unarranged(year)
            let pattern = patterns[year] ?? unarranged
            years.append(Year(pattern: pattern, surplus: surplus))
            surplus += pattern.working.count - unarranged.working.count
        }
        let margin = WorkingDayTable.marginYears
        let end = min(9998, max(1, lastYear) + margin.after)
        let covered = max(1, firstYear - margin.before, end - WorkingDayTable.yearsMax)...end
        let patterned = years
        let table = WorkingDayTable(years: covered) { year, day in
            let index = year - firstYear
            let pattern =
                patterned.indices.contains(index) ? patterned[index].pattern : .unarranged(year)
            return pattern.working.contains(day)
        }
        contents = Contents(
            knownYears: knownYears,
            years: years,
            firstYear: firstYear,
            table: table
        )
    }

    package static func == (left: WorkCalendar, right: WorkCalendar) -> Bool {
        left.version == right.version
            && (left.contents === right.contents
                || (left.knownYears == right.knownYears && left.firstYear == right.firstYear
                    && left.years == right.years))
    }

    /// A calendar that knows these arrangements; of two for one year the later counts.
    package init(_ arrangements: [YearArrangement], version: CalendarVersion) {
        var patterns: [Int: YearPattern] = [:]
        for arrangement in arrangements { patterns[arrangement.year] = YearPattern(arrangement) }
        self.init(version: version, knownYears: patterns.keys.sorted(), patterns: patterns)
    }

    /// The State Council's arrangements of 2020…2026, each in its newest version.
    package static let builtIn = WorkCalendar(BuiltInArrangements.newest, version: .builtIn)
}

// MARK: - Single days

extension WorkCalendar {
    /// What kind of day `date` is.
    package func kind(of date: CivilDate) -> DayKind {
        let (year, day) = position(of: date)
        let pattern = pattern(of: year)
        if pattern.working.contains(day) {
            return date.weekday.isWeekend ? .makeUp : .working
        }
        return pattern.named.contains(day) ? .holiday : .weekend
    }

    /// Whether the office works on `date`.
    package func isWorkingDay(_ date: CivilDate) -> Bool {
        let (year, day) = position(of: date)
        return pattern(of: year).working.contains(day)
    }

    /// Whether the arrangement of the year of `date` isn't known yet.
    package func isProvisional(_ date: CivilDate) -> Bool { !knows(date.year) }

    /// Whether any day from `first` through `last` lies in a year whose arrangement isn't known.
    ///
    /// False when `last` comes before `first`. Linear in the known years between the two.
    package func isProvisional(from first: CivilDate, through last: CivilDate) -> Bool {
        guard first <= last else { return false }
        return !(first.year...last.year).allSatisfy(knows)
    }

    private func knows(_ year: Int) -> Bool {
        var (low, high) = (0, knownYears.count)
        while low < high {
            let middle = (low + high) / 2
            if knownYears[middle] < year { low = middle + 1 } else { high = middle }
        }
        return low < knownYears.count && knownYears[low] == year
    }

    private func pattern(of year: Int) -> YearPattern {
        let index = year - firstYear
        return years.indices.contains(index) ? years[index].pattern : .unarranged(year)
    }

    private func position(of date: CivilDate) -> (year: Int, day: Int) {
        let year = date.year
        return (year, CivilDate(firstDayOf: year).days(until: date))
    }
}

// MARK: - Counting

extension WorkCalendar {
    /// How many working days d there are with after < d <= through; 0 when `through <= after`.
    package func workingDays(after: CivilDate, through: CivilDate) -> Int {
        guard after < through else { return 0 }
        if let count = table.count(after: after, through: through) { return count }
        return workingDays(through: through) - workingDays(through: after)
    }

    /// The `n`-th working day strictly after `date`; `date` itself when `n` is 0, whatever its kind.
    ///
    /// `CivilDate.latest` when fewer than `n` working days are left.
    ///
    /// - Precondition: `n >= 0`.
    package func workingDay(_ n: Int, after date: CivilDate) -> CivilDate {
        existingWorkingDay(n, after: date) ?? .latest
    }

    /// The first working day strictly after `date`, or `CivilDate.latest` when none is left.
    package func workingDay(after date: CivilDate) -> CivilDate { workingDay(1, after: date) }

    /// `date` when it is a working day, else the first one after it, or `CivilDate.latest`.
    package func workingDay(onOrAfter date: CivilDate) -> CivilDate {
        isWorkingDay(date) ? date : workingDay(after: date)
    }

    /// The `n`-th working day strictly after `date`, or nil when fewer are left.
    ///
    /// - Precondition: `n >= 0`.
    func existingWorkingDay(_ n: Int, after date: CivilDate) -> CivilDate? {
        precondition(n >= 0, "working days are counted forwards")
        if n == 0 { return date }
        if let day = table.workingDay(n, after: date) { return day }
        let past = workingDays(through: date)
        guard n <= workingDaysBefore(10_000) - past else { return nil }
        // How many working days lie before the one sought.
        let rank = past + n - 1
        // The last year that begins with at most that many behind it.
        var (low, high) = (date.year, 9999)
        if rank < workingDaysBefore(low + 1) { high = low }
        while low < high {
            let middle = (low + high + 1) / 2
            if workingDaysBefore(middle) <= rank { low = middle } else { high = middle - 1 }
        }
        let day = pattern(of: low).working.day(atRank: rank - workingDaysBefore(low))
        return CivilDate(firstDayOf: low).adding(days: day)
    }

    /// How many working days there are from 0001-01-01 through `date`.
    func workingDays(through date: CivilDate) -> Int {
        let (year, day) = position(of: date)
        return workingDaysBefore(year) + pattern(of: year).working.count(below: day + 1)
    }

    /// How many working days there are from 0001-01-01 to the end of the year before `year`.
    private func workingDaysBefore(_ year: Int) -> Int {
        YearPattern.unarrangedWorkingDaysBefore[year] + surplus(before: year)
    }

    private func surplus(before year: Int) -> Int {
        let index = year - firstYear
        if years.indices.contains(index) { return years[index].surplus }
        guard index > 0, let last = years.last else { return 0 }
        let lastYear = firstYear + years.count - 1
        return last.surplus + last.pattern.working.count
            - YearPattern.unarranged(lastYear).working.count
    }
}

// MARK: - New versions

extension WorkCalendar {
    /// A new version in which some days are declared days off or days of work.
    ///
    /// A year that wasn't known stays so.
    ///
    /// - Throws: `CalendarError.dayBothOffAndWork` or `.versionNotHigher`.
    package func changing(
        off: [CivilDate],
        work: [CivilDate],
        version: CalendarVersion
    ) throws(CalendarError) -> WorkCalendar {
        guard version > self.version else {
            throw .versionNotHigher(version, than: self.version)
        }
        try CalendarError.check(off: off, work: work)
        var patterns = patterns
        for date in off {
            let (year, day) = position(of: date)
            patterns[year, default: .unarranged(year)].declareOff(day)
        }
        for date in work {
            let (year, day) = position(of: date)
            patterns[year, default: .unarranged(year)].declareWork(day)
        }
        return WorkCalendar(version: version, knownYears: knownYears, patterns: patterns)
    }

    /// A new version in which a year is arranged as given; what was known of the year, or declared
    /// in it, is replaced.
    ///
    /// - Throws: `CalendarError.versionNotHigher`.
    package func loading(
        _ year: YearArrangement,
        version: CalendarVersion
    ) throws(CalendarError) -> WorkCalendar {
        guard version > self.version else {
            throw .versionNotHigher(version, than: self.version)
        }
        var patterns = patterns
        patterns[year.year] = YearPattern(year)
        let knownYears = Set(knownYears).union([year.year]).sorted()
        return WorkCalendar(version: version, knownYears: knownYears, patterns: patterns)
    }

    /// Whether a year is known to be arranged so, with nothing declared in it since.
    package func isArranged(as arrangement: YearArrangement) -> Bool {
        knows(arrangement.year) && pattern(of: arrangement.year) == YearPattern(arrangement)
    }

    /// The years that differ from unarranged ones.
    private var patterns: [Int: YearPattern] {
        var patterns: [Int: YearPattern] = [:]
        for (index, year) in years.enumerated() {
            let number = firstYear + index
            if year.pattern != .unarranged(number) { patterns[number] = year.pattern }
        }
        return patterns
    }
}
