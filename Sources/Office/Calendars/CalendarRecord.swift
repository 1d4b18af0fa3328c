package import CivilTime
package import Store
package import WorkCalendar

/// A version of the calendar, as the change against the one before: never edited.
package struct CalendarRecord: Record, Hashable {
    /// What made the version.
    package enum Change: Hashable, Sendable {
        /// Days off and days of work declared against the arrangement in force.
        case days(off: [CivilDate], work: [CivilDate])
        /// The arrangement of a year, as the State Council announced it.
        case year(Int, off: [CivilDate], makeUp: [CivilDate])
    }

    /// The version's number.
    package let key: Int64
    package let since: Instant
    package let reason: String
    package let change: Change
    /// How many cases have had a date of a running clock moved by it so far.
    package var movedCases: Int64 = 0
    /// How many clocks have been re-planned to it so far.
    package var replannedClocks: Int64 = 0
    /// Whether every clock that was running has been re-planned.
    package var isReplanned = false

    package init(version: CalendarVersion, since: Instant, reason: String, change: Change) {
        key = Int64(version.rawValue)
        self.since = since
        self.reason = reason
        self.change = change
    }

    package var version: CalendarVersion { CalendarVersion(rawValue: UInt32(clamping: key)) }

    /// The calendar that the change makes of the one before.
    package func calendar(after previous: WorkCalendar) throws(CalendarError) -> WorkCalendar {
        switch change {
        case .days(let off, let work):
            try previous.changing(off: off, work: work, version: version)
        case .year(let year, let off, let makeUp):
            try previous.loading(
                YearArrangement(year: year, off: off, makeUp: makeUp, source: reason),
                version: version
            )
        }
    }

    /// What a count can be: half of what its type holds, so that adding to one never overflows.
    private static let counts: ClosedRange<Int64> = 0...Int64.max / 2

    package static let table = Table(
        "calendar",
        key: [Column("version", .integer)],
        columns: [
            Column("since", .instant), Column("reason", .text),
            Column("year", .integer, optional: true), Column("off", .list(of: .day)),
            Column("work", .list(of: .day)), Column("moved_cases", .integer),
            Column("replanned_clocks", .integer), Column("replanned", .flag),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.instant(since)
        row.text(reason)
        let (year, off, work): (Int64?, [CivilDate], [CivilDate]) =
            switch change {
            case .days(let off, let work): (nil, off, work)
            case .year(let year, let off, let makeUp): (Int64(year), off, makeUp)
            }
        row.integer(year)
        for days in [off, work] {
            row.list(days.map { [.integer(Int64($0.daysSinceEpoch))] })
        }
        row.integer(movedCases)
        row.integer(replannedClocks)
        row.flag(isReplanned)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        since = try row.instant()
        reason = try row.text()
        let year = try row.optionalInteger()
        let off = try row.integers().map { CivilDate(daysSinceEpoch: Int32(clamping: $0)) }
        let work = try row.integers().map { CivilDate(daysSinceEpoch: Int32(clamping: $0)) }
        change =
            if let year { .year(Int(year), off: off, makeUp: work) } else {
                .days(off: off, work: work)
            }
        movedCases = try row.integer(in: Self.counts)
        replannedClocks = try row.integer(in: Self.counts)
        isReplanned = try row.flag()
    }
}
