package import CivilTime
package import Store

/// 考核: an assessment of departments over some months.
package struct RoundRecord: Record, Hashable {
    package let key: Int64
    package let title: String
    /// The first days of its first and last month.
    package let first: CivilDate
    package let last: CivilDate
    package let departments: [String]
    /// When its scores were frozen; nil while they follow the records.
    package private(set) var frozen: Instant?

    /// - Throws: `outOfRange` for months the wrong way round, or a year and more of them; or when a
    ///   department is named twice.
    package init(
        number: Int64,
        title: String,
        from first: CivilDate,
        until last: CivilDate,
        departments: [String]
    ) throws(Refusal) {
        let (first, last) = (first.startOfMonth, last.startOfMonth)
        guard first <= last, first.days(until: last) < 366 else {
            throw .outOfRange(field: "until", allowed: "a month of the year from \(first)")
        }
        guard Set(departments).count == departments.count else {
            throw .outOfRange(field: "departments", allowed: "each once")
        }
        key = number
        self.title = title
        self.first = first
        self.last = last
        self.departments = departments.sorted()
    }

    /// The last day of its time.
    package var lastDay: CivilDate { last.adding(days: 31).startOfMonth.adding(days: -1) }

    /// - Throws: `roundFrozen`.
    package func requireOpen() throws(Refusal) {
        if frozen != nil { throw .roundFrozen }
    }

    /// - Throws: `roundFrozen`.
    package mutating func freeze(at now: Instant) throws(Refusal) {
        try requireOpen()
        frozen = now
    }

    package static let table = Table(
        "round",
        key: [Column("id", .integer)],
        columns: [
            Column("title", .text), Column("first", .day), Column("last", .day),
            Column("departments", .list(of: .text)), Column("frozen", .instant, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.text(title)
        row.day(first)
        row.day(last)
        row.texts(departments)
        row.instant(frozen)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        title = try row.text()
        first = try row.day()
        last = try row.day()
        departments = try row.texts()
        frozen = try row.optionalInstant()
    }
}

/// What goes into a department's score, and what it says to it.
package struct RoundScoreRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let round: Int64
        package let department: String

        package init(_ round: Int64, _ department: String) {
            self.round = round
            self.department = department
        }

        package func write(to row: inout RowWriter) {
            row.integer(round)
            row.text(department)
        }

        package init(row: inout RowReader) throws(StoreError) {
            round = try row.integer()
            department = try row.text()
        }
    }

    package let key: Key
    /// As of the moment at which the round was frozen; nil before.
    package var counts: AssessmentCounts?
    package var comment = ""

    package init(_ key: Key) { self.key = key }

    package static let table = Table(
        "round_score",
        key: [Column("round", .integer), Column("department", .text)],
        columns: [
            Column("triples", .integer, optional: true), Column("yellow", .integer, optional: true),
            Column("red", .integer, optional: true), Column("completed", .integer, optional: true),
            Column("early", .integer, optional: true), Column("comment", .text),
        ]
    )

    package func write(to row: inout RowWriter) {
        for count in [
            counts?.warningTriples, counts?.yellow, counts?.red, counts?.completed, counts?.early,
        ] {
            row.integer(count.map(Int64.init))
        }
        row.text(comment)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        var stored: [Int32] = []
        for _ in 0..<5 {
            if let count = try row.optionalInteger() { stored.append(Int32(clamping: count)) }
        }
        comment = try row.text()
        guard stored.count == 5 else { return }
        counts = AssessmentCounts(
            warningTriples: stored[0],
            yellow: stored[1],
            red: stored[2],
            completed: stored[3],
            early: stored[4]
        )
    }
}
