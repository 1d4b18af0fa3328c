import Glibc
import Sealing
import Store

/// What shows by which keys the file's values are sealed: for each key a known text that it has sealed.
/// So a key file that lacks one, or is another's, is noticed before anything is read or written.
final class KeyProofs {
    private static let text = Array("banjie".utf8)

    private let connection: Connection
    /// The key that was proved last.
    private var proved: UInt32?

    init(_ connection: Connection) throws(StoreError) { self.connection = connection }

    /// Whether a file holds sealed values; false when there is no file.
    static func areThere(in path: String) throws(StoreError) -> Bool {
        guard access(path, F_OK) == 0 else { return false }
        let connection = try Connection(path: path, access: .readWrite)
        let tables = try connection.integer(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'store_key'"
        )
        guard let tables, tables > 0 else { return false }
        return try connection.integer("SELECT count(*) FROM store_key") ?? 0 > 0
    }

    /// - Throws: `failed` when a key that something was sealed by isn't there, or is another's.
    func check(_ ring: KeyRing?) throws(StoreError) {
        let statement = try Statement(connection, "SELECT key_number, proof FROM store_key")
        defer { statement.reset() }
        while try statement.step() {
            let number = UInt32(clamping: statement.integer(at: 0))
            guard let ring else {
                throw .failed(
                    "\(connection.path) holds values sealed by key \(number): name the key file"
                )
            }
            do throws(SealingError) {
                _ = try ring.open([UInt8](statement.blob(at: 1)), for: Self.place(number))
            } catch {
                throw .failed("\(connection.path) wasn't sealed by these keys: \(error)")
            }
        }
    }

    /// Adds the proof of the newest key, within the caller's transaction.
    func add(_ ring: KeyRing) throws(StoreError) {
        guard proved != ring.newestKey else { return }
        let statement = try Statement(
            connection,
            "INSERT OR IGNORE INTO store_key VALUES (?, ?)"
        )
        statement.bind(Int64(ring.newestKey), at: 1)
        try statement.bind(.blob(ring.seal(Self.text, for: Self.place(ring.newestKey))), at: 2)
        try statement.run()
        proved = ring.newestKey
    }

    /// Removes the proofs of the keys that nothing is sealed by any more, and returns their numbers.
    func removeOthers(than ring: KeyRing) throws(StoreError) -> [UInt32] {
        let newest = Int64(ring.newestKey)
        let statement = try Statement(
            connection,
            "DELETE FROM store_key WHERE key_number <> ? RETURNING key_number"
        )
        defer { statement.reset() }
        statement.bind(newest, at: 1)
        var numbers: [UInt32] = []
        while try statement.step() { numbers.append(UInt32(clamping: statement.integer(at: 0))) }
        return numbers
    }

    /// To be called when a transaction failed.
    func forget() { proved = nil }

    private static func place(_ number: UInt32) -> SealedPlace {
        SealedPlace(table: "store_key", column: "proof", key: "\(number)")
    }
}

/// Seals anew what older keys have sealed, in slices, each within a transaction of the caller's: first
/// the personal columns, table by table, then the replies.
final class SealingSweep {
    private let connection: Connection
    private let tables: [TableSweep]
    private let outdatedReplies: Statement
    private let updateReplies: Statement

    /// The keys by which it seals; nil when it hasn't begun.
    private var ring: KeyRing?
    private var table = 0
    /// The commit whose replies were looked at last.
    private var commit: Int64 = 0
    private var isFinished = false

    init(_ connection: Connection, _ tables: [Table]) throws(StoreError) {
        self.connection = connection
        var sweeps: [TableSweep] = []
        for layout in tables.map(SealedLayout.init) where layout.isSealed {
            sweeps.append(try TableSweep(connection, layout))
        }
        self.tables = sweeps
        outdatedReplies = try Statement(
            connection,
            """
            SELECT commit_number, replies, key_number FROM store_reply
            WHERE commit_number > ? AND key_number IS NOT ? ORDER BY commit_number LIMIT ?
            """
        )
        updateReplies = try Statement(
            connection,
            "UPDATE store_reply SET replies = ?, key_number = ? WHERE commit_number = ?"
        )
    }

    func restart() { ring = nil }

    /// Looks at about `limit` rows more; returns whether that were the last.
    func run(limit: Int, by ring: KeyRing) throws(StoreError) -> Bool {
        if self.ring !== ring {
            self.ring = ring
            table = 0
            commit = 0
            isFinished = false
            for table in tables { table.restart() }
        }
        if isFinished { return true }
        var rest = limit
        while table < tables.count, rest > 0 {
            let count = try tables[table].run(limit: rest, by: ring)
            if count < rest { table += 1 }
            rest -= count
        }
        if table == tables.count, rest > 0 {
            isFinished = try resealReplies(limit: rest, by: ring) < rest
        }
        return isFinished
    }

    private func resealReplies(limit: Int, by ring: KeyRing) throws(StoreError) -> Int {
        var found: [(commit: Int64, section: [UInt8])] = []
        outdatedReplies.bind(commit, at: 1)
        outdatedReplies.bind(Int64(ring.newestKey), at: 2)
        outdatedReplies.bind(Int64(limit), at: 3)
        do {
            defer { outdatedReplies.reset() }
            while try outdatedReplies.step() {
                let commit = outdatedReplies.integer(at: 0)
                let section = try SealedReplies.withOpened(
                    outdatedReplies,
                    at: 1,
                    of: commit,
                    by: ring
                ) { (section) throws(StoreError) in [UInt8](section) }
                found.append((commit, section))
            }
        }
        for (commit, section) in found {
            let sealed = SealedReplies.seal(section, of: commit, by: ring)
            try updateReplies.bind(.blob(sealed), at: 1)
            updateReplies.bind(Int64(ring.newestKey), at: 2)
            updateReplies.bind(commit, at: 3)
            try updateReplies.run()
            self.commit = commit
        }
        return found.count
    }
}

/// The sweep of one table, in the order of its keys.
private final class TableSweep {
    private let layout: SealedLayout
    private let first: Statement
    private let next: Statement
    private let update: Statement
    /// The key of the row that was looked at last; nil before the first.
    private var last: [Value]?

    init(_ connection: Connection, _ layout: SealedLayout) throws(StoreError) {
        self.layout = layout
        let table = layout.stored
        let keys = table.key.map { SQL.name($0.name) }
        let select =
            "SELECT \(SQL.names(table.key + table.columns)) FROM \(SQL.name(table.name))"
        let order = " ORDER BY \(keys.joined(separator: ", ")) LIMIT ?"
        first = try Statement(connection, select + order)
        let places = keys.map { _ in "?" }.joined(separator: ", ")
        next = try Statement(
            connection,
            "\(select) WHERE (\(keys.joined(separator: ", "))) > (\(places))\(order)"
        )
        update = try Statement(connection, SQL.update(table, columns: Self.columns(of: layout)))
    }

    /// The sealed columns and the hashes.
    private static func columns(of layout: SealedLayout) -> UInt64 {
        layout.storedColumns(layout.personal.reduce(0) { $0 | 1 << UInt64($1) })
    }

    func restart() { last = nil }

    /// Looks at `limit` rows, and returns how many there were.
    func run(limit: Int, by ring: KeyRing) throws(StoreError) -> Int {
        var rows: [Row] = []
        let statement = last == nil ? first : next
        do {
            defer { statement.reset() }
            var place: Int32 = 0
            for value in last ?? [] {
                place += 1
                try statement.bind(value, at: place)
            }
            statement.bind(Int64(limit), at: place + 1)
            let width = layout.stored.key.count + layout.stored.columns.count
            while try statement.step() {
                var row = Row()
                statement.read(width, into: &row)
                rows.append(row)
            }
        }
        for row in rows {
            if let sealed = try resealed(row, by: ring) { try write(sealed) }
            last = layout.table.key.indices.map(row.value(at:))
        }
        return rows.count
    }

    /// The row sealed anew; nil when the newest keys have sealed it.
    private func resealed(_ row: Row, by ring: KeyRing) throws(StoreError) -> Row? {
        let width = layout.table.key.count
        let opened = try layout.open(row, by: ring)
        var isOutdated = false
        for position in layout.personal {
            guard let sealed = row.content(at: width + position) else { continue }
            // It was opened, so it is a sealed one.
            isOutdated = isOutdated || ((try? ring.isOutdated(sealed)) ?? true)
        }
        for (number, position) in layout.hashed.enumerated() {
            let text = opened.content(at: width + position)
            let hash = text.map {
                layout.hash(of: $0, layout.table.columns[position].name, by: ring)
            }
            let stored = row.content(at: width + layout.table.columns.count + number)
            isOutdated = isOutdated || hash != stored
        }
        return isOutdated ? layout.seal(opened, by: ring) : nil
    }

    private func write(_ row: Row) throws(StoreError) {
        let width = layout.stored.key.count
        let columns = Self.columns(of: layout)
        var place: Int32 = 0
        for column in layout.stored.columns.indices where columns & (1 << UInt64(column)) != 0 {
            place += 1
            try update.bind(row.value(at: width + column), at: place)
        }
        for position in 0..<width {
            place += 1
            try update.bind(row.value(at: position), at: place)
        }
        try update.run()
    }
}
