/// A column's value.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// A secondary index of a table; rows whose first column is null are left out of it.
///
/// Of a personal column, which holds text then, it knows only which values are equal: a search names its value, and the index
/// isn't unique.
package struct Index: Hashable, Sendable {
    package let name: String
    package let columns: [String]
    package let isUnique: Bool
    /// What the index holds beside, by which nothing is found: `scan` gives it without reading the records.
    package let carried: String?

    package init(
        _ name: String,
        on columns: [String],
        unique isUnique: Bool = false,
        carrying carried: String? = nil
    ) {
        self.name = name
        self.columns = columns
        self.isUnique = isUnique
        self.carried = carried
    }
}

/// Where the records of one type lie: real columns, the key's first.
package struct Table: Hashable, Sendable {
    package let name: String
    package let key: [Column]
    package let columns: [Column]
    package let indexes: [Index]

    package init(_ name: String, key: [Column], columns: [Column], indexes: [Index] = []) {
        self.name = name
        self.key = key
        self.columns = columns
        self.indexes = indexes
    }
}

/// A value kept in the store under a key.
///
/// The columns of `table` are written by `write(to:)` and read by `init(key:row:)` in the order in
/// which the table names them, the key's left out.
package protocol Record: Equatable, Sendable {
    associatedtype Key: RecordKey
    static var table: Table { get }
    /// About how many of them a unit of work keeps in memory from batch to batch.
    static var keptMax: Int { get }
    var key: Key { get }
    func write(to row: inout RowWriter)
    init(key: Key, row: inout RowReader) throws(StoreError)
}

extension Record {
    package static var keptMax: Int { 8192 }
}

extension Record {
    /// Reads the row: the key's columns, then the table's.
    package init(whole row: inout RowReader) throws(StoreError) {
        let key = try Key(row: &row)
        self = try Self(key: key, row: &row)
    }

    /// Writes the row: the key's columns, then the table's, `count` together.
    func encode(into writer: inout RowWriter, count: Int) {
        writer.removeAll()
        key.write(to: &writer)
        write(to: &writer)
        precondition(
            writer.row.cells.count == count,
            "a record of table \(Self.table.name) writes another number of values than its columns"
        )
        #if DEBUG
            for (form, column) in zip(writer.forms, Self.table.key + Self.table.columns)
            where form.map({ $0 != column.kind.form }) ?? !column.isOptional {
                preconditionFailure(
                    "a record of table \(Self.table.name) writes something else to \(column.name) "
                        + "than its column is declared to hold"
                )
            }
        #endif
    }
}

extension Table {
    /// How many columns a row has, the key's and the others.
    var width: Int { key.count + columns.count }
}

/// What a record is found by: one or more columns.
package protocol RecordKey: Hashable, Sendable {
    func write(to row: inout RowWriter)
    init(row: inout RowReader) throws(StoreError)
}

extension Int64: RecordKey {
    package func write(to row: inout RowWriter) { row.integer(self) }
    package init(row: inout RowReader) throws(StoreError) { self = try row.integer() }
}

extension String: RecordKey {
    package func write(to row: inout RowWriter) { row.text(self) }
    package init(row: inout RowReader) throws(StoreError) { self = try row.text() }
}
