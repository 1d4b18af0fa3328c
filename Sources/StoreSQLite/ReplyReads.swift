import CivilTime
import Store

// The replies that requests got, a commit's together.
//
// Request ids come in the order of time, so a row for each would say little: one row tells the *run*
// of a principal's ids that a commit answered and that were beyond all it had used before. Runs don't
// overlap. An id that comes late, after a larger one, gets a row of its own.

/// Looks up replies.
final class ReplyReads {
    private let connection: Connection
    private let newest: NewestRequest
    private let run: Statement
    private let late: Statement
    private let replies: Statement

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
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
            "SELECT replies FROM store_reply WHERE commit_number = ?"
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
        var reader = try JournalReader(replies.blob(at: 0))
        return try reader.reply(to: key)
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
