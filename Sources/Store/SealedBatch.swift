package import CivilTime
import Digest

/// A batch of a unit of work whose commands have all run: what is left is to number it, to write it,
/// and to wait for the disk.
///
/// It shares nothing with the unit of work, so that a `BatchCommitter` may take it to another thread.
package struct SealedBatch: Sendable {
    /// An answer to be kept under the id of its request.
    struct Answered: Sendable {
        let key: RequestKey
        let reply: StoredReply
    }

    package let at: Instant
    /// In the order of the tables' names.
    let tables: [TableChanges]
    let audited: [AuditDraft]
    let published: [EventDraft]
    let replies: [Answered]

    /// Whether there is nothing to make durable.
    package var isEmpty: Bool {
        tables.isEmpty && audited.isEmpty && published.isEmpty && replies.isEmpty
    }
}

/// Numbers sealed batches, chains their audit entries, and has them written, one after the other.
///
/// - Thread: one at a time, which need not be that of the unit of work.
package final class BatchCommitter {
    private let writer: any StoreWriter
    /// Nil after a failed commit, until the store could be asked again.
    private var head: StoreHead?

    // Reused from batch to batch.
    private var hasher = SHA256Stream()
    private var auditSection = JournalSection()
    private var eventSection = JournalSection()
    private var replySection = JournalSection()

    init(_ writer: any StoreWriter) throws(StoreError) {
        self.writer = writer
        head = try writer.head()
    }

    /// Makes a batch durable, whole or not at all.
    ///
    /// - Ordering: what depends on the batch may be answered, published or armed only AFTER.
    /// - Throws: after `notWritable` the next batch may succeed. Should the process die before the
    ///   next commit, the batch may turn up whole: its commands' outcome is unknown rather than
    ///   refused.
    package func commit(_ batch: SealedBatch) throws(StoreError) -> CommitSummary {
        let before: StoreHead
        if let head { before = head } else { before = try writer.head() }
        head = nil
        let numbered = number(batch, after: before)
        try writer.commit(numbered)
        head = numbered.head
        return CommitSummary(head: numbered.head, topics: numbered.topics)
    }

    /// See `StoreWriter.tidy`.
    package func tidy() { writer.tidy() }

    /// See `StoreWriter.expireReplies`.
    package func expireReplies(before instant: Instant, limit: Int) throws(StoreError) -> Int {
        try writer.expireReplies(before: instant, limit: limit)
    }

    /// See `StoreWriter.reseal`.
    package func reseal(limit: Int) throws(StoreError) -> Resealing {
        try writer.reseal(limit: limit)
    }

    /// Numbers the batch's entries, chains the audit log, and writes all of them as bytes.
    private func number(_ batch: SealedBatch, after before: StoreHead) -> CommitBatch {
        var head = before
        head.commit += 1
        head.at = batch.at

        auditSection.removeAll()
        var subjects: [CommitBatch.AuditSubject] = []
        for draft in batch.audited {
            head.auditSequence += 1
            auditSection.append(
                draft,
                sequence: head.auditSequence,
                hash: &head.auditHash,
                by: &hasher
            )
            if draft.isFoundBySubject {
                subjects.append(
                    CommitBatch.AuditSubject(subject: draft.subject, sequence: head.auditSequence)
                )
            }
        }
        auditSection.seal()

        eventSection.removeAll()
        var topics: UInt64 = 0
        for draft in batch.published {
            head.eventSequence += 1
            eventSection.append(Event(sequence: head.eventSequence, draft: draft))
            topics |= 1 << UInt64(draft.topic)
        }
        eventSection.seal()

        replySection.removeAll()
        for answered in batch.replies { replySection.append(answered.key, answered.reply) }
        replySection.seal()

        return CommitBatch(
            head: head,
            at: batch.at,
            tables: batch.tables,
            auditEntries: auditSection,
            events: eventSection,
            replies: replySection,
            auditSubjects: subjects,
            topics: topics,
            requests: batch.replies.map(\.key)
        )
    }
}
