package import CivilTime
package import Store

/// 交办事项: what a department is told to do by a day, as it lies in the store, without its clock.
package struct AssignmentRecord: Hashable, Sendable {
    /// Who tells departments to do something, and what that is called.
    package enum Sort: String, Hashable, Sendable, CaseIterable {
        /// 限期整改, by supervision.
        case order
        /// 任务, by the leading group's office.
        case task
    }

    /// How far it has come.
    package enum Progress: Hashable, Sendable {
        /// 已下达
        case issued
        /// 已签收
        case received
        /// 已报告, with what was done.
        case reported(String)
        /// 退回, with why that isn't enough.
        case returned(reason: String)
        /// 已销号, with what was done.
        case accepted(String)
        /// 已撤销
        case withdrawn(reason: String)
    }

    /// Its sort and number: `order-12`.
    package let key: String
    package var trail = FileTrail()
    package let sort: Sort
    package let number: Int64
    package let department: String
    package let title: String
    package let content: String
    package let issuer: String
    package let issued: CivilDate
    /// How many working days it was given first.
    package let days: Int32
    package internal(set) var progress = Progress.issued
    /// Whether it was returned: that is done once.
    package internal(set) var isReturned = false
    package internal(set) var isExtended = false

    init(
        _ sort: Sort,
        number: Int64,
        to department: String,
        title: String,
        content: String,
        days: Int32,
        by issuer: String,
        on day: CivilDate
    ) {
        key = Self.key(sort, number)
        self.sort = sort
        self.number = number
        self.department = department
        self.title = title
        self.content = content
        self.issuer = issuer
        issued = day
        self.days = days
    }

    package static func key(_ sort: Sort, _ number: Int64) -> String {
        "\(sort.rawValue)-\(number)"
    }

    /// Whether something is still to be done about it, by the department or by who issued it.
    package var isOpen: Bool {
        switch progress {
        case .issued, .received, .reported, .returned: true
        case .accepted, .withdrawn: false
        }
    }
}

extension AssignmentRecord: FiledRecord {
    /// A department's open ones of a sort, in the order in which they were issued.
    package static let byOpen = Index(
        "assignment_by_open",
        on: ["open_department", "sort", "sort_number"]
    )
    /// All of a sort, in the order in which they were issued.
    package static let bySort = Index("assignment_by_sort", on: ["sort", "sort_number"])

    private static let steps = Column.Choices(
        [
            1: "ISSUED", 2: "RECEIVED", 3: "REPORTED", 4: "RETURNED", 5: "ACCEPTED",
            6: "WITHDRAWN",
        ]
    )

    package static let table = Table(
        "assignment",
        key: [Column("name", .text)],
        columns: FileTrail.columns + [
            Column("open_department", .text, optional: true),
            Column("sort", .text),
            Column("sort_number", .integer),
            Column("department", .text),
            Column("title", .text),
            Column("content", .text),
            Column("issuer", .text),
            Column("issued", .day),
            Column("days", .integer),
            Column("progress", .choice(steps)),
            Column("said", .text, optional: true),
            Column("is_returned", .flag),
            Column("is_extended", .flag),
        ],
        indexes: [byOpen, bySort]
    )

    package func write(to row: inout RowWriter) {
        trail.write(to: &row)
        row.text(isOpen ? department : nil)
        row.text(sort.rawValue)
        row.integer(number)
        row.text(department)
        row.text(title)
        row.text(content)
        row.text(issuer)
        row.day(issued)
        row.integer(Int64(days))
        let (number, said): (Int64, String?) =
            switch progress {
            case .issued: (1, nil)
            case .received: (2, nil)
            case .reported(let report): (3, report)
            case .returned(let reason): (4, reason)
            case .accepted(let report): (5, report)
            case .withdrawn(let reason): (6, reason)
            }
        row.choice(number)
        row.text(said)
        row.flag(isReturned)
        row.flag(isExtended)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        trail = try FileTrail(row: &row)
        _ = try row.optionalText()
        let sort = try row.text()
        guard let known = Sort(rawValue: sort) else {
            throw row.mismatch("a sort of assignment", .text(sort))
        }
        self.sort = known
        number = try row.integer(in: 0...Int64.max / 2)
        department = try row.text()
        title = try row.text()
        content = try row.text()
        issuer = try row.text()
        issued = try row.day()
        days = try row.integer(as: Int32.self)
        let (number, said) = (try row.integer(), try row.optionalText())
        progress =
            switch (number, said) {
            case (1, nil): .issued
            case (2, nil): .received
            case (3, let report?): .reported(report)
            case (4, let reason?): .returned(reason: reason)
            case (5, let report?): .accepted(report)
            case (6, let reason?): .withdrawn(reason: reason)
            default: throw row.mismatch("how far an assignment has come", .integer(number))
            }
        isReturned = try row.flag()
        isExtended = try row.flag()
    }
}
