import Sealing
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
        SchemaStep(
            "sealed values",
            [
                // The key that sealed them; null when none did.
                "ALTER TABLE store_reply ADD COLUMN key_number INTEGER",
                // See `KeyProofs`.
                """
                CREATE TABLE store_key (
                  key_number INTEGER PRIMARY KEY, proof BLOB NOT NULL
                ) STRICT
                """,
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
    /// What seals the personal columns.
    var ring: KeyRing?

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
        // A program of fewer steps knows nothing of keys.
        if steps.count >= SchemaStep.all.count { try KeyProofs(connection).check(ring) }
        var hasSealed = false
        try connection.transaction { () throws(StoreError) in
            if let ring, steps.count >= SchemaStep.all.count { try KeyProofs(connection).add(ring) }
            hasSealed = try matchTables()
        }
        // What lay open must be gone from the file too, not only from its tables.
        if hasSealed {
            try connection.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        }
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

    /// Whether the file has these tables, each as it is declared, and no other.
    func isDone() throws(StoreError) -> Bool {
        let definitions = try recorded().filter { $0.key.kind == .table }
        let wanted = tables.map { table in
            (Declared(kind: .table, name: table.name), SQL.create(SealedLayout(table).stored))
        }
        return definitions == Dictionary(uniqueKeysWithValues: wanted)
    }

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

    /// Creates what is new, and refuses what a file can't be changed to without a step; returns whether
    /// it has sealed what lay open before.
    private func matchTables() throws(StoreError) -> Bool {
        var recorded = try recorded()
        var hasSealed = false
        let layouts = tables.map(SealedLayout.init)
        for layout in layouts {
            let table = layout.stored
            precondition(!layout.isSealed || ring != nil, "table \(table.name) needs keys")
            precondition(!table.name.hasPrefix("store_"), "table \(table.name) has our own prefix")
            let declared = Declared(kind: .table, name: table.name)
            let definition = SQL.create(table)
            let previous = recorded.removeValue(forKey: declared)
            if let previous, previous != definition {
                if let ring, try seal(layout, from: previous, by: ring) {
                    hasSealed = true
                    for index in table.indexes {
                        let declared = Declared(kind: .index, name: index.name)
                        if recorded.removeValue(forKey: declared) != nil { try forget(declared) }
                    }
                } else {
                    try addColumns(table, to: previous)
                }
            } else if previous == nil {
                try connection.execute(definition)
            }
            if previous != definition { try record(declared, definition) }
        }
        // Every program's tables must be there, but an index is only another way to find a row.
        for table in layouts.map(\.stored) {
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
        return hasSealed
    }

    /// Seals the columns of a table that have become personal since the file was made; returns false
    /// when it isn't these by which the table differs.
    private func seal(
        _ layout: SealedLayout,
        from previous: String,
        by ring: KeyRing
    ) throws(StoreError) -> Bool {
        let existing = try columnNames(layout.table)
        let open = Table(
            layout.table.name,
            key: layout.table.key,
            columns: layout.table.columns.filter { existing.contains($0.name) }
        )
        let isNullable = layout.table.columns.allSatisfy {
            existing.contains($0.name) || $0.isOptional
        }
        guard layout.isSealed, isNullable, Self.parts(SQL.create(open)) == Self.parts(previous)
        else { return false }
        try connection.execute("PRAGMA secure_delete = ON")
        let name = layout.stored.name
        let draft = Table(
            "\(name)_sealed",
            key: layout.stored.key,
            columns: layout.stored.columns
        )
        try connection.execute(SQL.create(draft))
        let columns = layout.table.key + layout.table.columns
        let values = columns.map { column in
            existing.contains(column.name) ? SQL.name(column.name) : "NULL"
        }
        let read = try Statement(
            connection,
            "SELECT \(values.joined(separator: ", ")) FROM \(SQL.name(name))"
        )
        let write = try Statement(connection, SQL.insert(draft))
        while try read.step() {
            var row = Row()
            read.read(columns.count, into: &row)
            try write.run(with: layout.seal(row, by: ring))
        }
        read.reset()
        try connection.execute(
            "DROP TABLE \(SQL.name(name)); "
                + "ALTER TABLE \(SQL.name(draft.name)) RENAME TO \(SQL.name(name))"
        )
        return true
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
