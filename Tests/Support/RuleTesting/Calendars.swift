package import CivilTime
package import WorkCalendar

extension CalendarTimeline {
    /// The calendar of 2020…2026 alone.
    package static let builtIn = CalendarTimeline(.builtIn)

    /// Declares days off and days of work from `since` on.
    package mutating func change(off: [CivilDate] = [], work: [CivilDate] = [], since: Instant) {
        let version = CalendarVersion(rawValue: current.calendar.version.rawValue + 1)
        do {
            append(
                try current.calendar.changing(off: off, work: work, version: version),
                since: since,
                reason: "off \(off), work \(work)"
            )
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Loads the arrangement of a year from `since` on.
    package mutating func load(
        year: Int,
        off: [CivilDate],
        makeUp: [CivilDate],
        since: Instant
    ) {
        let version = CalendarVersion(rawValue: current.calendar.version.rawValue + 1)
        do {
            append(
                try current.calendar.loading(
                    YearArrangement(year: year, off: off, makeUp: makeUp, source: "\(year)"),
                    version: version
                ),
                since: since,
                reason: "arrangement of \(year)"
            )
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
