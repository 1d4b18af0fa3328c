/// A column's value.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// A column of a table.
package struct Column: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case integer, text, blob }

    package let name: String
    package let kind: Kind
    package let isOptional: Bool
    /// Whether it holds personal data: a store keeps its values sealed, and finds them, by an index
    /// that names the column, by keyed hashes. A record knows nothing of that.
    package let isPersonal: Bool

    /// - Precondition: a personal column holds text or a blob, and isn't a part of a key.
    package init(
        _ name: String,
        _ kind: Kind,
        optional isOptional: Bool = false,
        personal isPersonal: Bool = false
    ) {
        precondition(!isPersonal || kind != .integer, "a personal column holds text or a blob")
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
        self.isPersonal = isPersonal
    }
}

/// A secondary index of a table; rows whose first column is null are left out of it.
///
/// Of a personal column, which holds text then, it knows only which values are equal: a search names its value, and the index
/// isn't unique.
package struct Index: Hashable, Sendable {
    package let name: String
    package let columns: [String]
    package let isUnique: Bool

    package init(_ name: String, on columns: [String], unique isUnique: Bool = false) {
        self.name = name
        self.columns = columns
        self.isUnique = isUnique
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
    /// Writes the row: the key's columns, then the table's, `count` together.
    func encode(into writer: inout RowWriter, count: Int) {
        writer.removeAll()
        key.write(to: &writer)
        write(to: &writer)
        precondition(
            writer.row.cells.count == count,
            "a record of table \(Self.table.name) writes another number of values than its columns"
        )
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
