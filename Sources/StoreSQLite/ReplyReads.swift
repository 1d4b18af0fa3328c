import CivilTime
import Sealing
import Store

// The replies that requests got, a commit's together.
//
// Request ids come in the order of time, so a row for each would say little: one row tells the *run*
// of a principal's ids that a commit answered and that were beyond all it had used before. Runs don't
// overlap. An id that comes late, after a larger one, gets a row of its own.

/// Looks up replies.
final class ReplyReads {
    private let connection: Connection
    private let keys: KeptKeyRing?
    private let newest: NewestRequest
    private let run: Statement
    private let late: Statement
    private let replies: Statement

    init(_ connection: Connection, keys: KeptKeyRing?) throws(StoreError) {
        self.connection = connection
        self.keys = keys
        newest = try NewestRequest(connection)
        run = try Statement(
            connection,
            """
            SELECT first_id, commit_number FROM store_request_run
            WHERE principal = ? AND last_id >= ? ORDER BY last_id LIMIT 1
            """
        )
        late = try Statement(
            connection,
            "SELECT commit_number FROM store_request_late WHERE principal = ? AND id = ?"
        )
        replies = try Statement(
            connection,
            "SELECT replies, key_number FROM store_reply WHERE commit_number = ?"
        )
    }

    /// The largest id that a principal has used; nil without any.
    func newestID(of principal: String) throws(StoreError) -> [UInt8]? {
        try newest.id(of: principal)
    }

    /// - Complexity: two searches, and the replies of a commit when one of them finds something.
    func reply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        // One snapshot: replies may expire between two statements.
        try connection.execute("BEGIN")
        defer { connection.rollBack() }
        if let commit = try lateCommit(key) {
            guard let reply = try reply(key, in: commit) else {
                throw .corrupt(
                    "\(connection.path): commit \(commit) lacks a reply that it should have"
                )
            }
            return reply
        }
        guard let commit = try runCommit(key) else { return nil }
        return try reply(key, in: commit)
    }

    private func lateCommit(_ key: RequestKey) throws(StoreError) -> Int64? {
        try late.bind(.text(key.principal), at: 1)
        try late.bind(.blob(key.id), at: 2)
        defer { late.reset() }
        return try late.step() ? late.integer(at: 0) : nil
    }

    /// The commit whose run goes over the id, which it need not have answered.
    private func runCommit(_ key: RequestKey) throws(StoreError) -> Int64? {
        try run.bind(.text(key.principal), at: 1)
        try run.bind(.blob(key.id), at: 2)
        defer { run.reset() }
        guard try run.step(), !key.id.lexicographicallyPrecedes(run.blob(at: 0)) else {
            return nil
        }
        return run.integer(at: 1)
    }

    private func reply(_ key: RequestKey, in commit: Int64) throws(StoreError) -> StoredReply? {
        replies.bind(commit, at: 1)
        defer { replies.reset() }
        guard try replies.step() else {
            throw .corrupt("\(connection.path): commit \(commit) has no replies")
        }
        return try SealedReplies.withOpened(replies, at: 0, of: commit, by: keys?.current) {
            (section) throws(StoreError) in
            var reader = try JournalReader(section)
            return try reader.reply(to: key)
        }
    }
}

/// The replies of a commit, sealed together: they may hold what their callers were told of people.
enum SealedReplies {
    static func seal(_ section: [UInt8], of commit: Int64, by ring: KeyRing) -> [UInt8] {
        ring.seal(section, for: place(commit))
    }

    /// Reads the section in a statement's row, and the number of its key in the next column: null when
    /// it isn't sealed.
    static func withOpened<Result>(
        _ statement: Statement,
        at column: Int32,
        of commit: Int64,
        by ring: KeyRing?,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        guard !statement.isNull(at: column + 1) else { return try body(statement.blob(at: column)) }
        guard let ring else { throw .failed("the stored replies are sealed: name the key file") }
        let sealed = [UInt8](statement.blob(at: column))
        let opened: [UInt8]
        do throws(SealingError) {
            opened = try ring.open(sealed, for: place(commit))
        } catch {
            throw .corrupt("the replies of commit \(commit): \(error)")
        }
        return try opened.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            try body(UnsafeRawBufferPointer(bytes))
        }
    }

    private static func place(_ commit: Int64) -> SealedPlace {
        SealedPlace(table: "store_reply", column: "replies", key: "\(commit)")
    }
}

/// Finds the largest id that a principal has used.
final class NewestRequest {
    private let statement: Statement

    init(_ connection: Connection) throws(StoreError) {
        statement = try Statement(
            connection,
            """
            SELECT max(last) FROM (
              SELECT max(last_id) AS last FROM store_request_run WHERE principal = ?1
              UNION ALL SELECT max(id) FROM store_request_late WHERE principal = ?1)
            """
        )
    }

    /// Nil when it has used none.
    func id(of principal: String) throws(StoreError) -> [UInt8]? {
        try statement.bind(.text(principal), at: 1)
        defer { statement.reset() }
        guard try statement.step(), !statement.isNull(at: 0) else { return nil }
        return [UInt8](statement.blob(at: 0))
    }
}
