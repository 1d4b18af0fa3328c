import CGatheredLog
import CSQLite
import Glibc
import CivilTime
package import Sealing
package import Store

/// The store of one server in one SQLite file, with its write-ahead log beside it.
///
/// A batch is one transaction, synced once. What the file keeps besides the records, and how it is
/// brought up to date, stands in `Schema.swift`.
///
/// - Thread: one at a time, and another one for its writer; readers are made for the others.
package final class SQLiteStore: Store {
    package struct Options: Sendable {
        /// After how many pages in the write-ahead log the writer moves them into the file.
        package var checkpointPages = 4096
        /// Memory for pages, in KiB.
        package var cacheKiB = 64 * 1024
        /// The file system layer by SQLite's name of it; nil for the system's own. For tests.
        package var vfs: String?
        /// Whether a commit waits for the disk. Without, a power cut may lose and tear what was
        /// answered: this exists so that tests can show that they would notice.
        package var isSynced = true
        /// The largest size of the file in pages; 0 for no limit but the disk's.
        package var pagesMax = 0
        /// The steps by which older files are brought up to date.
        package var steps = SchemaStep.all
        /// What personal columns and stored replies are sealed by. Without, replies lie open, and there
        /// may be no personal column.
        package var keys: KeptKeyRing?

        package init() {}
    }

    private let path: String
    private let vfs: String?
    private let keys: KeptKeyRing?
    private let lock: LockFile
    private let reads: SQLiteReader
    private let replies: ReplyReads
    package let writer: any StoreWriter

    /// Opens the store at `path`, and creates it when there is none.
    ///
    /// - Parameter tables: Those of all records; a file that lacks some gets them.
    /// - Precondition: there are keys when a table has personal columns.
    /// - Throws: `busy` while another server holds the file; `schema` for a file of another program
    ///   or a newer one; `notWritable` when the place can't be written.
    package init(
        path: String,
        tables: [Table],
        options: Options = Options()
    ) throws(StoreError) {
        self.path = path
        vfs = options.vfs
        keys = options.keys
        lock = try LockFile(besides: path)
        if options.vfs == nil { Self.createPrivately(path) }
        let connection = try Connection(
            path: path,
            access: .readWrite,
            vfs: Self.writingLayer(options)
        )
        try Self.configure(connection, options)
        try SchemaUpgrade(
            connection: connection,
            steps: options.steps,
            tables: tables,
            ring: options.keys?.current
        ).run()
        writer = try SQLiteWriter(connection, tables: tables, options)
        let reading = try SQLiteReader.connect(to: path, vfs: options.vfs)
        reads = try SQLiteReader(reading, keys: options.keys)
        replies = try ReplyReads(reading, keys: options.keys)
    }

    /// Whether a file holds values that can't be read without its keys; false when there is no file.
    package static func holdsSealedValues(at path: String) throws(StoreError) -> Bool {
        try KeyProofs.areThere(in: path)
    }

    /// Makes the file, when there is none, for its owner's eyes alone; SQLite gives the files beside
    /// it the same permissions. What keeps it from being made is told when it is opened.
    private static func createPrivately(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Commits to the log in large pieces, which only those that are synced may be.
    private static func writingLayer(_ options: Options) -> String? {
        Connection.library
        guard options.isSynced, let layer = gathered_log_layer(options.vfs) else {
            return options.vfs
        }
        return String(cString: layer)
    }

    private static func configure(
        _ connection: Connection,
        _ options: Options
    ) throws(StoreError) {
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = \(options.isSynced ? "FULL" : "OFF");
            PRAGMA cache_size = -\(options.cacheKiB);
            PRAGMA temp_store = MEMORY;
            PRAGMA secure_delete = FAST;
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON
            """
        )
        try connection.takeOverCheckpoints()
        if options.pagesMax > 0 {
            try connection.execute("PRAGMA max_page_count = \(options.pagesMax)")
        }
    }

    // MARK: Reading

    package func storedReply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        try replies.reply(key)
    }

    package func newestRequestID(of principal: String) throws(StoreError) -> [UInt8]? {
        try replies.newestID(of: principal)
    }

    package func largestKey<R: Record>(
        _ type: R.Type
    ) throws(StoreError) -> Int64 where R.Key == Int64 {
        try reads.largestKey(type)
    }

    package func atOnce<Result>(_ body: () throws -> Result) throws -> Result {
        try reads.atOnce(body)
    }

    package func makeReader() throws(StoreError) -> any RecordReader {
        try SQLiteReader(path: path, keys: keys, vfs: vfs)
    }

    package func load<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R? {
        try reads.load(type, key)
    }

    package func forEachRow<Key: RecordKey>(
        of table: Table,
        under keys: [Key],
        _ visit: (inout RowReader) throws(StoreError) -> Void
    ) throws(StoreError) {
        try reads.forEachRow(of: table, under: keys, visit)
    }

    package func find<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R] {
        try reads.find(type, search)
    }

    package func count<R: Record>(_ type: R.Type) throws(StoreError) -> Int {
        try reads.count(type)
    }

    package func scan<R: Record>(
        _ type: R.Type,
        by index: Index,
        _ visit: (Int64, Int64) -> Void
    ) throws(StoreError) where R.Key == Int64 {
        try reads.scan(type, by: index, visit)
    }

    package func events(
        after sequence: UInt64,
        topics: UInt64,
        limit: Int
    ) throws(StoreError) -> [Event] {
        try reads.events(after: sequence, topics: topics, limit: limit)
    }

    package func auditEntries(
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        try reads.auditEntries(after: sequence, limit: limit)
    }

    package func auditEntries(
        of subject: String,
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        try reads.auditEntries(of: subject, after: sequence, limit: limit)
    }

    package func head() throws(StoreError) -> StoreHead { try reads.head() }
}
