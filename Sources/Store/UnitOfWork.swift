package import CivilTime
import Digest

/// Where a batch of commands changes records in memory, to be committed at once.
///
/// Every command stands between `beginCommand` and `acceptCommand` or `rejectCommand`; a rejected
/// one leaves nothing. Each sees what the accepted ones before it did. Nothing reaches the store
/// before `commit`.
///
/// - Thread: the executor's alone; it must be the only writer of the store.
package final class UnitOfWork {
    /// About how many records of each type stay in memory from batch to batch.
    package static let keptRecordsMax = 8192

    let store: any Store
    var maps: [ObjectIdentifier: RecordMapHandle] = [:]
    /// The maps that the running command has changed.
    var changed: [RecordMapHandle] = []
    /// Counts the commands; 0 stands for none.
    var command: UInt64 = 0
    var isInCommand = false

    private var audited: [AuditDraft] = []
    private var published: [EventDraft] = []
    private var replies: [(key: RequestKey, reply: StoredReply)] = []
    private var repliesByKey: [RequestKey: StoredReply] = [:]
    /// How many of `audited` and `published` were there when the running command began.
    private var auditedBefore = 0
    private var publishedBefore = 0

    /// Nil after a failed commit, until the store could be asked again.
    private var head: StoreHead?
    private var hasher = SHA256Stream()
    private var auditSection = JournalSection()
    private var eventSection = JournalSection()
    private var replySection = JournalSection()

    package init(store: any Store) throws(StoreError) {
        self.store = store
        head = try store.head()
    }

    func map<R: Record>(_ type: R.Type) -> RecordMap<R> {
        unsafeDowncast(handle(type).map, to: RecordMap<R>.self)
    }

    func handle<R: Record>(_ type: R.Type) -> RecordMapHandle {
        let name = ObjectIdentifier(type)
        if let handle = maps[name] { return handle }
        let handle = RecordMapHandle(RecordMap<R>())
        maps[name] = handle
        return handle
    }

    // MARK: Records

    /// The record of a key as the batch has it so far: from memory, else from the store.
    package func load<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R? {
        try map(type).load(key, from: store)
    }

    /// Searches by index or key; sees what this command and the accepted ones before it changed.
    ///
    /// - Complexity: the store's search, and the changed records that have the same prefix.
    package func find<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R] {
        try map(type).find(search, in: store)
    }

    /// Adds or replaces a record.
    ///
    /// A value of a unique index that another record has makes the whole batch fail: search for it
    /// first.
    package func save<R: Record>(_ record: R) {
        change(R.self, record.key, to: record)
    }

    /// Deletes a record; without one it does nothing.
    package func delete<R: Record>(_ type: R.Type, _ key: R.Key) {
        change(type, key, to: nil)
    }

    func change<R: Record>(_ type: R.Type, _ key: R.Key, to record: R?) {
        precondition(isInCommand, "a record is changed outside of a command")
        let handle = handle(type)
        let map = unsafeDowncast(handle.map, to: RecordMap<R>.self)
        if map.change(key, to: record, command: command) { changed.append(handle) }
    }

    /// The next unused integer key of the type: increasing, never handed out twice by this unit of
    /// work. A rejected command may leave gaps.
    package func nextKey<R: Record>(
        _ type: R.Type
    ) throws(StoreError) -> Int64 where R.Key == Int64 {
        try map(type).nextKey(in: store)
    }

    // MARK: The log

    /// Adds an entry to the audit log.
    package func audit(_ draft: AuditDraft) {
        precondition(isInCommand, "an audit entry outside of a command")
        audited.append(draft)
    }

    /// Tells watchers something, once the batch is committed.
    package func publish(_ event: EventDraft) {
        precondition(isInCommand, "an event outside of a command")
        precondition(event.topic < 63, "a topic beyond the mask's bits")
        published.append(event)
    }

    /// The reply that a request got, in this batch or before.
    package func storedReply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        if let reply = repliesByKey[key] { return reply }
        return try store.storedReply(key)
    }

    // MARK: Brackets

    package func beginCommand() {
        precondition(!isInCommand, "a command begins within another")
        isInCommand = true
        command += 1
        auditedBefore = audited.count
        publishedBefore = published.count
    }

    /// Keeps what the command did, and its reply under the id of its request.
    ///
    /// - Precondition: the request has no stored reply yet.
    package func acceptCommand(reply: (RequestKey, StoredReply)?) {
        precondition(isInCommand, "no command is running")
        isInCommand = false
        for map in changed { map.acceptCommand() }
        changed.removeAll(keepingCapacity: true)
        if let reply {
            let previous = repliesByKey.updateValue(reply.1, forKey: reply.0)
            precondition(previous == nil, "a request is answered twice")
            replies.append(reply)
        }
    }

    /// Drops what the command did, and only that.
    package func rejectCommand() {
        precondition(isInCommand, "no command is running")
        isInCommand = false
        for map in changed { map.rejectCommand() }
        changed.removeAll(keepingCapacity: true)
        audited.removeLast(audited.count - auditedBefore)
        published.removeLast(published.count - publishedBefore)
    }

    /// Whether there is nothing to commit.
    package var isEmpty: Bool {
        audited.isEmpty && published.isEmpty && replies.isEmpty
            && !maps.values.contains { $0.hasChanges() }
    }

    // MARK: The batch's end

    /// Makes the batch durable.
    ///
    /// - Ordering: what depends on the batch may be answered, published or armed only AFTER.
    /// - Throws: then everything of the batch is dropped, and so are the records in memory. After
    ///   `notWritable` the next batch may succeed. Should the process die before the next commit,
    ///   the batch may turn up whole: its commands' outcome is unknown rather than refused.
    package func commit(at now: Instant) throws(StoreError) -> CommitSummary {
        precondition(!isInCommand, "a batch is committed within a command")
        let before: StoreHead
        do throws(StoreError) {
            if let head { before = head } else { before = try store.head() }
        } catch {
            drop()
            throw error
        }
        let batch = closeBatch(after: before, at: now)
        do throws(StoreError) {
            try store.commit(batch.commit)
        } catch {
            drop()
            throw error
        }
        head = batch.commit.head
        for map in maps.values { map.didCommit(Self.keptRecordsMax) }
        forgetLog()
        return CommitSummary(head: batch.commit.head, events: batch.events)
    }

    /// Numbers the batch's entries, chains the audit log, and writes all of them as bytes.
    private func closeBatch(after before: StoreHead, at now: Instant) -> Batch {
        var head = before
        head.commit += 1
        head.at = now

        auditSection.removeAll()
        var subjects: [CommitBatch.AuditSubject] = []
        for draft in audited {
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
        var events: [Event] = []
        var topics: UInt64 = 0
        events.reserveCapacity(published.count)
        for draft in published {
            head.eventSequence += 1
            let event = Event(sequence: head.eventSequence, draft: draft)
            eventSection.append(event)
            events.append(event)
            topics |= 1 << UInt64(draft.topic)
        }
        eventSection.seal()

        replySection.removeAll()
        for (key, reply) in replies { replySection.append(key, reply) }
        replySection.seal()

        let batch = CommitBatch(
            head: head,
            at: now,
            tables: maps.values.filter { $0.hasChanges() }.sorted { $0.table.name < $1.table.name },
            auditEntries: auditSection,
            events: eventSection,
            replies: replySection,
            auditSubjects: subjects,
            topics: topics,
            requests: replies.map(\.key)
        )
        return Batch(commit: batch, events: events)
    }

    private struct Batch: ~Copyable {
        let commit: CommitBatch
        let events: [Event]
    }

    private func drop() {
        head = nil
        for map in maps.values { map.forgetAll() }
        forgetLog()
    }

    private func forgetLog() {
        audited.removeAll(keepingCapacity: true)
        published.removeAll(keepingCapacity: true)
        replies.removeAll(keepingCapacity: true)
        repliesByKey.removeAll(keepingCapacity: true)
    }
}
