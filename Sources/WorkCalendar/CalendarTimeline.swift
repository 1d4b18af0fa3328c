package import CivilTime

/// Which calendar was in force when, and why it came into force.
package struct CalendarTimeline: Sendable, Equatable {
    /// Never empty; versions ascend, and no calendar is in force before the one that it follows.
    private var entries: [Entry]

    /// A calendar, and how it came into force.
    package struct Entry: Sendable, Equatable {
        package let calendar: WorkCalendar
        package let since: Instant
        /// Why, as it was declared; empty for the first.
        package let reason: String
    }

    /// A timeline on which `first` has always been in force.
    package init(_ first: WorkCalendar) {
        entries = [Entry(calendar: first, since: .earliest, reason: "")]
    }

    /// Brings a new version into force.
    ///
    /// - Precondition: Its version is higher than the current one's, and `since` isn't earlier.
    package mutating func append(
        _ calendar: WorkCalendar,
        since: Instant,
        reason: String
    ) {
        precondition(calendar.version > current.calendar.version, "versions ascend")
        precondition(since >= current.since, "a calendar follows the one in force")
        entries.append(Entry(calendar: calendar, since: since, reason: reason))
    }

    /// The newest entry, whose calendar is in force.
    package var current: Entry {
        guard let last = entries.last else { preconditionFailure("a timeline is never empty") }
        return last
    }

    /// The entry of a version, or nil when there is no such version. Logarithmic.
    package func entry(version: CalendarVersion) -> Entry? {
        let index = firstIndex { $0.calendar.version >= version }
        guard index < entries.count, entries[index].calendar.version == version else { return nil }
        return entries[index]
    }

    /// The calendar of a version.
    ///
    /// - Precondition: The timeline has the version: records name none that was never in force.
    package func calendar(_ version: CalendarVersion) -> WorkCalendar {
        // Nearly all that runs is planned by the newest.
        if let newest = entries.last?.calendar, newest.version == version { return newest }
        guard let entry = entry(version: version) else {
            preconditionFailure("no calendar of version \(version.rawValue)")
        }
        return entry.calendar
    }

    /// The entries of later versions than `version`, ascending.
    package func entries(after version: CalendarVersion) -> ArraySlice<Entry> {
        entries[firstIndex { $0.calendar.version > version }...]
    }

    /// The entry that was in force at `instant`; of several since the same moment, the newest.
    package func entry(at instant: Instant) -> Entry {
        let index = firstIndex { $0.since > instant }
        precondition(index > 0, "the first calendar has always been in force")
        return entries[index - 1]
    }

    /// Where the entries that match begin, given that all from there on do.
    private func firstIndex(where matches: (Entry) -> Bool) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if matches(entries[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
