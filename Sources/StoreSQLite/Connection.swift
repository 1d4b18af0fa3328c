import CSQLite
import Store

/// A connection to a SQLite file, and what is the same for all of its statements.
///
/// - Thread: one at a time.
final class Connection {
    enum Access { case readWrite, readOnly }

    private final class LogPages { var count = 0 }

    /// Sets SQLite up, once; to be named before its first use. Else the engine's connection and the
    /// writer's would wait for each other at every allocation.
    static let library: Void = banjie_sqlite_set_up()

    let path: String
    let handle: OpaquePointer
    private let pages = LogPages()

    /// Opens the file, and creates it when the access allows to.
    ///
    /// - Parameter vfs: The name of the file system layer; nil for the system's own.
    init(path: String, access: Access, vfs: String? = nil) throws(StoreError) {
        Self.library
        let flags =
            switch access {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path,
            &opened,
            flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
            vfs
        )
        guard let opened else { throw .failed("\(path): no memory for a connection") }
        guard code == SQLITE_OK else {
            let error = Connection.error(code, of: opened, path: path, doing: "opening")
            sqlite3_close_v2(opened)
            throw error
        }
        self.path = path
        handle = opened
        sqlite3_busy_timeout(opened, 5000)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that have no parameters and give no rows that matter.
    func execute(_ sql: String) throws(StoreError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil), doing: sql)
    }

    /// The integer in the first column of the first row; nil without one.
    func integer(_ sql: String) throws(StoreError) -> Int64? {
        let statement = try Statement(self, sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(at: 0) : nil
    }

    /// Whether a transaction is open.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs `body` in one transaction, which leaves nothing when it throws.
    ///
    /// - Ordering: returns only after the commit has been synced.
    func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try execute("BEGIN IMMEDIATE")
        do throws(StoreError) {
            try body()
            try execute("COMMIT")
        } catch {
            rollBack()
            throw error
        }
    }

    /// Leaves the open transaction, if there is one: after some errors SQLite has rolled back by
    /// itself. Should it fail, the transaction stays open and nothing of it is committed.
    func rollBack() {
        if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Leaves it to the caller to move the write-ahead log's pages into the file, and counts them.
    func takeOverCheckpoints() throws(StoreError) {
        // Takes away any hook: so it comes first.
        try execute("PRAGMA wal_autocheckpoint = 0")
        sqlite3_wal_hook(
            handle,
            { pages, _, _, count in
                guard let pages else { return SQLITE_OK }
                // The connection is closed before it lets go of its counter.
                Unmanaged<LogPages>.fromOpaque(pages).takeUnretainedValue().count = Int(count)
                return SQLITE_OK
            },
            Unmanaged.passUnretained(pages).toOpaque()
        )
    }

    /// How many pages the write-ahead log held after the newest commit of this connection, once
    /// checkpoints are taken over.
    var logPages: Int { pages.count }

    /// Moves what it can from the write-ahead log into the file, waiting for nobody; returns how many
    /// of the log's pages have been moved by then, nil when it failed.
    @discardableResult
    func checkpoint() -> Int? {
        var moved: Int32 = 0
        let mode = SQLITE_CHECKPOINT_PASSIVE
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, nil, &moved)
        return code == SQLITE_OK ? Int(moved) : nil
    }

    /// - Parameter isReading: Whether what was done changes nothing, so that an error of the disk
    ///   doesn't mean that it can't be written.
    func check(
        _ code: Int32,
        doing what: @autoclosure () -> String,
        isReading: Bool = false
    ) throws(StoreError) {
        guard code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE else {
            let error = Connection.error(code, of: handle, path: path, doing: what())
            if isReading, case .notWritable(let message) = error { throw .failed(message) }
            throw error
        }
    }

    private static func error(
        _ code: Int32,
        of handle: OpaquePointer,
        path: String,
        doing what: String
    ) -> StoreError {
        let message = "\(path): \(String(cString: sqlite3_errmsg(handle))) (\(code)), \(what)"
        return switch code & 0xFF {
        case SQLITE_FULL, SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN: .notWritable(message)
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy(message)
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt(message)
        default: .failed(message)
        }
    }
}
