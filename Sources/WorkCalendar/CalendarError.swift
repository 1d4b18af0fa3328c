package import CivilTime

/// Why an arrangement or a change of the calendar was refused; it names the first day at fault.
package enum CalendarError: Error, Hashable, Sendable {
    /// No arrangement can be given for this year; `YearArrangement.years` are the ones that may be.
    case yearOutOfRange(Int)
    /// The day doesn't lie in the year of its arrangement.
    case dayOutsideYear(CivilDate, year: Int)
    /// The day is both declared off and declared a day of work.
    case dayBothOffAndWork(CivilDate)
    /// The make-up day is a weekday, which is a working day already.
    case makeUpDayOnWeekday(CivilDate)
    /// A new version must take a higher number than the one that it changes.
    case versionNotHigher(CalendarVersion, than: CalendarVersion)
}

extension CalendarError: CustomStringConvertible {
    /// One sentence: what is wrong, with the day, and what would be right.
    package var description: String {
        switch self {
        case .yearOutOfRange(let year):
            let years = YearArrangement.years
            return "the year \(year) can't be arranged; give one of \(years.lowerBound)…"
                + "\(years.upperBound)"
        case .dayOutsideYear(let day, let year):
            return "\(day) doesn't lie in \(year); give it with the arrangement of its own year"
        case .dayBothOffAndWork(let day):
            return "\(day) is given both as a day off and as a day of work; keep one of them"
        case .makeUpDayOnWeekday(let day):
            return "\(day) is given as a make-up day, but isn't a Saturday or Sunday"
        case .versionNotHigher(let version, let current):
            return "calendar version \(version.rawValue) isn't higher than \(current.rawValue), "
                + "which it changes"
        }
    }
}
