// Compiled where the record's type is known, as `RecordMap` is.

/// What a sealed batch changes in the records of one type.
struct RecordChanges<R: Record>: Sendable {
    /// What the store holds of a record that is changed.
    enum Stored: Sendable {
        case same
        case unknown
        case known(Kept<R>?)
    }

    struct Change: Sendable {
        let key: R.Key
        /// Nil to delete it.
        let record: Kept<R>?
        /// Never `same`.
        let stored: Stored
    }

    private let changes: [Change]
    private let order: KeyOrder
    private let width: Int

    init(_ changes: [Change], _ order: KeyOrder) {
        self.changes = changes
        self.order = order
        width = R.table.width
    }

    /// See `TableChanges.forEachChange`.
    func forEach(_ visit: TableChanges.Visitor) throws(StoreError) {
        var rows = RowPair()
        let positions = positionsInOrder()
        var moved: Set<Int> = []
        for position in positions where isDeletedFirst(changes[position], &rows) {
            let change = changes[position]
            rows.writer.removeAll()
            change.key.write(to: &rows.writer)
            try visit(.delete, rows.writer.row)
            if change.record != nil { moved.insert(position) }
        }
        for position in positions {
            let change = changes[position]
            guard let record = change.record?.record else { continue }
            record.encode(into: &rows.writer, count: width)
            switch change.stored {
            case .same:
                preconditionFailure("a clean record among the changed ones")
            case .unknown:
                try visit(.upsert, rows.writer.row)
            case .known(nil):
                try visit(.insert, rows.writer.row)
            case .known(let stored?):
                if !moved.isEmpty, moved.contains(position) {
                    try visit(.insert, rows.writer.row)
                    continue
                }
                stored.record.encode(into: &rows.comparison, count: width)
                let columns = rows.differingColumns(of: R.table)
                if columns != 0 { try visit(.update(columns: columns), rows.writer.row) }
            }
        }
    }

    /// Whether the store must let go of the row before anything else is written: it is deleted, or
    /// it gives up a value that must be unique, or may do so because nobody looked at it.
    private func isDeletedFirst(_ change: Change, _ rows: inout RowPair) -> Bool {
        guard let record = change.record?.record else {
            if case .known(nil) = change.stored { return false }
            return true
        }
        guard order.uniqueColumns != 0 else { return false }
        if case .unknown = change.stored { return true }
        guard case .known(let stored?) = change.stored else { return false }
        record.encode(into: &rows.writer, count: width)
        stored.record.encode(into: &rows.comparison, count: width)
        return rows.differingColumns(of: R.table) & order.uniqueColumns != 0
    }

    /// The places of the changes in the order of their keys.
    private func positionsInOrder() -> [Int] {
        let positions = Array(changes.indices)
        guard positions.count > 1 else { return positions }
        if R.Key.self == Int64.self {
            let keys = changes.map { unsafeBitCast($0.key, to: Int64.self) }
            // New records come in the order of their keys.
            if zip(keys, keys.dropFirst()).allSatisfy(<) { return positions }
            return positions.sorted { keys[$0] < keys[$1] }
        }
        var writer = RowWriter()
        let keys = changes.map { change in
            writer.removeAll()
            change.key.write(to: &writer)
            return writer.values
        }
        return positions.sorted { keys[$0].compare(to: keys[$1]) < 0 }
    }
}

/// The row that is written, and the one that it is compared with.
private struct RowPair {
    var writer = RowWriter()
    var comparison = RowWriter()

    /// The columns in which the two differ.
    func differingColumns(of table: Table) -> UInt64 {
        var columns: UInt64 = 0
        for column in table.columns.indices
        where !writer.row.isEqual(to: comparison.row, at: table.key.count + column) {
            columns |= 1 << UInt64(column)
        }
        return columns
    }
}

/// What a table's declaration says about the order in which rows may be written.
struct KeyOrder: Sendable {
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
