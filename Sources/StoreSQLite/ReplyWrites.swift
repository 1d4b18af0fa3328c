import CivilTime
import Sealing
import Store

/// Writes and forgets replies, within the caller's transaction.
final class ReplyWrites {
    private static let principalsMax = 4096

    /// The ids of a batch that lie beyond all that its principal had used before.
    private struct Run {
        private(set) var first: [UInt8]
        private(set) var last: [UInt8]

        init(_ id: [UInt8]) {
            first = id
            last = id
        }

        mutating func take(_ id: [UInt8]) {
            if id.lexicographicallyPrecedes(first) { first = id }
            if last.lexicographicallyPrecedes(id) { last = id }
        }
    }

    private let newest: NewestRequest
    private let oldest: Statement
    private let insertRun: Statement
    private let insertLate: Statement
    private let insertReplies: Statement
    private let deleteRun: Statement
    private let deleteLate: Statement
    private let deleteReplies: Statement

    /// The largest id that a principal has used, nil without any.
    private var newestIDs: [String: [UInt8]?] = [:]
    private var row = Row()

    init(_ connection: Connection) throws(StoreError) {
        newest = try NewestRequest(connection)
        oldest = try Statement(
            connection,
            """
            SELECT commit_number, at, replies, key_number FROM store_reply
            ORDER BY commit_number LIMIT 1
            """
        )
        insertRun = try Statement(
            connection,
            "INSERT INTO store_request_run VALUES (?, ?, ?, ?)"
        )
        insertLate = try Statement(connection, "INSERT INTO store_request_late VALUES (?, ?, ?)")
        insertReplies = try Statement(connection, "INSERT INTO store_reply VALUES (?, ?, ?, ?)")
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

    func insert(_ batch: borrowing CommitBatch, by ring: KeyRing?) throws(StoreError) {
        guard !batch.requests.isEmpty else { return }
        let commit = Int64(clamping: batch.head.commit)
        insertReplies.bind(commit, at: 1)
        insertReplies.bind(batch.at.unixSeconds, at: 2)
        let section = ring.map { SealedReplies.seal(batch.replies.bytes, of: commit, by: $0) }
        if let ring {
            insertReplies.bind(Int64(ring.newestKey), at: 4)
        } else {
            insertReplies.bindNull(at: 4)
        }
        try (section ?? batch.replies.bytes).withUnsafeBufferPointer { (bytes) throws(StoreError) in
            try insertReplies.bind(blob: UnsafeRawBufferPointer(bytes), at: 3)
            try insertReplies.run()
        }
        var runs: [String: Run] = [:]
        for request in batch.requests {
            let newest = try newestID(of: request.principal)
            if let newest, !newest.lexicographicallyPrecedes(request.id) {
                try writeRow(request.principal, request.id, commit: commit, by: insertLate)
            } else if runs[request.principal] == nil {
                runs[request.principal] = Run(request.id)
            } else {
                // Clients' clocks aren't one: within a batch ids come as they come.
                runs[request.principal]?.take(request.id)
            }
        }
        for (principal, run) in runs {
            try writeRow(principal, run.last, run.first, commit: commit, by: insertRun)
            newestIDs[principal] = .some(run.last)
        }
    }

    private func newestID(of principal: String) throws(StoreError) -> [UInt8]? {
        if let known = newestIDs[principal] { return known }
        let id = try newest.id(of: principal)
        if newestIDs.count >= Self.principalsMax { newestIDs.removeAll() }
        newestIDs[principal] = .some(id)
        return id
    }

    /// To be called when a transaction failed.
    func forgetNewest() { newestIDs.removeAll() }

    /// Deletes the replies of the oldest commits before `instant`, as many as have at most `limit`
    /// of them, but always one commit's; returns how many replies went.
    func expire(
        before instant: Instant,
        limit: Int,
        by ring: KeyRing?
    ) throws(StoreError) -> Int {
        var deleted = 0
        while limit > 0, let requests = try oldestRequests(before: instant, by: ring) {
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
        before instant: Instant,
        by ring: KeyRing?
    ) throws(StoreError) -> (commit: Int64, keys: [RequestKey])? {
        defer { oldest.reset() }
        guard try oldest.step(), oldest.integer(at: 1) < instant.unixSeconds else { return nil }
        let commit = oldest.integer(at: 0)
        let keys = try SealedReplies.withOpened(oldest, at: 2, of: commit, by: ring) {
            (section) throws(StoreError) -> [RequestKey] in
            var reader = try JournalReader(section)
            var keys: [RequestKey] = []
            while let (key, _) = try reader.nextReply() { keys.append(key) }
            return keys
        }
        return (commit, keys)
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
