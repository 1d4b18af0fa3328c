package import CivilTime
package import Deadlines
package import Store

/// 待办: a clock of the office that runs, as a department's worklist is found by.
package struct WorkRecord: Record, Hashable {
    /// The deadline's key.
    package let key: Int64
    /// The department that bears its cards.
    package let department: String
    /// The login of who answers for it; nil when that is nobody in particular.
    package let person: String?
    /// The day by which it is listed: while paused, the last that was known.
    package let due: CivilDate
    package let clock: ClockKind
    /// The serial of the case; of a file that is about none, its name and key.
    package let subject: String

    package init(
        deadline: Int64,
        department: String,
        person: String?,
        due: CivilDate,
        clock: ClockKind,
        subject: String
    ) {
        key = deadline
        self.department = department
        self.person = person
        self.due = due
        self.clock = clock
        self.subject = subject
    }

    /// What a department has to do, earliest day first.
    package static let byDepartment = Index("work_by_department", on: ["department", "due"])
    /// What somebody has to do, earliest day first.
    package static let byPerson = Index("work_by_person", on: ["person", "due"])

    package static let table = Table(
        "work",
        key: [Column("deadline", .integer)],
        columns: [
            Column("department", .text), Column("person", .text, optional: true),
            Column("due", .day), Column("clock", .choice(of: ClockKind.self)),
            Column("subject", .text),
        ],
        indexes: [byDepartment, byPerson]
    )

    package func write(to row: inout RowWriter) {
        row.text(department)
        row.text(person)
        row.day(due)
        row.enumeration(clock)
        row.text(subject)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        department = try row.text()
        person = try row.optionalText()
        due = try row.day()
        clock = try row.enumeration(ClockKind.self)
        subject = try row.text()
    }
}

/// How much a department has to do.
package struct OpenWorkRecord: Record, Hashable {
    /// The department.
    package let key: String
    package private(set) var open: Int64

    package init(department: String) {
        key = department
        open = 0
    }

    package mutating func add(_ count: Int64) { open = max(0, open + count) }

    package static let table = Table(
        "open_work",
        key: [Column("department", .text)],
        columns: [Column("open", .integer)]
    )

    package func write(to row: inout RowWriter) { row.integer(open) }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        open = try row.integer(in: 0...Int64.max / 2)
    }
}
