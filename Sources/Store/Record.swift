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

    package init(_ name: String, _ kind: Kind, optional isOptional: Bool = false) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }
}

/// A secondary index of a table; rows whose first column is null are left out of it.
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
    var key: Key { get }
    func write(to row: inout RowWriter)
    init(key: Key, row: inout RowReader) throws(StoreError)
}

/// What a record is found by: one or more columns.
package protocol RecordKey: Hashable, Sendable {
    func write(to row: inout RowWriter)
    init(row: inout RowReader) throws(StoreError)
}

/// Gathers the values of one row, in the order of its columns.
package struct RowWriter {
    package private(set) var values: [Value] = []

    package init() {}

    package mutating func removeAll() { values.removeAll(keepingCapacity: true) }
    package mutating func integer(_ value: Int64) { values.append(.integer(value)) }
    package mutating func integer(_ value: Int64?) {
        values.append(value.map(Value.integer) ?? .null)
    }
    package mutating func text(_ value: String) { values.append(.text(value)) }
    package mutating func text(_ value: String?) { values.append(value.map(Value.text) ?? .null) }
    package mutating func blob(_ value: [UInt8]) { values.append(.blob(value)) }
    package mutating func null() { values.append(.null) }
    package mutating func bool(_ value: Bool) { values.append(.integer(value ? 1 : 0)) }
}

/// Hands out the values of one row, in the order of its columns.
///
/// A value of another kind than the one asked for means that the file was changed by other hands:
/// it is refused as `StoreError.corrupt`, never trapped on.
package struct RowReader {
    private let table: String
    private var values: [Value]
    private var position = 0

    package init(table: String, values: [Value]) {
        self.table = table
        self.values = values
    }

    private mutating func next() throws(StoreError) -> Value {
        guard position < values.count else { throw mismatch("a value", .null) }
        defer { position += 1 }
        return values[position]
    }

    /// The error for a column that holds something that the record can't be made of.
    package func mismatch(_ expected: String, _ found: Value) -> StoreError {
        .corrupt("table \(table), column \(position): expected \(expected), found \(found)")
    }

    package mutating func integer() throws(StoreError) -> Int64 {
        let value = try next()
        guard case .integer(let integer) = value else { throw mismatch("an integer", value) }
        return integer
    }

    package mutating func optionalInteger() throws(StoreError) -> Int64? {
        switch try next() {
        case .null: nil
        case .integer(let integer): integer
        case let value: throw mismatch("an integer or null", value)
        }
    }

    package mutating func text() throws(StoreError) -> String {
        let value = try next()
        guard case .text(let text) = value else { throw mismatch("text", value) }
        return text
    }

    package mutating func optionalText() throws(StoreError) -> String? {
        switch try next() {
        case .null: nil
        case .text(let text): text
        case let value: throw mismatch("text or null", value)
        }
    }

    package mutating func blob() throws(StoreError) -> [UInt8] {
        let value = try next()
        guard case .blob(let bytes) = value else { throw mismatch("a blob", value) }
        return bytes
    }

    package mutating func optionalBlob() throws(StoreError) -> [UInt8]? {
        switch try next() {
        case .null: nil
        case .blob(let bytes): bytes
        case let value: throw mismatch("a blob or null", value)
        }
    }

    package mutating func bool() throws(StoreError) -> Bool { try integer() != 0 }

    /// A case of an enumeration, by its raw value.
    package mutating func enumeration<Enumeration: RawRepresentable>(
        _ type: Enumeration.Type
    ) throws(StoreError) -> Enumeration where Enumeration.RawValue == Int32 {
        let number = try integer(as: Int32.self)
        guard let value = Enumeration(rawValue: number) else {
            throw mismatch("\(type)", .integer(Int64(number)))
        }
        return value
    }

    /// A list of texts, as `ValueList` keeps it in one row; nil for null.
    package mutating func optionalTexts() throws(StoreError) -> [String]? {
        guard let bytes = try optionalBlob() else { return nil }
        var texts: [String] = []
        for value in try ValueList.decode(bytes).joined() {
            guard case .text(let text) = value else { throw mismatch("texts", .blob(bytes)) }
            texts.append(text)
        }
        return texts
    }

    /// A list of texts, as `ValueList` keeps it in one row.
    package mutating func texts() throws(StoreError) -> [String] {
        guard let texts = try optionalTexts() else { throw mismatch("texts", .null) }
        return texts
    }

    /// A list of integers, as `ValueList` keeps it in one row.
    package mutating func integers() throws(StoreError) -> [Int64] {
        let bytes = try blob()
        var integers: [Int64] = []
        for value in try ValueList.decode(bytes).joined() {
            guard case .integer(let integer) = value else {
                throw mismatch("integers", .blob(bytes))
            }
            integers.append(integer)
        }
        return integers
    }

    /// An integer that must fit `Target`.
    package mutating func integer<Target: FixedWidthInteger>(
        as type: Target.Type
    ) throws(StoreError) -> Target {
        let wide = try integer()
        guard let value = Target(exactly: wide) else { throw mismatch("\(type)", .integer(wide)) }
        return value
    }
}

extension Int64: RecordKey {
    package func write(to row: inout RowWriter) { row.integer(self) }
    package init(row: inout RowReader) throws(StoreError) { self = try row.integer() }
}

extension String: RecordKey {
    package func write(to row: inout RowWriter) { row.text(self) }
    package init(row: inout RowReader) throws(StoreError) { self = try row.text() }
}
