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
    private static let principalsMax = 4096

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
    private var replies: [SealedBatch.Answered] = []
    /// How many of `audited` and `published` were there when the running command began.
    private var auditedBefore = 0
    private var publishedBefore = 0

    /// The replies of the batch that is sealed and not settled yet.
    private var sealedReplies: [SealedBatch.Answered] = []
    /// Whether a batch is sealed and not settled yet.
    private var isSealed = false
    /// The largest request id that a principal has used, nil without any. One beyond it is new.
    private var newestIDs: [String: [UInt8]?] = [:]

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
    /// - Complexity: constant for an id beyond all that its principal has used; else a search of the
    ///   batch and the store's.
    package func storedReply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        guard let newest = try newestID(of: key.principal),
            !newest.lexicographicallyPrecedes(key.id)
        else { return nil }
        if let answered = unsettledReply(key) { return answered.reply }
        return try store.storedReply(key)
    }

    private func unsettledReply(_ key: RequestKey) -> SealedBatch.Answered? {
        replies.first { $0.key == key } ?? sealedReplies.first { $0.key == key }
    }

    private func newestID(of principal: String) throws(StoreError) -> [UInt8]? {
        if let known = newestIDs[principal] { return known }
        var newest = try store.newestRequestID(of: principal)
        for answered in sealedReplies + replies where answered.key.principal == principal {
            if newest?.lexicographicallyPrecedes(answered.key.id) ?? true {
                newest = answered.key.id
            }
        }
        if newestIDs.count >= Self.principalsMax { newestIDs.removeAll() }
        newestIDs[principal] = .some(newest)
        return newest
    }

    private func keep(_ answered: SealedBatch.Answered) {
        let key = answered.key
        if let known = newestIDs[key.principal] {
            if let newest = known, !newest.lexicographicallyPrecedes(key.id) {
                precondition(unsettledReply(key) == nil, "a request is answered twice")
            } else {
                newestIDs[key.principal] = .some(key.id)
            }
        }
        replies.append(answered)
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
        if let reply { keep(SealedBatch.Answered(key: reply.0, reply: reply.1)) }
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
            replies: replies
        )
        sealedReplies = replies
        audited = []
        audited.reserveCapacity(batch.audited.count)
        published = []
        replies = []
        replies.reserveCapacity(batch.replies.count)
        return batch
    }

    /// The sealed batch is durable.
    package func didCommit() {
        precondition(isSealed, "no batch is sealed")
        isSealed = false
        sealedReplies = []
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
        replies.removeAll(keepingCapacity: true)
        sealedReplies = []
        newestIDs.removeAll()
    }
}
