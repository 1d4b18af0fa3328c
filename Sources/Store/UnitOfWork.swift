package import CivilTime

/// Where a batch of commands changes records in memory, to be committed at once.
///
/// Every command stands between `beginCommand` and `acceptCommand` or `rejectCommand`; a rejected
/// one leaves nothing. Each sees what the accepted ones before it did. Nothing reaches the store
/// before the batch is sealed and committed. While one batch is on its way to the disk, the next may
/// already run on top of it; should the first fail, both are dropped.
///
/// - Thread: the executor's alone; its committer must be the only writer of the store.
package final class UnitOfWork {
    let store: any Store
    /// Makes the sealed batches durable.
    package let committer: BatchCommitter
    var maps: [ObjectIdentifier: RecordMapHandle] = [:]
    /// The maps that the running command has changed.
    var changed: [RecordMapHandle] = []
    /// Counts the commands; 0 stands for none.
    var command: UInt64 = 0
    var isInCommand = false

    private var audited: [AuditDraft] = []
    private var published: [EventDraft] = []
    private var answered = AnsweredRequests()
    /// How many of `audited` and `published` were there when the running command began.
    private var auditedBefore = 0
    private var publishedBefore = 0

    /// Whether a batch is sealed and not settled yet.
    private var isSealed = false

    package init(store: any Store) throws(StoreError) {
        self.store = store
        committer = try BatchCommitter(store.writer)
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

    /// Reads the records of several keys into memory at once, which costs less than each by itself.
    package func preload<R: Record>(_ type: R.Type, _ keys: [R.Key]) throws(StoreError) {
        try map(type).preload(keys, from: store)
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
    ///
    /// - Complexity: see `AnsweredRequests.reply`.
    package func storedReply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        try answered.reply(to: key, in: store)
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
        if let reply { answered.keep(SealedBatch.Answered(key: reply.0, reply: reply.1)) }
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
        audited.isEmpty && published.isEmpty && answered.isEmpty
            && !maps.values.contains { $0.hasChanges() }
    }

    // MARK: The batch's end

    /// Seals the batch, makes it durable, and settles it.
    ///
    /// - Throws: see `BatchCommitter.commit`; then everything of the batch is dropped.
    package func commit(at now: Instant) throws(StoreError) -> CommitSummary {
        let batch = seal(at: now)
        do throws(StoreError) {
            let summary = try committer.commit(batch)
            didCommit()
            committer.tidy()
            return summary
        } catch {
            drop()
            throw error
        }
    }

    /// Takes the batch out for the committer, and begins the next one on top of it.
    ///
    /// - Precondition: the batch before has been settled, by `didCommit` or `drop`.
    package func seal(at now: Instant) -> SealedBatch {
        precondition(!isInCommand, "a batch is sealed within a command")
        precondition(!isSealed, "a batch is sealed before the last one is settled")
        isSealed = true
        let changed = maps.values.filter { $0.hasChanges() }
        let batch = SealedBatch(
            at: now,
            tables: changed.sorted { $0.tableName < $1.tableName }.map { $0.seal() },
            audited: audited,
            published: published,
            replies: answered.replies
        )
        answered.seal()
        audited = []
        audited.reserveCapacity(batch.audited.count)
        published = []
        return batch
    }

    /// The sealed batch is durable.
    package func didCommit() {
        precondition(isSealed, "no batch is sealed")
        isSealed = false
        answered.didCommit()
        for map in maps.values { map.didCommit() }
    }

    /// The sealed batch isn't durable: it is dropped, with all that has run on top of it since, and
    /// with the records in memory.
    package func drop() {
        precondition(!isInCommand, "a batch is dropped within a command")
        isSealed = false
        for map in maps.values { map.forgetAll() }
        audited.removeAll(keepingCapacity: true)
        published.removeAll(keepingCapacity: true)
        answered.drop()
    }
}
