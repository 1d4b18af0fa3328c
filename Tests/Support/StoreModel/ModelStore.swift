package import CivilTime
package import Store
import Synchronization

/// What a model store keeps: lives on when the store that wrote it is gone, as a disk does.
package final class ModelDisk: Sendable {
    fileprivate let state = Mutex(ModelState())

    package init() {}

    /// A disk with what this one keeps now; from here on the two go their own ways.
    package func copy() -> ModelDisk {
        let copy = ModelDisk()
        let kept = state.withLock { $0 }
        copy.state.withLock { $0 = kept }
        return copy
    }

    /// Loses the reply that was stored last, as no disk should.
    package func loseNewestReply() { state.withLock { _ = $0.replies.popLast() } }
}

/// A store in memory, written for plainness: every search looks at every record.
///
/// It shares no code with the stores that it is the measure of, beside the journal's coding.
package final class ModelStore: Store, StoreWriter {
    private let disk: ModelDisk
    /// Fails the next commit, and with it the whole batch.
    package var nextCommitFailure: StoreError?
    /// Called before each commit, on the thread that commits.
    package var willCommit: () -> Void = {}
    /// Called after each commit that was kept, on the thread that commits.
    package var didCommit: () -> Void = {}

    package init(disk: ModelDisk = ModelDisk()) { self.disk = disk }

    package var writer: any StoreWriter { self }

    private var state: ModelState { disk.state.withLock { $0 } }

    package func commit(_ batch: borrowing CommitBatch) throws(StoreError) {
        willCommit()
        if let failure = nextCommitFailure {
            nextCommitFailure = nil
            throw failure
        }
        var next = state
        try next.apply(batch)
        disk.state.withLock { $0 = next }
        didCommit()
    }

    package func storedReply(_ key: RequestKey) throws(StoreError) -> StoredReply? {
        state.replies.first { $0.key == key }?.reply
    }

    package func newestRequestID(of principal: String) throws(StoreError) -> [UInt8]? {
        state.replies.filter { $0.key.principal == principal }.map(\.key.id)
            .max { $0.lexicographicallyPrecedes($1) }
    }

    package func tidy() {}

    package func largestKey<R: Record>(
        _ type: R.Type
    ) throws(StoreError) -> Int64 where R.Key == Int64 {
        let keys = state.rows(R.table).keys.map { key -> Int64 in
            if case .integer(let number)? = key.first { number } else { 0 }
        }
        return max(0, keys.max() ?? 0)
    }

    /// The model has one state at a time for all who read while nobody writes.
    package func atOnce<Result>(_ body: () throws -> Result) throws -> Result { try body() }

    package func makeReader() throws(StoreError) -> any RecordReader { ModelStore(disk: disk) }

    /// Nothing is sealed in memory.
    package func reseal(limit: Int) -> Resealing { .finished(unneeded: []) }

    package func expireReplies(before instant: Instant, limit: Int) throws(StoreError) -> Int {
        disk.state.withLock { state in
            var count = 0
            while limit > 0, count < state.replies.count, state.replies[count].at < instant {
                let commit = state.replies[count].commit
                let size = state.replies.filter { $0.commit == commit }.count
                if count > 0, count + size > limit { break }
                count += size
            }
            state.replies.removeFirst(count)
            return count
        }
    }

    package func load<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R? {
        var found: R?
        try forEachRow(of: R.table, under: [key]) { (row) throws(StoreError) in
            found = try R(whole: &row)
        }
        return found
    }

    package func forEachRow<Key: RecordKey>(
        of table: Table,
        under keys: [Key],
        _ visit: (inout RowReader) throws(StoreError) -> Void
    ) throws(StoreError) {
        let rows = state.rows(table)
        for key in keys {
            var writer = RowWriter()
            key.write(to: &writer)
            guard let row = rows[writer.values] else { continue }
            var reader = RowReader(table: table.name, values: writer.values + row)
            try visit(&reader)
        }
    }

    private func record<R: Record>(_ key: [Value], _ row: [Value]) throws(StoreError) -> R {
        var reader = RowReader(table: R.table.name, values: key + row)
        return try R(whole: &reader)
    }

    package func find<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R] {
        let table = R.table
        let names = (table.key + table.columns).map(\.name)
        let columns = search.index?.columns ?? table.key.map(\.name)
        let positions = columns.compactMap { names.firstIndex(of: $0) }
        var found: [(position: [Value], key: [Value], row: [Value])] = []
        for (key, row) in state.rows(table) where isIndexed(key + row, search.index, names) {
            let values = positions.map { (key + row)[$0] }
            guard Array(values.prefix(search.prefix.count)) == search.prefix else { continue }
            let position =
                values.dropFirst(search.prefix.count) + (search.index == nil ? [] : key)
            if let after = search.after, Array(position).compare(to: after) <= 0 { continue }
            found.append((Array(position), key, row))
        }
        found.sort { $0.position.compare(to: $1.position) < 0 }
        var records: [R] = []
        for entry in found.prefix(max(0, search.limit)) {
            records.append(try record(entry.key, entry.row))
        }
        return records
    }

    private func isIndexed(_ values: [Value], _ index: Index?, _ names: [String]) -> Bool {
        guard let first = index?.columns.first, let position = names.firstIndex(of: first) else {
            return true
        }
        return values[position] != .null
    }

    package func count<R: Record>(_ type: R.Type) throws(StoreError) -> Int {
        state.rows(R.table).count
    }

    package func scan<R: Record>(
        _ type: R.Type,
        by index: Index,
        _ visit: (Int64, Int64) -> Void
    ) throws(StoreError) where R.Key == Int64 {
        let names = (R.table.key + R.table.columns).map(\.name)
        guard let carried = names.firstIndex(where: { $0 == index.carried }) else {
            preconditionFailure("index \(index.name) carries nothing")
        }
        // In the order of the keys, so that the same history is always read alike.
        let rows = state.rows(R.table).sorted { $0.key.compare(to: $1.key) < 0 }
        for (key, row) in rows where isIndexed(key + row, index, names) {
            let cells = key + row
            if case .integer(let key) = cells[0], case .integer(let value) = cells[carried] {
                visit(key, value)
            }
        }
    }

    package func events(
        after sequence: UInt64,
        topics: UInt64,
        limit: Int
    ) throws(StoreError) -> [Event] {
        Array(
            state.events.filter {
                $0.sequence > sequence && topics & (1 << UInt64($0.draft.topic)) != 0
            }
            .prefix(max(0, limit))
        )
    }

    package func auditEntries(
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        Array(state.audit.filter { $0.sequence > sequence }.prefix(max(0, limit)))
    }

    package func auditEntries(
        of subject: String,
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        Array(
            state.audit.filter {
                $0.sequence > sequence && $0.draft.subject == subject
                    && $0.draft.isFoundBySubject
            }
            .prefix(max(0, limit))
        )
    }

    package func head() throws(StoreError) -> StoreHead { state.head }
}

/// Everything that is committed, as a value: a batch that fails leaves the old one.
private struct ModelState {
    struct Reply {
        let commit: UInt64
        let at: Instant
        let key: RequestKey
        let reply: StoredReply
    }

    private(set) var tables: [String: [[Value]: [Value]]] = [:]
    private(set) var audit: [AuditEntry] = []
    private(set) var events: [Event] = []
    var replies: [Reply] = []
    private(set) var head = StoreHead.empty

    func rows(_ table: Table) -> [[Value]: [Value]] { tables[table.name] ?? [:] }

    mutating func apply(_ batch: borrowing CommitBatch) throws(StoreError) {
        guard batch.head.commit == head.commit + 1 else {
            throw .failed("commit \(batch.head.commit) after \(head.commit)")
        }
        for changes in batch.tables {
            try changes.forEachChange { (change, row) throws(StoreError) in
                try apply(change, row, changes.table)
            }
            try checkUnique(changes.table)
        }
        try applyJournal(batch)
        head = batch.head
    }

    private mutating func apply(
        _ change: RowChange,
        _ row: borrowing Row,
        _ table: Table
    ) throws(StoreError) {
        let values = row.cells.indices.map { row.value(at: $0) }
        let key = Array(values.prefix(table.key.count))
        let columns = Array(values.dropFirst(table.key.count))
        let stored = tables[table.name]?[key]
        switch change {
        case .delete:
            tables[table.name]?[key] = nil
        case .insert:
            guard stored == nil else { throw .failed("a second row of key \(key)") }
            tables[table.name, default: [:]][key] = columns
        case .upsert:
            tables[table.name, default: [:]][key] = columns
        case .update(let mask):
            guard var updated = stored else { throw .failed("no row of key \(key) to update") }
            for column in columns.indices where mask & (1 << UInt64(column)) != 0 {
                updated[column] = columns[column]
            }
            // A column left out must be the same, or the caller's mask is wrong.
            guard updated == columns else { throw .failed("row \(key) differs elsewhere, too") }
            tables[table.name]?[key] = updated
        }
    }

    private func checkUnique(_ table: Table) throws(StoreError) {
        let names = (table.key + table.columns).map(\.name)
        for index in table.indexes where index.isUnique {
            let positions = index.columns.compactMap { names.firstIndex(of: $0) }
            var seen: Set<[Value]> = []
            for (key, row) in rows(table) {
                let values = positions.map { (key + row)[$0] }
                // As in SQL, a null is like no other null.
                if values.contains(.null) { continue }
                guard seen.insert(values).inserted else {
                    throw .failed("index \(index.name) has \(values) twice")
                }
            }
        }
    }

    private mutating func applyJournal(_ batch: borrowing CommitBatch) throws(StoreError) {
        let at = batch.at
        let commit = batch.head.commit
        try Self.read(batch.auditEntries) { (reader) throws(StoreError) in
            while let entry = try reader.nextAuditEntry() { audit.append(try entry.decoded()) }
        }
        try Self.read(batch.events) { (reader) throws(StoreError) in
            while let event = try reader.nextEvent(after: 0, topics: .max) { events.append(event) }
        }
        try Self.read(batch.replies) { (reader) throws(StoreError) in
            while let (key, reply) = try reader.nextReply() {
                guard !replies.contains(where: { $0.key == key }) else {
                    throw .failed("a second reply to \(key)")
                }
                replies.append(Reply(commit: commit, at: at, key: key, reply: reply))
            }
        }
    }

    private static func read(
        _ section: JournalSection,
        _ body: (inout JournalReader) throws(StoreError) -> Void
    ) throws(StoreError) {
        if section.isEmpty { return }
        try section.bytes.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            var reader = try JournalReader(UnsafeRawBufferPointer(bytes))
            try body(&reader)
        }
    }
}
