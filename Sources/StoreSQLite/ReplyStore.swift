import CivilTime
import Store

/// The replies that requests got: a row for each request says in which commit, and where in its
/// replies, to look.
final class ReplyStore {
    private static let principalsMax = 4096

    private let path: String
    private let lookUp: Statement
    private let newest: Statement
    private let replies: Statement
    private let oldest: Statement
    private let insertRequest: Statement
    private let insertReplies: Statement
    private let deleteRequest: Statement
    private let deleteReplies: Statement
    private let changes: Statement

    /// The largest request id of a principal, nil without any: ids come in the order of time, so
    /// that nearly every new one is beyond it and need not be looked up.
    private var newestIDs: [String: [UInt8]?] = [:]
    private var row = Row()

    init(_ connection: Connection) throws(StoreError) {
        path = connection.path
        lookUp = try Statement(
            connection,
            "SELECT commit_number, position FROM store_request WHERE principal = ? AND id = ?"
        )
        newest = try Statement(
            connection,
            "SELECT id FROM store_request WHERE principal = ? ORDER BY id DESC LIMIT 1"
        )
        replies = try Statement(
            connection,
            "SELECT replies FROM store_reply WHERE commit_number = ?"
        )
        oldest = try Statement(
            connection,
            "SELECT commit_number, at, replies FROM store_reply ORDER BY commit_number LIMIT 1"
        )
        insertRequest = try Statement(
            connection,
            "INSERT INTO store_request VALUES (?, ?, ?, ?)"
        )
        insertReplies = try Statement(connection, "INSERT INTO store_reply VALUES (?, ?, ?)")
        deleteRequest = try Statement(
            connection,
            "DELETE FROM store_request WHERE principal = ? AND id = ? AND commit_number = ?"
        )
        deleteReplies = try Statement(
            connection,
            "DELETE FROM store_reply WHERE commit_number = ?"
        )
        changes = try Statement(connection, "SELECT changes()")
    }

    func reply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        guard try isKnown(key) else { return nil }
        try lookUp.bind(.text(key.principal), at: 1)
        try lookUp.bind(.blob(key.id), at: 2)
        defer { lookUp.reset() }
        guard try lookUp.step() else { return nil }
        let commit = lookUp.integer(at: 0)
        replies.bind(commit, at: 1)
        defer { replies.reset() }
        guard try replies.step() else {
            throw .corrupt("\(path): commit \(commit) has no replies")
        }
        var reader = try JournalReader(replies.blob(at: 0))
        guard let (found, reply) = try reader.reply(at: Int(lookUp.integer(at: 1))), found == key
        else { throw .corrupt("\(path): the reply in commit \(commit) is another request's") }
        return reply
    }

    /// False when the id is beyond all that its principal has used.
    private func isKnown(_ key: RequestKey) throws(StoreError) -> Bool {
        let last: [UInt8]?
        if let known = newestIDs[key.principal] {
            last = known
        } else {
            try newest.bind(.text(key.principal), at: 1)
            defer { newest.reset() }
            last = try newest.step() ? [UInt8](newest.blob(at: 0)) : nil
            if newestIDs.count >= Self.principalsMax { newestIDs.removeAll() }
            newestIDs[key.principal] = .some(last)
        }
        guard let last else { return false }
        return !last.lexicographicallyPrecedes(key.id)
    }

    /// Writes a batch's replies, within its transaction.
    func insert(_ batch: borrowing CommitBatch) throws(StoreError) {
        guard !batch.requests.isEmpty else { return }
        let commit = batch.head.commit
        insertReplies.bind(commit, at: 1)
        insertReplies.bind(batch.at.unixSeconds, at: 2)
        try batch.replies.bytes.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            try insertReplies.bind(blob: UnsafeRawBufferPointer(bytes), at: 3)
            try insertReplies.run()
        }
        for request in batch.requests {
            row.removeAll()
            row.append(text: request.key.principal)
            row.append(blob: request.key.id)
            row.append(Int64(clamping: commit))
            row.append(Int64(request.offset))
            try insertRequest.run(with: row)
            note(request.key)
        }
    }

    private func note(_ key: RequestKey) {
        guard let known = newestIDs[key.principal] else { return }
        if let known, !known.lexicographicallyPrecedes(key.id) { return }
        newestIDs[key.principal] = .some(key.id)
    }

    /// To be called when a transaction failed.
    func forgetNewest() { newestIDs.removeAll() }

    /// Deletes requests committed before `instant`, the oldest first, within a transaction; a
    /// commit's replies go with the last of its requests.
    ///
    /// - Complexity: beside the deletions, at most one commit's replies are read in vain.
    func expire(before instant: Instant, limit: Int) throws(StoreError) -> Int {
        var deleted = 0
        while deleted < limit {
            defer { oldest.reset() }
            guard try oldest.step(), oldest.integer(at: 1) < instant.unixSeconds else { break }
            let commit = oldest.integer(at: 0)
            var reader = try JournalReader(oldest.blob(at: 2))
            while deleted < limit, let (key, _) = try reader.nextReply() {
                deleted += try delete(key, commit)
            }
            guard reader.isAtEnd else { break }
            oldest.reset()
            deleteReplies.bind(commit, at: 1)
            try deleteReplies.run()
        }
        return deleted
    }

    private func delete(_ key: RequestKey, _ commit: Int64) throws(StoreError) -> Int {
        try deleteRequest.bind(.text(key.principal), at: 1)
        try deleteRequest.bind(.blob(key.id), at: 2)
        deleteRequest.bind(commit, at: 3)
        try deleteRequest.run()
        defer { changes.reset() }
        return try changes.step() ? Int(changes.integer(at: 0)) : 0
    }
}
