package import CivilTime
package import Store

/// 领导小组, or a body of a department.
package struct BodyRecord: Record, Hashable {
    /// Its short code.
    package let key: String
    package let name: String
    /// The department whose body it is; nil for the city's.
    package let department: String?

    package init(code: String, name: String, department: String?) {
        key = code
        self.name = name
        self.department = department
    }

    package static let table = Table(
        "body",
        key: [Column("code", .text)],
        columns: [Column("name", .text), Column("department", .text, optional: true)]
    )

    package func write(to row: inout RowWriter) {
        row.text(name)
        row.text(department)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        name = try row.text()
        department = try row.optionalText()
    }
}

/// Somebody's time in a body. Times are never changed but by their end, so that who belonged to it on a day
/// is known for good.
package struct MembershipRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let body: String
        package let login: String
        package let from: CivilDate

        package init(_ body: String, _ login: String, from: CivilDate) {
            self.body = body
            self.login = login
            self.from = from
        }

        package func write(to row: inout RowWriter) {
            row.text(body)
            row.text(login)
            row.day(from)
        }

        package init(row: inout RowReader) throws(StoreError) {
            body = try row.text()
            login = try row.text()
            from = try row.day()
        }
    }

    package let key: Key
    package let function: String
    /// The last day; nil while it isn't known.
    package private(set) var until: CivilDate?

    package init(_ key: Key, as function: String) {
        self.key = key
        self.function = function
    }

    package func holds(on day: CivilDate) -> Bool {
        key.from <= day && until.map { day <= $0 } ?? true
    }

    /// - Throws: `outOfRange` for a day before the first.
    package mutating func end(on day: CivilDate) throws(Refusal) {
        guard day >= key.from else {
            throw .outOfRange(field: "until", allowed: "\(key.from) or later")
        }
        until = day
    }

    package static let table = Table(
        "membership",
        key: [Column("body", .text), Column("login", .text), Column("first", .day)],
        columns: [Column("function", .text), Column("last", .day, optional: true)]
    )

    package func write(to row: inout RowWriter) {
        row.text(function)
        row.day(until)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        function = try row.text()
        until = try row.optionalDay()
    }
}
