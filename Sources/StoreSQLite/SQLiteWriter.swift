import CSQLite
import CivilTime
import Store

/// Writes batches, on a connection of its own.
final class SQLiteWriter: StoreWriter {
    /// As many of the log's pages the writer moves itself: a few milliseconds' work.
    private static let remainderMax = 512

    private let connection: Connection
    private let checkpointPages: Int
    /// Nil when the writer moves the log's pages by itself.
    private let checkpointer: Checkpointer?
    private let journal: JournalReads
    private let batches: BatchWriter
    private let replies: ReplyWrites
    private let beginning: Statement
    private let committing: Statement

    init(_ connection: Connection, _ options: SQLiteStore.Options) throws(StoreError) {
        self.connection = connection
        checkpointPages = options.checkpointPages
        checkpointer = options.vfs == nil ? Checkpointer(path: connection.path) : nil
        journal = try JournalReads(connection)
        batches = try BatchWriter(connection)
        replies = try ReplyWrites(connection)
        beginning = try Statement(connection, "BEGIN IMMEDIATE")
        committing = try Statement(connection, "COMMIT")
    }

    func head() throws(StoreError) -> StoreHead { try journal.head() }

    func commit(_ batch: borrowing CommitBatch) throws(StoreError) {
        do throws(StoreError) {
            try begin()
            try batches.write(batch)
            try replies.insert(batch)
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
            deleted = try replies.expire(before: instant, limit: limit)
            try committing.run()
        } catch {
            rollBack()
            throw error
        }
        tidy()
        return deleted
    }

    private func begin() throws(StoreError) {
        // A rollback that failed left its transaction open: nothing may be added to that.
        if connection.isInTransaction { try connection.execute("ROLLBACK") }
        try beginning.run()
    }

    private func rollBack() {
        connection.rollBack()
        replies.forgetNewest()
    }

    /// Has the write-ahead log's pages moved into the file when there are many, without waiting for
    /// readers. Fails silently: what is in the log is durable, and the next commit tries again.
    func tidy() {
        guard connection.logPages >= checkpointPages else { return }
        guard let checkpointer else {
            connection.checkpoint()
            return
        }
        guard let remaining = checkpointer.remaining(of: connection.logPages) else { return }
        if remaining > Self.remainderMax {
            checkpointer.start()
        } else {
            connection.checkpoint()
            checkpointer.forget()
        }
    }
}
