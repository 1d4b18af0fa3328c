import CivilTime
import Store

/// The replies that requests got, a commit's together.
///
/// Request ids come in the order of time, so a row for each would say little: one row tells the
/// *run* of a principal's ids that a commit answered and that were beyond all it had used before.
/// Runs don't overlap. An id that comes late, after a larger one, gets a row of its own.
final class ReplyStore {
    private static let principalsMax = 4096

    fileprivate struct Run {
        let first: [UInt8]
        var last: [UInt8]
    }

    private let path: String
    private let newest: Statement
    private let run: Statement
    private let late: Statement
    private let replies: Statement
    private let oldest: Statement
    private let insertRun: Statement
    private let insertLate: Statement
    private let insertReplies: Statement
    private let deleteRun: Statement
    private let deleteLate: Statement
    private let deleteReplies: Statement

    /// The largest id that a principal has used, nil without any. What is beyond it need not be
    /// looked up.
    private var newestIDs: [String: [UInt8]?] = [:]
    private var row = Row()

    init(_ connection: Connection) throws(StoreError) {
        path = connection.path
        newest = try Statement(
            connection,
            """
            SELECT max(last) FROM (
              SELECT max(last_id) AS last FROM store_request_run WHERE principal = ?1
              UNION ALL SELECT max(id) FROM store_request_late WHERE principal = ?1)
            """
        )
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
        oldest = try Statement(
            connection,
            "SELECT commit_number, at, replies FROM store_reply ORDER BY commit_number LIMIT 1"
        )
        insertRun = try Statement(
            connection,
            "INSERT INTO store_request_run VALUES (?, ?, ?, ?)"
        )
        insertLate = try Statement(connection, "INSERT INTO store_request_late VALUES (?, ?, ?)")
        insertReplies = try Statement(connection, "INSERT INTO store_reply VALUES (?, ?, ?)")
        deleteRun = try Statement(
            connection,
            """
            DELETE FROM store_request_run WHERE principal = ? AND last_id = ?
            AND commit_number = ?
            """
        )
        deleteLate = try Statement(
            connection,
            "DELETE FROM store_request_late WHERE principal = ? AND id = ? AND commit_number = ?"
        )
        deleteReplies = try Statement(
            connection,
            "DELETE FROM store_reply WHERE commit_number = ?"
        )
    }

    // MARK: Looking up

    /// - Complexity: constant for an id beyond all that its principal has used; else two searches,
    ///   and the replies of a commit when one of them finds something.
    func reply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        guard let newest = try newestID(of: key.principal),
            !newest.lexicographicallyPrecedes(key.id)
        else { return nil }
        if let commit = try lateCommit(key) {
            guard let reply = try reply(key, in: commit) else {
                throw .corrupt("\(path): commit \(commit) lacks a reply that it should have")
            }
            return reply
        }
        guard let commit = try runCommit(key) else { return nil }
        return try reply(key, in: commit)
    }

    private func newestID(of principal: String) throws(StoreError) -> [UInt8]? {
        if let known = newestIDs[principal] { return known }
        try newest.bind(.text(principal), at: 1)
        defer { newest.reset() }
        let id = try newest.step() && !newest.isNull(at: 0) ? [UInt8](newest.blob(at: 0)) : nil
        if newestIDs.count >= Self.principalsMax { newestIDs.removeAll() }
        newestIDs[principal] = .some(id)
        return id
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
            throw .corrupt("\(path): commit \(commit) has no replies")
        }
        var reader = try JournalReader(replies.blob(at: 0))
        return try reader.reply(to: key)
    }

    // MARK: Writing, within the caller's transaction

    func insert(_ batch: borrowing CommitBatch) throws(StoreError) {
        guard !batch.requests.isEmpty else { return }
        let commit = Int64(clamping: batch.head.commit)
        insertReplies.bind(commit, at: 1)
        insertReplies.bind(batch.at.unixSeconds, at: 2)
        try batch.replies.bytes.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            try insertReplies.bind(blob: UnsafeRawBufferPointer(bytes), at: 3)
            try insertReplies.run()
        }
        var runs: [String: Run] = [:]
        for request in batch.requests {
            let newest = try newestID(of: request.principal)
            if let newest, !newest.lexicographicallyPrecedes(request.id) {
                try writeRow(request.principal, request.id, commit: commit, by: insertLate)
                continue
            }
            newestIDs[request.principal] = .some(request.id)
            if runs[request.principal]?.extend(to: request.id) == nil {
                runs[request.principal] = Run(first: request.id, last: request.id)
            }
        }
        for (principal, run) in runs {
            try writeRow(principal, run.last, run.first, commit: commit, by: insertRun)
        }
    }

    /// To be called when a transaction failed.
    func forgetNewest() { newestIDs.removeAll() }

    /// Deletes the replies of the oldest commits before `instant`, as many as have at most `limit`
    /// of them, but always one commit's; returns how many replies went.
    func expire(before instant: Instant, limit: Int) throws(StoreError) -> Int {
        var deleted = 0
        while limit > 0, let requests = try oldestRequests(before: instant) {
            if deleted > 0, deleted + requests.keys.count > limit { break }
            for key in requests.keys {
                try writeRow(key.principal, key.id, commit: requests.commit, by: deleteRun)
                try writeRow(key.principal, key.id, commit: requests.commit, by: deleteLate)
            }
            deleteReplies.bind(requests.commit, at: 1)
            try deleteReplies.run()
            deleted += requests.keys.count
        }
        return deleted
    }

    private func oldestRequests(
        before instant: Instant
    ) throws(StoreError) -> (commit: Int64, keys: [RequestKey])? {
        defer { oldest.reset() }
        guard try oldest.step(), oldest.integer(at: 1) < instant.unixSeconds else { return nil }
        var reader = try JournalReader(oldest.blob(at: 2))
        var keys: [RequestKey] = []
        while let (key, _) = try reader.nextReply() { keys.append(key) }
        return (oldest.integer(at: 0), keys)
    }

    private func writeRow(
        _ principal: String,
        _ ids: [UInt8]...,
        commit: Int64,
        by statement: Statement
    ) throws(StoreError) {
        row.removeAll()
        row.append(text: principal)
        for id in ids { row.append(blob: id) }
        row.append(commit)
        try statement.run(with: row)
    }
}

extension ReplyStore.Run {
    fileprivate mutating func extend(to id: [UInt8]) { last = id }
}
