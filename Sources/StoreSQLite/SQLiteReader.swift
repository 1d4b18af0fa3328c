import CSQLite
import CivilTime
package import Sealing
package import Store

/// Reads of the committed records, on one connection.
package final class SQLiteReader: RecordReader {
    private let connection: Connection
    private let keys: KeptKeyRing?
    private var tables: [String: TableReads] = [:]
    private let journal: JournalReads

    init(_ connection: Connection, keys: KeptKeyRing?) throws(StoreError) {
        self.connection = connection
        self.keys = keys
        journal = try JournalReads(connection)
    }

    /// A reader on a connection of its own, which can't write.
    ///
    /// - Parameter keys: What opens personal data; without, those can't be read.
    package convenience init(
        path: String,
        keys: KeptKeyRing? = nil,
        vfs: String? = nil
    ) throws(StoreError) {
        try self.init(try Self.connect(to: path, vfs: vfs), keys: keys)
    }

    /// A connection that can't write.
    static func connect(to path: String, vfs: String?) throws(StoreError) -> Connection {
        let connection = try Connection(path: path, access: .readOnly, vfs: vfs)
        try connection.execute("PRAGMA query_only = ON; PRAGMA cache_size = -16384")
        return connection
    }

    private func reads(_ table: Table) throws(StoreError) -> TableReads {
        if let reads = tables[table.name] { return reads }
        let reads = try TableReads(connection, table)
        tables[table.name] = reads
        return reads
    }

    package func atOnce<Result>(_ body: () throws -> Result) throws -> Result {
        try connection.execute("BEGIN")
        defer { connection.rollBack() }
        return try body()
    }

    // MARK: Records

    package func load<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R? {
        try reads(R.table).row(under: key, by: keys, R.init(whole:))
    }

    /// See `Store.forEachRow`; locks the write-ahead log once for all of them.
    func forEachRow<Key: RecordKey>(
        of table: Table,
        under keys: [Key],
        _ visit: (inout RowReader) throws(StoreError) -> Void
    ) throws(StoreError) {
        let reads = try reads(table)
        try connection.execute("BEGIN")
        defer { connection.rollBack() }
        for key in keys { try reads.row(under: key, by: self.keys, visit) }
    }

    package func find<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R] {
        let reads = try reads(R.table)
        let hashes = try reads.layout.hashes(of: search, by: keys?.current)
        let statement = try reads.find(search, hashCounts: hashes.mapValues(\.count))
        defer { statement.reset() }
        var others: [[UInt8]] = []
        var place: Int32 = 0
        for (position, value) in (search.prefix + (search.after ?? [])).enumerated() {
            place += 1
            if let hashes = hashes[position] {
                try statement.bind(.blob(hashes[0]), at: place)
                others += hashes.dropFirst()
            } else if value != .null {
                try statement.bind(value, at: place)
            }
        }
        place += 1
        statement.bind(Int64(max(0, search.limit)), at: place)
        for hash in others {
            place += 1
            try statement.bind(.blob(hash), at: place)
        }
        var found: [R] = []
        while try statement.step() {
            found.append(try reads.row(of: statement, by: keys, R.init(whole:)))
        }
        return found
    }

    package func count<R: Record>(_ type: R.Type) throws(StoreError) -> Int {
        let count = try connection.integer("SELECT count(*) FROM \(SQL.name(R.table.name))")
        return Int(count ?? 0)
    }

    package func scan<R: Record>(
        _ type: R.Type,
        by index: Index,
        _ visit: (Int64, Int64) -> Void
    ) throws(StoreError) where R.Key == Int64 {
        let layout = try reads(R.table).layout
        let statement = try Statement(connection, SQL.scan(by: index, in: layout))
        defer { statement.reset() }
        while try statement.step() { visit(statement.integer(at: 0), statement.integer(at: 1)) }
    }

    func largestKey<R: Record>(_ type: R.Type) throws(StoreError) -> Int64 where R.Key == Int64 {
        max(0, try connection.integer(SQL.largestKey(R.table)) ?? 0)
    }

    // MARK: The log

    package func events(
        after sequence: UInt64,
        topics: UInt64,
        limit: Int
    ) throws(StoreError) -> [Event] {
        try journal.events(after: sequence, topics: topics, limit: limit)
    }

    package func auditEntries(
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        try journal.auditEntries(after: sequence, limit: limit)
    }

    package func auditEntries(
        of subject: String,
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        try journal.auditEntries(of: subject, after: sequence, limit: limit)
    }

    package func head() throws(StoreError) -> StoreHead { try journal.head() }
}

/// The statements that read one table, and the memory in which its rows pass.
private final class TableReads {
    private static let preparedSearchesMax = 64

    let table: Table
    let layout: SealedLayout
    let load: Statement
    var writer = RowWriter()
    private let connection: Connection
    private var searches: [SearchShape: Statement] = [:]
    private var reader: RowReader

    init(_ connection: Connection, _ table: Table) throws(StoreError) {
        self.connection = connection
        self.table = table
        layout = SealedLayout(table)
        load = try Statement(connection, SQL.load(table))
        reader = RowReader(table: table.name)
    }

    /// - Parameter hashCounts: See `SearchShape`.
    func find(_ search: Search, hashCounts: [Int: Int]) throws(StoreError) -> Statement {
        let shape = SearchShape(search, hashCounts: hashCounts)
        if let statement = searches[shape] { return statement }
        if searches.count >= Self.preparedSearchesMax { searches.removeAll() }
        let statement = try Statement(connection, shape.sql(layout))
        searches[shape] = statement
        return statement
    }

    /// What `read` makes of the row of a key; nil when there is none.
    func row<Key: RecordKey, Result>(
        under key: Key,
        by keys: KeptKeyRing?,
        _ read: (inout RowReader) throws(StoreError) -> Result
    ) throws(StoreError) -> Result? {
        defer { load.reset() }
        writer.removeAll()
        key.write(to: &writer)
        for (position, cell) in writer.row.cells.enumerated() {
            try load.bind(writer.row, cell, at: Int32(position) + 1)
        }
        return try load.step() ? try row(of: load, by: keys, read) : nil
    }

    /// What `read` makes of the statement's row, which holds the key's columns, then the table's.
    func row<Result>(
        of statement: Statement,
        by keys: KeptKeyRing?,
        _ read: (inout RowReader) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let count = table.key.count + table.columns.count
        if layout.isSealed {
            guard let keys else { throw .keyless(table) }
            var sealed = Row()
            statement.read(count, into: &sealed)
            let opened = try layout.open(sealed, by: keys.current)
            reader.replace { $0 = opened }
        } else {
            reader.replace { statement.read(count, into: &$0) }
        }
        return try read(&reader)
    }
}

extension Statement {
    /// Binds a copy of one of a row's values.
    fileprivate func bind(
        _ row: borrowing Row,
        _ cell: Row.Cell,
        at place: Int32
    ) throws(StoreError) {
        switch cell {
        case .null: bindNull(at: place)
        case .integer(let integer): bind(integer, at: place)
        case .text, .blob: try bind(row.value(at: Int(place) - 1), at: place)
        }
    }
}
