import CSQLite
import CivilTime
import Sealing
import Store

/// Writes batches, on a connection of its own.
final class SQLiteWriter: StoreWriter {
    /// As many of the log's pages the writer moves itself: a few milliseconds' work.
    private static let remainderMax = 512
    /// From this many times the pages that begin to be moved on, the writer moves the rest itself.
    private static let longestLog = 4

    private let connection: Connection
    private let checkpointPages: Int
    /// Nil when the writer moves the log's pages by itself.
    private let checkpointer: Checkpointer?
    /// How many pages the log held when this was last looked at.
    private var tidiedPages = 0
    /// How many it holds when the writer moves the rest itself, however much.
    private var ownTurnPages: Int
    private let journal: JournalReads
    private let batches: BatchWriter
    private let replies: ReplyWrites
    private let keys: KeptKeyRing?
    private let proofs: KeyProofs
    private let sweep: SealingSweep
    private let beginning: Statement
    private let committing: Statement

    init(
        _ connection: Connection,
        tables: [Table],
        _ options: SQLiteStore.Options
    ) throws(StoreError) {
        self.connection = connection
        checkpointPages = options.checkpointPages
        ownTurnPages = Self.longestLog * options.checkpointPages
        checkpointer = options.vfs == nil ? Checkpointer(path: connection.path) : nil
        journal = try JournalReads(connection)
        batches = try BatchWriter(connection)
        replies = try ReplyWrites(connection)
        keys = options.keys
        proofs = try KeyProofs(connection)
        sweep = try SealingSweep(connection, tables)
        beginning = try Statement(connection, "BEGIN IMMEDIATE")
        committing = try Statement(connection, "COMMIT")
    }

    func head() throws(StoreError) -> StoreHead { try journal.head() }

    func commit(_ batch: borrowing CommitBatch) throws(StoreError) {
        do throws(StoreError) {
            try begin()
            // One ring for the whole batch, which is proved before it seals.
            let ring = keys?.current
            if let ring { try proofs.add(ring) }
            try batches.write(batch, by: ring)
            try replies.insert(batch, by: ring)
            try committing.run()
        } catch {
            rollBack()
            throw error
        }
    }

    func expireReplies(before instant: Instant, limit: Int) throws(StoreError) -> Int {
        var deleted = 0
        do throws(StoreError) {
            try begin()
            deleted = try replies.expire(before: instant, limit: limit, by: keys?.current)
            try committing.run()
        } catch {
            rollBack()
            throw error
        }
        tidy()
        return deleted
    }

    func reseal(limit: Int) throws(StoreError) -> Resealing {
        guard let ring = keys?.current else { return .finished(unneeded: []) }
        var unneeded: [UInt32]?
        do throws(StoreError) {
            try begin()
            try proofs.add(ring)
            if try sweep.run(limit: limit, by: ring) {
                unneeded = try proofs.removeOthers(than: ring)
            }
            try committing.run()
        } catch {
            rollBack()
            throw error
        }
        tidy()
        return unneeded.map { .finished(unneeded: $0) } ?? .unfinished
    }

    private func begin() throws(StoreError) {
        // A rollback that failed left its transaction open: nothing may be added to that.
        if connection.isInTransaction { try connection.execute("ROLLBACK") }
        try beginning.run()
    }

    private func rollBack() {
        connection.rollBack()
        replies.forgetNewest()
        proofs.forget()
        sweep.restart()
    }

    /// Has the write-ahead log's pages moved into the file when there are many, without waiting for
    /// readers. Fails silently: what is in the log is durable, and the next commit tries again.
    func tidy() {
        let pages = connection.logPages
        // Only a log that was begun anew is shorter than it was.
        if pages < tidiedPages {
            checkpointer?.forget()
            ownTurnPages = Self.longestLog * checkpointPages
        }
        tidiedPages = pages
        guard pages >= checkpointPages else { return }
        guard let checkpointer else {
            connection.checkpoint()
            return
        }
        guard let remaining = checkpointer.remaining(of: pages) else { return }
        // A log that grows faster than it is moved would never begin anew, and a page is looked up in it the
        // slower the longer it is: from some length on the writer itself moves the rest, however much.
        if remaining > Self.remainderMax, pages < ownTurnPages {
            checkpointer.start()
        } else if connection.checkpoint() ?? 0 < pages {
            // A reader holds the rest, a backup or an export perhaps: to look at all of it again with each
            // commit would cost these, and move nothing.
            ownTurnPages = pages + Self.longestLog * checkpointPages
        }
    }
}
