package import CivilTime
import Digest

/// What happened, to be kept in the hash-chained audit log.
package struct AuditDraft: Equatable, Sendable {
    package var at: Instant
    /// The login of who acted, or `system` for what time did.
    package var actor: String
    /// The past tense of what happened, such as `CASE_ACCEPTED`.
    package var kind: String
    /// The record it happened to, such as `case/…`.
    package var subject: String
    /// The particulars, for people; no personal data.
    package var detail: String
    /// The trace of the call by which it happened; nil for none, and for what time did.
    package var trace: AuditTrace?

    package init(
        at: Instant,
        actor: String,
        kind: String,
        subject: String,
        detail: String,
        trace: AuditTrace? = nil
    ) {
        self.at = at
        self.actor = actor
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.trace = trace
    }

    /// Whether readers can search the log by this entry's subject. A free deadline's can't be: its
    /// record tells its own history, and there are too many of them to index.
    package var isFoundBySubject: Bool { !subject.utf8.starts(with: "deadline/".utf8) }
}

/// The id of a distributed trace (W3C Trace Context, 3.2.2.3).
package struct AuditTrace: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The 16 bytes in the order in which they are written in hexadecimal.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: high.bigEndian, Array.init)
            + withUnsafeBytes(of: low.bigEndian, Array.init)
    }
}

/// An audit entry as it lies in the log.
package struct AuditEntry: Equatable, Sendable {
    /// Dense, from 1.
    package let sequence: UInt64
    package let draft: AuditDraft
    /// SHA-256 of the preceding entry's hash and this entry's canonical bytes.
    package let hash: [UInt8]

    package init(sequence: UInt64, draft: AuditDraft, hash: [UInt8]) {
        self.sequence = sequence
        self.draft = draft
        self.hash = hash
    }
}

/// What watchers are told. The topic says which of them; the store doesn't look into the payload.
package struct EventDraft: Equatable, Sendable {
    /// 0…62: a bit of the mask by which readers choose.
    package var topic: UInt8
    package var payload: [UInt8]

    package init(topic: UInt8, payload: [UInt8]) {
        self.topic = topic
        self.payload = payload
    }
}

/// An event as it lies in the log.
package struct Event: Equatable, Sendable {
    /// Dense over all topics, from 1.
    package let sequence: UInt64
    package let draft: EventDraft

    package init(sequence: UInt64, draft: EventDraft) {
        self.sequence = sequence
        self.draft = draft
    }
}

/// Who sent a request under which id: what makes a retry recognizable.
package struct RequestKey: Hashable, Sendable {
    package let principal: String
    /// 1…32 bytes, best time-ordered.
    package let id: [UInt8]

    package init(principal: String, id: [UInt8]) {
        self.principal = principal
        self.id = id
    }

    /// Ids alone tell requests apart, but for a few.
    package func hash(into hasher: inout Hasher) {
        id.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

/// The answer that a request id got, committed with the change that it reports.
package struct StoredReply: Equatable, Sendable {
    /// SHA-256 of the method and the canonical request.
    package let requestHash: [UInt8]
    package let reply: [UInt8]

    package init(requestHash: [UInt8], reply: [UInt8]) {
        self.requestHash = requestHash
        self.reply = reply
    }
}

/// How far the store has come.
package struct StoreHead: Equatable, Sendable {
    package var commit: UInt64
    package var auditSequence: UInt64
    /// The hash of the newest audit entry; 32 zero bytes before the first.
    package var auditHash: [UInt8]
    package var eventSequence: UInt64
    /// The civil time of the newest commit; nil before the first.
    package var at: Instant?

    /// The head of a store without commits.
    package static let empty = StoreHead(
        commit: 0,
        auditSequence: 0,
        auditHash: [UInt8](repeating: 0, count: SHA256.byteCount),
        eventSequence: 0,
        at: nil
    )

    package init(
        commit: UInt64,
        auditSequence: UInt64,
        auditHash: [UInt8],
        eventSequence: UInt64,
        at: Instant?
    ) {
        self.commit = commit
        self.auditSequence = auditSequence
        self.auditHash = auditHash
        self.eventSequence = eventSequence
        self.at = at
    }
}

/// Which records a search finds: those whose leading index (or key) columns equal `prefix`, beyond
/// `after` when given, in the order of the index and then of the key.
package struct Search: Sendable {
    /// The index to search by; nil for the key.
    package var index: Index?
    package var prefix: [Value]
    /// The index columns after the prefix, then the key columns, of the last record seen.
    package var after: [Value]?
    package var limit: Int

    package init(by index: Index? = nil, prefix: [Value] = [], after: [Value]? = nil, limit: Int) {
        self.index = index
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }
}

/// Reads of committed records. A reader belongs to one thread at a time.
package protocol RecordReader: AnyObject {
    func load<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R?
    func find<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R]
    /// How many records of the type there are.
    func count<R: Record>(_ type: R.Type) throws(StoreError) -> Int
    /// Visits the key and the integer that an index carries of every record that it holds, in no stated order;
    /// those of which that is null are left out. O(n), without reading the records.
    ///
    /// - Precondition: the index carries a column, of integers.
    func scan<R: Record>(
        _ type: R.Type,
        by index: Index,
        _ visit: (Int64, Int64) -> Void
    ) throws(StoreError) where R.Key == Int64
    /// Events beyond `sequence` whose topic's bit is set in `topics`, in order.
    func events(
        after sequence: UInt64,
        topics: UInt64,
        limit: Int
    ) throws(StoreError) -> [Event]
    func auditEntries(after sequence: UInt64, limit: Int) throws(StoreError) -> [AuditEntry]
    /// Entries beyond `sequence` about one subject, in order; of a subject for which
    /// `AuditDraft.isFoundBySubject` is false there are none.
    func auditEntries(
        of subject: String,
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry]
    func head() throws(StoreError) -> StoreHead
    /// Runs reads that see one state of the store, however long they take together.
    func atOnce<Result>(_ body: () throws -> Result) throws -> Result
}

/// A durable store with one writer, and what that one reads between its writes.
package protocol Store: RecordReader {
    /// May be used on another thread than the store's reads, at the same time.
    var writer: any StoreWriter { get }
    func storedReply(_ key: RequestKey) throws(StoreError) -> StoredReply?
    /// An id that no request of the principal with a stored reply is beyond; nil without any.
    func newestRequestID(of principal: String) throws(StoreError) -> [UInt8]?
    /// The largest key of a type with integer keys; 0 without records.
    func largestKey<R: Record>(_ type: R.Type) throws(StoreError) -> Int64 where R.Key == Int64
    /// Visits the rows that lie under some keys, in the order of those and all of one state of the store;
    /// `Record.init(whole:)` reads them.
    ///
    /// - Precondition: not within `atOnce`.
    func forEachRow<Key: RecordKey>(
        of table: Table,
        under keys: [Key],
        _ visit: (inout RowReader) throws(StoreError) -> Void
    ) throws(StoreError)
    /// A reader of its own connection, for queries on another thread. Each of its reads sees all
    /// that was committed before the read began.
    func makeReader() throws(StoreError) -> any RecordReader
}

/// Writes a store. It belongs to one thread at a time.
package protocol StoreWriter: AnyObject {
    /// Makes a batch durable, whole or not at all.
    ///
    /// - Ordering: returns only after the write has been synced; nothing that depends on the batch
    ///   may be answered, published or armed BEFORE.
    func commit(_ batch: borrowing CommitBatch) throws(StoreError)
    /// Does what need not hold up the answers to a commit; to be called after each.
    func tidy()
    /// How far the store has come, this writer's commits included.
    func head() throws(StoreError) -> StoreHead
    /// Deletes the replies of the oldest commits before `instant`, a commit's all together: as many
    /// commits as have at most `limit` replies, but at least one. Returns how many replies went, 0
    /// when there are no more. A commit that bears a later time keeps those after it.
    func expireReplies(before instant: Instant, limit: Int) throws(StoreError) -> Int
    /// Seals anew, by the newest keys, what older keys have sealed: about `limit` rows, going on where
    /// the call before stopped, and from the beginning after each change of the keys.
    func reseal(limit: Int) throws(StoreError) -> Resealing
}

/// How far the store has come with sealing anew.
package enum Resealing: Hashable, Sendable {
    /// There may be more.
    case unfinished
    /// All is sealed by the newest keys. Nothing needs the keys of these numbers any more, which it
    /// did when it was asked before.
    case finished(unneeded: [UInt32])
}
