// A batch touches every record several times: in release builds this code is compiled where the
// record's type is known (`specialized` in Package.swift). Only what `RecordMapHandle` holds as
// functions is called there; a protocol's methods would be those shared by all types.

/// A record in memory: many are large, and are handed on more often than they are looked at.
final class Kept<R: Record>: Sendable {
    let record: R

    init(_ record: R) { self.record = record }
}

/// The records of one type that a unit of work knows: what a batch changed, and a bounded cache of
/// what the store holds.
final class RecordMap<R: Record> {
    /// What is known of one key.
    final class Slot {
        let key: R.Key
        /// Nil when there is no such record.
        var current: Kept<R>?
        /// What the store holds, or will once the sealed batch is in it, while `current` differs
        /// from that.
        var stored = Stored.same
        /// Whether the batch that is sealed and not settled yet changes it.
        var isSealed = false
        /// The last command that changed it.
        var command: UInt64 = 0

        init(key: R.Key, current: Kept<R>?) {
            self.key = key
            self.current = current
        }

        var isDirty: Bool {
            if case .same = stored { false } else { true }
        }

        /// Whether the store may not hold it as it is yet.
        var isAhead: Bool { isDirty || isSealed }
    }

    typealias Stored = RecordChanges<R>.Stored

    /// What the running command has changed, and how to take it back.
    enum Undo {
        /// The slot was made by the change, and nothing is known of its key without it.
        case forget(Slot)
        case restore(Slot, current: Kept<R>?, stored: Stored)
    }

    let table: Table
    let width: Int
    let order: KeyOrder
    /// Two generations of slots: one that is looked up moves to the recent ones, and the others
    /// are let go when enough new ones have come. That happens when a batch is settled: what was
    /// changed since it was sealed is kept by then through the next time.
    var recent: [R.Key: Slot] = [:]
    var older: [R.Key: Slot] = [:]
    /// What has changed since the last batch was sealed.
    var dirty: [Slot] = []
    /// What the batch that is sealed and not settled yet changes.
    var sealed: [Slot] = []
    var undo: [Undo] = []
    var overlays: [OverlayShape: Overlay<Slot>] = [:]
    var row = RowWriter()

    /// The largest integer key handed out or saved; nil until the store was asked.
    var lastKey: Int64?
    /// The largest integer key in the store: beyond it nothing need be looked up.
    var largestStoredKey: Int64?

    init() {
        table = R.table
        width = table.width
        order = KeyOrder(R.table)
        precondition(table.columns.count <= 64, "table \(table.name) has too many columns")
    }

    // MARK: Reading

    func slot(_ key: R.Key) -> Slot? {
        if let slot = recent[key] { return slot }
        guard let slot = older.removeValue(forKey: key) else { return nil }
        recent[key] = slot
        return slot
    }

    @discardableResult
    func insertSlot(_ key: R.Key, _ current: R?) -> Slot {
        let slot = Slot(key: key, current: current.map(Kept.init))
        recent[key] = slot
        return slot
    }

    func load(_ key: R.Key, from store: any Store) throws(StoreError) -> R? {
        if let slot = slot(key) { return slot.current?.record }
        if isBeyondStored(key) { return nil }
        let record = try store.load(R.self, key)
        insertSlot(key, record)
        return record
    }

    /// Reads what isn't known of these keys yet, for `load`.
    func preload(_ keys: [R.Key], from store: any Store) throws(StoreError) {
        let unknown = keys.filter { slot($0) == nil && !isBeyondStored($0) }
        guard !unknown.isEmpty else { return }
        try store.forEachRow(of: table, under: unknown) { (row) throws(StoreError) in
            let record = try R(whole: &row)
            insertSlot(record.key, record)
        }
    }

    /// What the store finds, with the batch's changes laid over it.
    func find(_ search: Search, in store: any Store) throws(StoreError) -> [R] {
        guard search.limit > 0 else { return [] }
        if dirty.isEmpty && sealed.isEmpty {
            let found = try store.find(R.self, search)
            for record in found { remember(record) }
            return found
        }
        let shape = OverlayShape(table, search)
        let changed = changed(shape, search)
        var found: [(position: [Value], record: R)] = []
        var page = search
        while found.count < search.limit {
            let records = try store.find(R.self, page)
            for record in records where !(remember(record)) {
                // Their order matters only beside changed records.
                found.append((changed.isEmpty ? [] : position(record, shape), record))
            }
            guard records.count == search.limit, let last = records.last else { break }
            page.after = position(last, shape)
        }
        found.append(contentsOf: changed)
        if !changed.isEmpty { found.sort { $0.position.compare(to: $1.position) < 0 } }
        return found.prefix(search.limit).map(\.record)
    }

    /// Keeps what the store holds; returns whether memory holds something newer.
    @discardableResult
    func remember(_ record: R) -> Bool {
        guard let slot = slot(record.key) else {
            insertSlot(record.key, record)
            return false
        }
        return slot.isAhead
    }

    /// The index columns after the prefix, then the key's: what orders the records found.
    func position(_ record: R, _ shape: OverlayShape) -> [Value] {
        record.encode(into: &row, count: width)
        return shape.rest.map(row.row.value(at:))
    }

    /// The changed records that a search finds.
    func changed(
        _ shape: OverlayShape,
        _ search: Search
    ) -> [(position: [Value], record: R)] {
        if overlays[shape] == nil {
            overlays[shape] = Overlay()
            for slot in dirty {
                if let current = slot.current { enter(current.record, slot, shape) }
            }
            for slot in sealed where !slot.isDirty {
                if let current = slot.current { enter(current.record, slot, shape) }
            }
        }
        var result: [(position: [Value], record: R)] = []
        for slot in overlays[shape]?[search.prefix] ?? [] {
            guard let record = slot.current?.record else { continue }
            let position = position(record, shape)
            if let after = search.after, position.compare(to: after) <= 0 { continue }
            result.append((position, record))
        }
        return result
    }

    func enter(_ record: R, _ slot: Slot, _ shape: OverlayShape) {
        guard let prefix = prefix(record, shape) else { return }
        overlays[shape]?.insert(slot, prefix)
    }

    /// The values by which a record is searched; nil when the index leaves it out.
    func prefix(_ record: R, _ shape: OverlayShape) -> [Value]? {
        record.encode(into: &row, count: width)
        if let first = shape.optionalFirst, case .null = row.row.cells[first] { return nil }
        return shape.prefix.map(row.row.value(at:))
    }

    // MARK: Changing

    /// Sets a record, or deletes it; returns whether it is the first change of `command` here.
    func change(_ key: R.Key, to record: R?, command: UInt64) -> Bool {
        let isFirst = undo.isEmpty
        let known = slot(key)
        let slot = known ?? insertSlot(key, nil)
        if known == nil {
            slot.command = command
            undo.append(.forget(slot))
        } else if slot.command != command {
            slot.command = command
            undo.append(.restore(slot, current: slot.current, stored: slot.stored))
        }
        if !slot.isDirty {
            dirty.append(slot)
            slot.stored =
                known == nil && !isBeyondStored(key) ? .unknown : .known(slot.current)
        }
        set(slot, to: record.map(Kept.init))
        if record != nil, let lastKey, let key = integer(key), key > lastKey { self.lastKey = key }
        return isFirst
    }

    func set(_ slot: Slot, to current: Kept<R>?) {
        for shape in overlays.keys {
            if let old = slot.current, let prefix = prefix(old.record, shape) {
                overlays[shape]?.remove(slot, prefix)
            }
            // A record that is as the store has it again is found there.
            if let current, slot.isAhead { enter(current.record, slot, shape) }
        }
        slot.current = current
    }

    func nextKey(in store: any Store) throws(StoreError) -> Int64 where R.Key == Int64 {
        let last: Int64
        if let lastKey {
            last = lastKey
        } else {
            let stored = try store.largestKey(R.self)
            largestStoredKey = stored
            last = (dirty + sealed).reduce(stored) { $1.current == nil ? $0 : max($0, $1.key) }
        }
        precondition(last < .max, "table \(table.name) has used up its keys")
        lastKey = last + 1
        return last + 1
    }

    func isBeyondStored(_ key: R.Key) -> Bool {
        guard let largestStoredKey, let key = integer(key) else { return false }
        return key > largestStoredKey
    }

    func integer(_ key: R.Key) -> Int64? {
        // The same type under two names: the compiler can't see it in a generic class.
        R.Key.self == Int64.self ? unsafeBitCast(key, to: Int64.self) : nil
    }
}

// MARK: - The command's and the batch's end

extension RecordMap {
    var hasChanges: Bool { !dirty.isEmpty }

    func acceptCommand() { undo.removeAll(keepingCapacity: true) }

    func rejectCommand() {
        for change in undo.reversed() {
            switch change {
            case .forget(let slot):
                slot.stored = .same
                set(slot, to: nil)
                recent[slot.key] = nil
                dirty.removeLast()
            case .restore(let slot, let current, let stored):
                slot.stored = stored
                set(slot, to: current)
                if !slot.isDirty { dirty.removeLast() }
            }
        }
        undo.removeAll(keepingCapacity: true)
    }

    /// Takes the changes out, as they are, and begins the next batch.
    ///
    /// - Precondition: the batch before is settled.
    func seal() -> TableChanges {
        precondition(sealed.isEmpty, "a batch is sealed before the last one is settled")
        let changes = RecordChanges<R>(
            dirty.map { .init(key: $0.key, record: $0.current, stored: $0.stored) },
            order
        )
        for slot in dirty {
            slot.stored = .same
            slot.isSealed = true
        }
        swap(&sealed, &dirty)
        return TableChanges(table) { (visit) throws(StoreError) in try changes.forEach(visit) }
    }

    /// The sealed changes lie in the store; keeps about as many records in memory as their type says.
    func didCommit() {
        if let largestStoredKey {
            self.largestStoredKey = sealed.reduce(largestStoredKey) { largest, slot in
                integer(slot.key).map { max(largest, $0) } ?? largest
            }
        }
        for slot in sealed { slot.isSealed = false }
        sealed.removeAll(keepingCapacity: true)
        overlays.removeAll(keepingCapacity: true)
        if recent.count > R.keptMax {
            swap(&older, &recent)
            recent.removeAll(keepingCapacity: true)
        }
    }

    func forgetAll() {
        recent = [:]
        older = [:]
        dirty.removeAll(keepingCapacity: true)
        sealed.removeAll(keepingCapacity: true)
        undo.removeAll(keepingCapacity: true)
        overlays.removeAll(keepingCapacity: true)
    }
}

/// What a unit of work asks of the records of any type.
///
/// It holds functions rather than being a protocol, because those are bound where the type is known.
final class RecordMapHandle {
    let tableName: String
    let map: AnyObject
    let hasChanges: () -> Bool
    let acceptCommand: () -> Void
    let rejectCommand: () -> Void
    let seal: () -> TableChanges
    let didCommit: () -> Void
    let forgetAll: () -> Void

    init<R: Record>(_ map: RecordMap<R>) {
        tableName = map.table.name
        self.map = map
        hasChanges = { map.hasChanges }
        acceptCommand = { map.acceptCommand() }
        rejectCommand = { map.rejectCommand() }
        seal = { map.seal() }
        didCommit = { map.didCommit() }
        forgetAll = { map.forgetAll() }
    }
}
