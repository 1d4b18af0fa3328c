package import Sealing
package import Store

/// The column of a table; where pages of a terminal have columns too, `Column` is theirs.
package typealias StoredColumn = Column

/// Everything that a store's file says, as of one commit, for whoever takes it elsewhere. A running server
/// isn't disturbed.
///
/// What serves only the delivery of the rest is left out: events, replies, and the hashes by which sealed
/// values are found.
package struct StoreExport {
    /// The last commit that is seen.
    package let head: StoreHead
    private let connection: Connection
    private let journal: JournalReads
    private let keys: KeyRing?

    /// - Parameter keys: what opens personal data; without, their columns are left out.
    /// - Throws: `schema` for a file whose tables aren't `tables`; `failed` for one that other keys sealed.
    package init(path: String, tables: [Table], keys: KeyRing?) throws(StoreError) {
        self.keys = keys
        connection = try StoreBackup.openStore(path)
        guard try SchemaUpgrade(connection: connection, steps: [], tables: tables).isDone() else {
            throw .schema(
                "\(path) was written by another version of the program: export it with that one, or start "
                    + "this one's server on it first"
            )
        }
        if let keys { try KeyProofs(connection).check(keys) }
        // From here on the file shows one commit, whatever is written.
        try connection.execute("BEGIN")
        journal = try JournalReads(connection)
        head = try journal.head()
    }

    /// The columns of a table whose values are told: the key's first.
    package func columns(of table: Table) -> [Column] {
        (table.key + table.columns).filter(isTold)
    }

    private func isTold(_ column: Column) -> Bool { keys != nil || !column.isPersonal }

    /// Visits the rows of a table in the order of their keys, each with the values of `columns(of:)`.
    ///
    /// - Complexity: reads the table once, keeps one row in memory.
    package func forEachRow(of table: Table, _ visit: ([Value]) throws -> Void) throws {
        let layout = SealedLayout(table)
        let statement = try Statement(connection, SQL.all(table))
        defer { statement.reset() }
        let columns = table.key + table.columns
        let told = columns.indices.filter { isTold(columns[$0]) }
        while try statement.step() {
            var row = Row()
            statement.read(columns.count, into: &row)
            if let keys, layout.isSealed { row = try layout.open(row, by: keys) }
            try visit(told.map(row.value(at:)))
        }
    }

    /// Visits the audit log in its order.
    package func forEachAuditEntry(_ visit: (AuditEntry) throws -> Void) throws {
        var last: UInt64 = 0
        while true {
            let entries = try journal.auditEntries(after: last, limit: Self.entriesAtOnce)
            for entry in entries { try visit(entry) }
            guard let newest = entries.last else { return }
            last = newest.sequence
        }
    }

    private static let entriesAtOnce = 1000
}
