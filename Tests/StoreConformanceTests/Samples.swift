import CivilTime
import Store

/// Records of every shape that a table can have.
enum Samples {
    static let tables = [Task.table, Badge.table, Opinion.table]
}

/// An integer key, optional columns, indexes that leave rows out, and a unique one.
struct Task: Record {
    static let byOwner = Index("task_by_owner", on: ["owner", "due"])
    static let byDue = Index("task_by_due", on: ["due"])
    static let byTitle = Index("task_by_title", on: ["title"])
    static let byCode = Index("task_by_code", on: ["code"], unique: true)
    static let table = Table(
        "task",
        key: [Column("id", .integer)],
        columns: [
            Column("title", .text), Column("owner", .text, optional: true),
            Column("due", .integer, optional: true), Column("code", .text, optional: true),
            Column("is_done", .integer), Column("body", .blob),
        ],
        indexes: [byOwner, byDue, byTitle, byCode]
    )

    var key: Int64
    var title: String
    var owner: String?
    var due: Int64?
    var code: String?
    var isDone = false
    var body: [UInt8] = []

    init(
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

    func write(to row: inout RowWriter) {
        row.text(title)
        row.text(owner)
        row.integer(due)
        row.text(code)
        row.bool(isDone)
        row.blob(body)
    }

    init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        title = try row.text()
        owner = try row.optionalText()
        due = try row.optionalInteger()
        code = try row.optionalText()
        isDone = try row.bool()
        body = try row.blob()
    }
}

/// A text key, no index.
struct Badge: Record {
    static let table = Table(
        "badge",
        key: [Column("serial", .text)],
        columns: [Column("holder", .text)]
    )

    var key: String
    var holder: String

    init(_ key: String, _ holder: String) {
        self.key = key
        self.holder = holder
    }

    func write(to row: inout RowWriter) { row.text(holder) }

    init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        holder = try row.text()
    }
}

/// A key of two columns, an index on a part of it.
struct Opinion: Record {
    struct Key: RecordKey {
        var file: Int64
        var department: String

        func write(to row: inout RowWriter) {
            row.integer(file)
            row.text(department)
        }

        init(_ file: Int64, _ department: String) {
            self.file = file
            self.department = department
        }

        init(row: inout RowReader) throws(StoreError) {
            file = try row.integer()
            department = try row.text()
        }
    }

    static let byDepartment = Index("opinion_by_department", on: ["department", "answer"])
    static let table = Table(
        "opinion",
        key: [Column("file", .integer), Column("department", .text)],
        columns: [Column("answer", .integer, optional: true)],
        indexes: [byDepartment]
    )

    var key: Key
    var answer: Int64?

    init(_ file: Int64, _ department: String, answer: Int64? = nil) {
        key = Key(file, department)
        self.answer = answer
    }

    func write(to row: inout RowWriter) { row.integer(answer) }

    init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        answer = try row.optionalInteger()
    }
}

let noon = Instant(CivilDate.earliest, secondOfDay: 0).adding(seconds: 200_000_000)

extension UnitOfWork {
    /// Runs one accepted command.
    func accept(_ body: (UnitOfWork) throws -> Void) throws {
        beginCommand()
        try body(self)
        acceptCommand(reply: nil)
    }

    /// Runs one command that ends in a refusal.
    func reject(_ body: (UnitOfWork) throws -> Void) throws {
        beginCommand()
        try body(self)
        rejectCommand()
    }
}

extension AuditDraft {
    static func sample(_ subject: String, _ detail: String = "") -> AuditDraft {
        AuditDraft(at: noon, actor: "王芳", kind: "TASK_OPENED", subject: subject, detail: detail)
    }
}
