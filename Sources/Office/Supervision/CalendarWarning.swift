package import CivilTime
package import WorkCalendar

/// When the arrangement of the next year is missed: the State Council gives it out in the autumn.
package enum CalendarWarning {
    /// The next year, from 1 December on, when its arrangement isn't loaded.
    package static func missingYear(on day: CivilDate, in calendar: WorkCalendar) -> Int? {
        let fields = day.fields
        guard fields.month == 12, !calendar.knownYears.contains(fields.year + 1) else { return nil }
        return fields.year + 1
    }
}
