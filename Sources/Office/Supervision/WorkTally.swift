package import CivilTime
package import Deadlines
package import Store
package import WorkCalendar

/// What a department did in a month, counted as it happens.
package struct WorkTally: Hashable, Sendable {
    package struct Key: RecordKey, Hashable {
        /// The month's first day.
        package let month: CivilDate
        package let department: String

        package init(_ day: CivilDate, _ department: String) {
            month = day.startOfMonth
            self.department = department
        }

        package func write(to row: inout RowWriter) {
            row.day(month)
            row.text(department)
        }

        package init(row: inout RowReader) throws(StoreError) {
            month = try row.day()
            department = try row.text()
        }
    }

    package let key: Key
    /// Matters brought, accepted, refused or ended otherwise than by a decision, and decided.
    package var received: Int64 = 0
    package var accepted: Int64 = 0
    package var completed: Int64 = 0
    /// Of those decided: before the promised day, and after it.
    package var early: Int64 = 0
    package var late: Int64 = 0
    /// Cards that stand.
    package var reminders: Int64 = 0
    package var yellow: Int64 = 0
    package var red: Int64 = 0

    package init(_ key: Key) { self.key = key }

    /// Counts a card, or takes it away.
    package mutating func count(_ rung: Rung, by number: Int64 = 1) {
        switch rung {
        case .remind: reminders += number
        case .yellow: yellow += number
        case .red: red += number
        case .expire: break
        }
    }

    /// Adds another month, or another department.
    package mutating func add(_ other: WorkTally) {
        received += other.received
        accepted += other.accepted
        completed += other.completed
        early += other.early
        late += other.late
        reminders += other.reminders
        yellow += other.yellow
        red += other.red
    }
}

extension WorkTally: Record {
    package static let table = Table(
        "work_tally",
        key: [Column("month", .day), Column("department", .text)],
        columns: [
            Column("received", .integer), Column("accepted", .integer),
            Column("completed", .integer), Column("early", .integer), Column("late", .integer),
            Column("reminders", .integer), Column("yellow", .integer), Column("red", .integer),
        ]
    )

    package func write(to row: inout RowWriter) {
        for count in [received, accepted, completed, early, late, reminders, yellow, red] {
            row.integer(count)
        }
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        received = try row.integer()
        accepted = try row.integer()
        completed = try row.integer()
        early = try row.integer()
        late = try row.integer()
        reminders = try row.integer()
        yellow = try row.integer()
        red = try row.integer()
    }
}

extension CaseFile {
    /// What has happened to it since it was opened, month by month.
    package func work(in calendars: CalendarTimeline) -> [WorkTally] {
        var months: [WorkTally] = []
        for audit in history.audits {
            var tally = WorkTally(WorkTally.Key(audit.at.date, record.department))
            switch audit.kind {
            case "CASE_SUBMITTED": tally.received = 1
            case "CASE_ACCEPTED", "CASE_ACCEPTED_WITH_GAP", "CASE_DEEMED_ACCEPTED":
                tally.accepted = 1
            case "CASE_DECIDED":
                tally.completed = 1
                countPunctuality(in: &tally, calendars)
            default: continue
            }
            if let known = months.firstIndex(where: { $0.key == tally.key }) {
                months[known].add(tally)
            } else {
                months.append(tally)
            }
        }
        return months
    }

    /// Whether it was decided before the last day of its promise, or after it; an instant item promises
    /// the same day.
    private func countPunctuality(in tally: inout WorkTally, _ calendars: CalendarTimeline) {
        guard let promise = (clock(.promised) ?? clock(.instant))?.deadline,
            let ended = promise.endedAt
        else { return }
        let due = promise.due(on: ended.date, in: calendars)
        if ended.date < due { tally.early = 1 }
        if promise.overdueSince(at: ended, in: calendars) != nil { tally.late = 1 }
    }
}
