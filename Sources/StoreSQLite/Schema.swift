import Store

/// A step by which the file's form goes from one version to the next.
///
/// Steps are permanent: a file that has seen one never sees it again, so that changing it would
/// leave two kinds of files of the same version. A file's version is the number of its steps.
package struct SchemaStep: Sendable {
    package let name: String
    package let statements: [String]

    package init(_ name: String, _ statements: [String]) {
        self.name = name
        self.statements = statements
    }
}

extension SchemaStep {
    /// What the store itself keeps, besides the tables of the records.
    ///
    /// The journal has one row for each commit, with all of its audit entries and events; the
    /// tables beside it say in which commit to look.
    package static let all = [
        SchemaStep(
            "journal",
            [
                """
                CREATE TABLE store_schema (
                  kind TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
                  PRIMARY KEY (kind, name)
                ) STRICT, WITHOUT ROWID
                """,
                // Numbers and hash are those of the newest entry up to and with this commit.
                """
                CREATE TABLE store_journal (
                  commit_number INTEGER PRIMARY KEY, at INTEGER NOT NULL,
                  audit_sequence INTEGER NOT NULL, audit_hash BLOB NOT NULL,
                  event_sequence INTEGER NOT NULL, audit_entries BLOB, events BLOB
                ) STRICT
                """,
                """
                CREATE UNIQUE INDEX store_journal_audit ON store_journal (audit_sequence)
                  WHERE audit_entries IS NOT NULL
                """,
                // The commits that hold events of a topic, by the last of all their events.
                """
                CREATE TABLE store_event_topic (
                  topic INTEGER NOT NULL, event_sequence INTEGER NOT NULL,
                  commit_number INTEGER NOT NULL, PRIMARY KEY (topic, event_sequence)
                ) STRICT, WITHOUT ROWID
                """,
                // Apart from the journal, for replies expire and entries don't.
                """
                CREATE TABLE store_reply (
                  commit_number INTEGER PRIMARY KEY, at INTEGER NOT NULL, replies BLOB NOT NULL
                ) STRICT
                """,
                // See `ReplyReads`.
                """
                CREATE TABLE store_request_run (
                  principal TEXT NOT NULL, last_id BLOB NOT NULL, first_id BLOB NOT NULL,
                  commit_number INTEGER NOT NULL, PRIMARY KEY (principal, last_id)
                ) STRICT, WITHOUT ROWID
                """,
                """
                CREATE TABLE store_request_late (
                  principal TEXT NOT NULL, id BLOB NOT NULL, commit_number INTEGER NOT NULL,
                  PRIMARY KEY (principal, id)
                ) STRICT, WITHOUT ROWID
                """,
            ]
        ),
        SchemaStep(
            "audit entries by subject",
            [
                """
                CREATE TABLE store_audit_subject (
                  subject TEXT NOT NULL, sequence INTEGER NOT NULL,
                  PRIMARY KEY (subject, sequence)
                ) STRICT, WITHOUT ROWID
                """
            ]
        ),
    ]
}

/// Brings a file to the form that this program works with, or says why it can't.
struct SchemaUpgrade {
    /// "BNJE": what marks a SQLite file as ours.
    static let applicationID: Int64 = 0x424E_4A45

    let connection: Connection
    let steps: [SchemaStep]
    let tables: [Table]

    private var path: String { connection.path }

    func run() throws(StoreError) {
        try recognize()
        let version = try connection.integer("PRAGMA user_version") ?? 0
        guard version <= steps.count else {
            throw .schema(
                "\(path) is of version \(version), written by a newer program than this, which "
                    + "knows versions up to \(steps.count): start the newer one, or restore a "
                    + "backup made before it ran"
            )
        }
        for (position, step) in steps.enumerated() where position >= version {
            try connection.transaction { () throws(StoreError) in
                for statement in step.statements { try connection.execute(statement) }
                try connection.execute("PRAGMA application_id = \(Self.applicationID)")
                try connection.execute("PRAGMA user_version = \(position + 1)")
            }
        }
        try connection.transaction { () throws(StoreError) in try matchTables() }
    }

    /// Refuses a file that holds something else.
    private func recognize() throws(StoreError) {
        let mark = try connection.integer("PRAGMA application_id") ?? 0
        let objects = try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0
        guard mark == Self.applicationID || (mark == 0 && objects == 0) else {
            throw .schema("\(path) is a SQLite file, but no store of Banjie: name another file")
        }
    }

    // MARK: The records' tables

    /// What the file's tables and indexes were declared as.
    private func recorded() throws(StoreError) -> [Declared: String] {
        let statement = try Statement(
            connection,
            "SELECT kind, name, definition FROM store_schema"
        )
        defer { statement.reset() }
        var definitions: [Declared: String] = [:]
        while try statement.step() {
            let kind = try statement.text(at: 0)
            guard let kind = Declared.Kind(rawValue: kind) else {
                throw .corrupt("\(path): the schema records a \(kind)")
            }
            let declared = Declared(kind: kind, name: try statement.text(at: 1))
            definitions[declared] = try statement.text(at: 2)
        }
        return definitions
    }

    /// Creates what is new, and refuses what a file can't be changed to without a step.
    private func matchTables() throws(StoreError) {
        var recorded = try recorded()
        for table in tables {
            precondition(!table.name.hasPrefix("store_"), "table \(table.name) has our own prefix")
            let declared = Declared(kind: .table, name: table.name)
            let definition = SQL.create(table)
            let previous = recorded.removeValue(forKey: declared)
            if let previous, previous != definition {
                try addColumns(table, to: previous)
            } else if previous == nil {
                try connection.execute(definition)
            }
            if previous != definition { try record(declared, definition) }
        }
        // Every program's tables must be there, but an index is only another way to find a row.
        for table in tables {
            for index in table.indexes {
                let declared = Declared(kind: .index, name: index.name)
                let definition = SQL.create(index, of: table)
                let previous = recorded.removeValue(forKey: declared)
                if previous == definition { continue }
                if previous != nil { try connection.execute("DROP INDEX \(SQL.name(index.name))") }
                try connection.execute(definition)
                try record(declared, definition)
            }
        }
        for declared in recorded.keys.sorted(by: { $0.name < $1.name }) {
            guard declared.kind == .index else {
                throw .schema(
                    "\(path) holds a table \(declared.name) that this program doesn't know: start "
                        + "the newer program that wrote it"
                )
            }
            try connection.execute("DROP INDEX \(SQL.name(declared.name))")
            try forget(declared)
        }
    }

    /// Adds the columns by which `table` is wider than the file's, when they may be null.
    private func addColumns(_ table: Table, to previous: String) throws(StoreError) {
        let existing = try columnNames(table)
        let added = table.columns.filter { !existing.contains($0.name) && $0.isOptional }
        let narrower = Table(
            table.name,
            key: table.key,
            columns: table.columns.filter { column in !added.contains(column) }
        )
        // The order of columns doesn't matter to statements, which all name them; it does to the
        // definition, which stands for the file's as it was.
        guard Self.parts(SQL.create(narrower)) == Self.parts(previous) else {
            throw .schema(
                "\(path): table \(table.name) was made as\n  \(previous)\nand this program wants\n  "
                    + "\(SQL.create(table))\nwhich takes a step of its own: start the program that "
                    + "wrote the file, or export and import the records"
            )
        }
        for column in added {
            try connection.execute(
                "ALTER TABLE \(SQL.name(table.name)) ADD COLUMN \(SQL.definition(column))"
            )
        }
    }

    private static func parts(_ definition: String) -> [String] {
        definition.split(separator: ", ").map { $0.filter { !"()".contains($0) } }.sorted()
    }

    private func columnNames(_ table: Table) throws(StoreError) -> Set<String> {
        let statement = try Statement(
            connection,
            "SELECT name FROM pragma_table_info(\(quoted(table.name)))"
        )
        defer { statement.reset() }
        var names: Set<String> = []
        while try statement.step() { names.insert(try statement.text(at: 0)) }
        return names
    }

    private func record(_ declared: Declared, _ definition: String) throws(StoreError) {
        try connection.execute(
            "INSERT OR REPLACE INTO store_schema VALUES "
                + "('\(declared.kind.rawValue)', \(quoted(declared.name)), \(quoted(definition)))"
        )
    }

    private func forget(_ declared: Declared) throws(StoreError) {
        try connection.execute(
            "DELETE FROM store_schema WHERE kind = '\(declared.kind.rawValue)' "
                + "AND name = \(quoted(declared.name))"
        )
    }

    private func quoted(_ text: String) -> String {
        "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
    }

    private struct Declared: Hashable {
        enum Kind: String { case table, index }

        let kind: Kind
        let name: String
    }
}
