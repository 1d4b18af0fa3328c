package import CivilTime
package import Store

/// Records of every shape that a table can have.
package enum Samples {
    package static let tables = [Matter.table, Badge.table, Opinion.table]
}

/// An integer key, optional columns, indexes that leave rows out, and a unique one.
package struct Matter: Record {
    package static let byOwner = Index("matter_by_owner", on: ["owner", "due"])
    package static let byDue = Index("matter_by_due", on: ["due"], carrying: "is_done")
    package static let byTitle = Index("matter_by_title", on: ["title"], carrying: "due")
    package static let byCode = Index("matter_by_code", on: ["code"], unique: true)
    package static let table = Table(
        "matter",
        key: [Column("id", .integer)],
        columns: [
            Column("title", .text), Column("owner", .text, optional: true),
            Column("due", .integer, optional: true), Column("code", .text, optional: true),
            Column("is_done", .flag), Column("body", .blob),
        ],
        indexes: [byOwner, byDue, byTitle, byCode]
    )

    package var key: Int64
    package var title: String
    package var owner: String?
    package var due: Int64?
    package var code: String?
    package var isDone = false
    package var body: [UInt8] = []

    package init(
        _ key: Int64,
        _ title: String,
        owner: String? = nil,
        due: Int64? = nil,
        code: String? = nil,
        body: [UInt8] = []
    ) {
        self.key = key
        self.title = title
        self.owner = owner
        self.due = due
        self.code = code
        self.body = body
    }

    package func write(to row: inout RowWriter) {
        row.text(title)
        row.text(owner)
        row.integer(due)
        row.text(code)
        row.flag(isDone)
        row.blob(body)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        title = try row.text()
        owner = try row.optionalText()
        due = try row.optionalInteger()
        code = try row.optionalText()
        isDone = try row.flag()
        body = try row.blob()
    }
}

/// A text key, no index.
package struct Badge: Record {
    package static let table = Table(
        "badge",
        key: [Column("serial", .text)],
        columns: [Column("holder", .text)]
    )

    package var key: String
    package var holder: String

    package init(_ key: String, _ holder: String) {
        self.key = key
        self.holder = holder
    }

    package func write(to row: inout RowWriter) { row.text(holder) }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        holder = try row.text()
    }
}

/// A key of two columns, an index on a part of it.
package struct Opinion: Record {
    package struct Key: RecordKey {
        package var file: Int64
        package var department: String

        package func write(to row: inout RowWriter) {
            row.integer(file)
            row.text(department)
        }

        package init(_ file: Int64, _ department: String) {
            self.file = file
            self.department = department
        }

        package init(row: inout RowReader) throws(StoreError) {
            file = try row.integer()
            department = try row.text()
        }
    }

    package static let byDepartment = Index("opinion_by_department", on: ["department", "answer"])
    package static let table = Table(
        "opinion",
        key: [Column("file", .integer), Column("department", .text)],
        columns: [Column("answer", .integer, optional: true)],
        indexes: [byDepartment]
    )

    package var key: Key
    package var answer: Int64?

    package init(_ file: Int64, _ department: String, answer: Int64? = nil) {
        key = Key(file, department)
        self.answer = answer
    }

    package func write(to row: inout RowWriter) { row.integer(answer) }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        answer = try row.optionalInteger()
    }
}

/// 2026-11-24T12:00:00 in Asia/Shanghai.
package let noon = Instant(unixSeconds: 1_795_492_800)

extension UnitOfWork {
    /// Runs one accepted command.
    package func accept(_ body: (UnitOfWork) throws -> Void) throws {
        beginCommand()
        try body(self)
        acceptCommand(reply: nil)
    }

    /// Runs one command that ends in a refusal.
    package func reject(_ body: (UnitOfWork) throws -> Void) throws {
        beginCommand()
        try body(self)
        rejectCommand()
    }
}

extension AuditDraft {
    package static func sample(_ subject: String, _ detail: String = "") -> AuditDraft {
        AuditDraft(at: noon, actor: "王芳", kind: "MATTER_OPENED", subject: subject, detail: detail)
    }
}
