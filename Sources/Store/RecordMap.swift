// A batch touches every record several times: in release builds this code is compiled where the
// record's type is known (`specialized` in Package.swift). Only what `RecordMapHandle` holds as
// functions is called there; a protocol's methods would be those shared by all types.

/// The records of one type that a unit of work knows: what a batch changed, and a bounded cache of
/// what the store holds.
final class RecordMap<R: Record> {
    /// What is known of one key.
    final class Slot {
        let key: R.Key
        /// Nil when there is no such record.
        var current: R?
        /// What the store holds, while `current` differs from it.
        var stored = Stored.same
        /// The last command that changed it.
        var command: UInt64 = 0

        init(key: R.Key, current: R?) {
            self.key = key
            self.current = current
        }

        var isDirty: Bool {
            if case .same = stored { false } else { true }
        }
    }

    enum Stored {
        case same
        case unknown
        case known(R?)
    }

    /// A slot as it was before the running command changed it.
    struct Undo {
        let slot: Slot
        let current: R?
        let stored: Stored
        /// Whether the slot was made by this change, and nothing is known of its key without it.
        let isNew: Bool
    }

    let table: Table
    let order: KeyOrder
    /// Two generations of slots: one that is looked up moves to the recent ones, and the others
    /// are let go when enough new ones have come. Changed slots are always among the recent.
    var recent: [R.Key: Slot] = [:]
    var older: [R.Key: Slot] = [:]
    var dirty: [Slot] = []
    var undo: [Undo] = []
    var overlays: [OverlayShape: Overlay<Slot>] = [:]
    var writer = RowWriter()
    var comparison = RowWriter()

    /// The largest integer key handed out or saved; nil until the store was asked.
    var lastKey: Int64?
    /// The largest integer key in the store: beyond it nothing need be looked up.
    var largestStoredKey: Int64?

    init() {
        table = R.table
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

    func insertSlot(_ key: R.Key, _ current: R?) -> Slot {
        let slot = Slot(key: key, current: current)
        recent[key] = slot
        return slot
    }

    func load(_ key: R.Key, from store: any Store) throws(StoreError) -> R? {
        if let slot = slot(key) { return slot.current }
        if isBeyondStored(key) { return nil }
        let record = try store.load(R.self, key)
        return insertSlot(key, record).current
    }

    /// What the store finds, with the batch's changes laid over it.
    func find(_ search: Search, in store: any Store) throws(StoreError) -> [R] {
        guard search.limit > 0 else { return [] }
        if dirty.isEmpty {
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

    /// Keeps what the store holds; returns whether the batch has changed the record.
    @discardableResult
    func remember(_ record: R) -> Bool {
        guard let slot = slot(record.key) else {
            _ = insertSlot(record.key, record)
            return false
        }
        return slot.isDirty
    }

    /// The index columns after the prefix, then the key's: what orders the records found.
    func position(_ record: R, _ shape: OverlayShape) -> [Value] {
        encode(record, into: &comparison)
        return shape.rest.map(comparison.row.value(at:))
    }

    /// The changed records that a search finds.
    func changed(
        _ shape: OverlayShape,
        _ search: Search
    ) -> [(position: [Value], record: R)] {
        if overlays[shape] == nil {
            overlays[shape] = Overlay()
            for slot in dirty {
                if let record = slot.current { enter(record, slot, shape) }
            }
        }
        var result: [(position: [Value], record: R)] = []
        for slot in overlays[shape]?[search.prefix] ?? [] {
            guard let record = slot.current else { continue }
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
        encode(record, into: &comparison)
        if let first = shape.optionalFirst, case .null = comparison.row.cells[first] { return nil }
        return shape.prefix.map(comparison.row.value(at:))
    }

    func encode(_ record: R, into writer: inout RowWriter) {
        writer.removeAll()
        record.key.write(to: &writer)
        record.write(to: &writer)
        precondition(
            writer.row.cells.count == table.key.count + table.columns.count,
            "a record of table \(table.name) writes another number of values than its columns"
        )
    }

    // MARK: Changing

    /// Sets a record, or deletes it; returns whether it is the first change of `command` here.
    func change(_ key: R.Key, to record: R?, command: UInt64) -> Bool {
        let isFirst = undo.isEmpty
        let known = slot(key)
        let slot = known ?? insertSlot(key, nil)
        if slot.command != command || known == nil {
            slot.command = command
            undo.append(
                Undo(
                    slot: slot,
                    current: slot.current,
                    stored: slot.stored,
                    isNew: known == nil
                )
            )
        }
        if !slot.isDirty {
            dirty.append(slot)
            slot.stored =
                known == nil && !isBeyondStored(key) ? .unknown : .known(slot.current)
        }
        set(slot, to: record)
        if record != nil, let lastKey, let key = integer(key), key > lastKey { self.lastKey = key }
        return isFirst
    }

    func set(_ slot: Slot, to record: R?) {
        for shape in overlays.keys {
            if let old = slot.current, let prefix = prefix(old, shape) {
                overlays[shape]?.remove(slot, prefix)
            }
            // A record that is as the store has it again is found there.
            if let record, slot.isDirty { enter(record, slot, shape) }
        }
        slot.current = record
    }

    func nextKey(in store: any Store) throws(StoreError) -> Int64 where R.Key == Int64 {
        let last: Int64
        if let lastKey {
            last = lastKey
        } else {
            let stored = try store.largestKey(R.self)
            largestStoredKey = stored
            last = dirty.reduce(stored) { $1.current == nil ? $0 : max($0, $1.key) }
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
            let slot = change.slot
            slot.stored = change.stored
            set(slot, to: change.current)
            if !slot.isDirty { dirty.removeLast() }
            if change.isNew { recent[slot.key] = nil }
        }
        undo.removeAll(keepingCapacity: true)
    }

    func didCommit(keeping limit: Int) {
        if let largestStoredKey {
            self.largestStoredKey = dirty.reduce(largestStoredKey) { largest, slot in
                integer(slot.key).map { max(largest, $0) } ?? largest
            }
        }
        for slot in dirty { slot.stored = .same }
        dirty.removeAll(keepingCapacity: true)
        overlays.removeAll(keepingCapacity: true)
        if recent.count > limit {
            swap(&older, &recent)
            recent.removeAll(keepingCapacity: true)
        }
    }

    func forgetAll() {
        recent = [:]
        older = [:]
        dirty.removeAll(keepingCapacity: true)
        undo.removeAll(keepingCapacity: true)
        overlays.removeAll(keepingCapacity: true)
    }

    func forEachChange(
        _ visit: (RowChange, borrowing Row) throws(StoreError) -> Void
    ) throws(StoreError) {
        let sorted = dirtyInKeyOrder()
        var moved: Set<ObjectIdentifier> = []
        for slot in sorted where isDeletedFirst(slot) {
            writer.removeAll()
            slot.key.write(to: &writer)
            try visit(.delete, writer.row)
            if slot.current != nil { moved.insert(ObjectIdentifier(slot)) }
        }
        for slot in sorted {
            guard let record = slot.current else { continue }
            encode(record, into: &writer)
            switch slot.stored {
            case .same:
                preconditionFailure("a clean record among the changed ones")
            case .unknown:
                try visit(.upsert, writer.row)
            case .known(nil):
                try visit(.insert, writer.row)
            case .known(let stored?):
                if !moved.isEmpty, moved.contains(ObjectIdentifier(slot)) {
                    try visit(.insert, writer.row)
                    continue
                }
                encode(stored, into: &comparison)
                let columns = differingColumns()
                if columns != 0 { try visit(.update(columns: columns), writer.row) }
            }
        }
    }

    /// Whether the store must let go of the row before anything else is written: it is deleted, or
    /// it gives up a value that must be unique, or may do so because nobody looked at it.
    func isDeletedFirst(_ slot: Slot) -> Bool {
        guard let record = slot.current else {
            if case .known(nil) = slot.stored { return false }
            return true
        }
        guard order.uniqueColumns != 0 else { return false }
        if case .unknown = slot.stored { return true }
        guard case .known(let stored?) = slot.stored else { return false }
        encode(record, into: &writer)
        encode(stored, into: &comparison)
        return differingColumns() & order.uniqueColumns != 0
    }

    /// The columns in which `writer` and `comparison` differ.
    func differingColumns() -> UInt64 {
        var columns: UInt64 = 0
        for column in table.columns.indices
        where !writer.row.isEqual(to: comparison.row, at: table.key.count + column) {
            columns |= 1 << UInt64(column)
        }
        return columns
    }

    func dirtyInKeyOrder() -> [Slot] {
        if R.Key.self == Int64.self {
            return dirty.map { (integer($0.key) ?? 0, $0) }
                .sorted { $0.0 < $1.0 }
                .map(\.1)
        }
        return dirty.map { slot -> ([Value], Slot) in
            writer.removeAll()
            slot.key.write(to: &writer)
            return (writer.values, slot)
        }
        .sorted { $0.0.compare(to: $1.0) < 0 }
        .map(\.1)
    }
}

/// What a unit of work asks of the records of any type.
///
/// It holds functions rather than being a protocol, because those are bound where the type is known.
package final class RecordMapHandle: TableChanges {
    package typealias Visitor = (RowChange, borrowing Row) throws(StoreError) -> Void

    package let table: Table
    let map: AnyObject
    let hasChanges: () -> Bool
    let acceptCommand: () -> Void
    let rejectCommand: () -> Void
    /// The changes lie in the store; keeps about that many records in memory.
    let didCommit: (Int) -> Void
    let forgetAll: () -> Void
    private let visitChanges: (Visitor) throws(StoreError) -> Void

    init<R: Record>(_ map: RecordMap<R>) {
        table = map.table
        self.map = map
        hasChanges = { map.hasChanges }
        acceptCommand = { map.acceptCommand() }
        rejectCommand = { map.rejectCommand() }
        didCommit = { map.didCommit(keeping: $0) }
        forgetAll = { map.forgetAll() }
        visitChanges = { (visit) throws(StoreError) in try map.forEachChange(visit) }
    }

    package func forEachChange(_ visit: Visitor) throws(StoreError) { try visitChanges(visit) }
}

/// What a table's declaration says about the order in which rows may be written.
struct KeyOrder {
    /// The columns that a unique index names; bit n stands for `Table.columns[n]`.
    let uniqueColumns: UInt64

    init(_ table: Table) {
        var columns: UInt64 = 0
        for index in table.indexes where index.isUnique {
            for (position, column) in table.columns.enumerated()
            where index.columns.contains(column.name) {
                columns |= 1 << UInt64(position)
            }
        }
        uniqueColumns = columns
    }
}
