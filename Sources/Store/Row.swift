package import CivilTime

/// The values of one row, kept in memory that is used again for the next row.
///
/// Text and blobs lie one after the other in `bytes`, so that a store can hand them on by pointer.
package struct Row: Sendable {
    package enum Cell: Sendable {
        case null
        case integer(Int64)
        /// UTF-8 at an offset of the row's bytes.
        case text(offset: Int, count: Int)
        case blob(offset: Int, count: Int)
    }

    package private(set) var cells: [Cell] = []
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    package mutating func appendNull() { cells.append(.null) }

    package mutating func append(_ value: Int64) { cells.append(.integer(value)) }

    package mutating func append(text: String) {
        let offset = bytes.count
        bytes.append(contentsOf: text.utf8)
        cells.append(.text(offset: offset, count: bytes.count - offset))
    }

    package mutating func append(text: UnsafeRawBufferPointer) {
        let offset = bytes.count
        bytes.append(contentsOf: text)
        cells.append(.text(offset: offset, count: text.count))
    }

    package mutating func append(blob: [UInt8]) {
        let offset = bytes.count
        bytes.append(contentsOf: blob)
        cells.append(.blob(offset: offset, count: blob.count))
    }

    package mutating func append(blob: UnsafeRawBufferPointer) {
        let offset = bytes.count
        bytes.append(contentsOf: blob)
        cells.append(.blob(offset: offset, count: blob.count))
    }

    package mutating func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .integer(let integer): append(integer)
        case .text(let text): append(text: text)
        case .blob(let blob): append(blob: blob)
        }
    }

    /// Appends the value that another row has at `position`.
    ///
    /// - Precondition: that row has such a position.
    package mutating func append(_ position: Int, of other: borrowing Row) {
        let offset = bytes.count
        switch other.cells[position] {
        case .null: appendNull()
        case .integer(let integer): append(integer)
        case .text(let start, let count):
            bytes.append(contentsOf: other.bytes[start..<start + count])
            cells.append(.text(offset: offset, count: count))
        case .blob(let start, let count):
            bytes.append(contentsOf: other.bytes[start..<start + count])
            cells.append(.blob(offset: offset, count: count))
        }
    }

    /// The bytes of the text or blob at `position`; nil when it holds neither.
    ///
    /// - Precondition: the row has such a position.
    package func content(at position: Int) -> [UInt8]? {
        switch cells[position] {
        case .null, .integer: nil
        case .text(let offset, let count), .blob(let offset, let count):
            [UInt8](bytes[offset..<offset + count])
        }
    }

    /// The value at `position`.
    ///
    /// - Precondition: the row has such a position.
    package func value(at position: Int) -> Value {
        switch cells[position] {
        case .null: .null
        case .integer(let integer): .integer(integer)
        case .text(let offset, let count):
            .text(String(decoding: bytes[offset..<offset + count], as: UTF8.self))
        case .blob(let offset, let count): .blob([UInt8](bytes[offset..<offset + count]))
        }
    }

    /// Whether both rows have the same value at `position`.
    func isEqual(to other: borrowing Row, at position: Int) -> Bool {
        switch (cells[position], other.cells[position]) {
        case (.null, .null): true
        case (.integer(let left), .integer(let right)): left == right
        case (.text(let left, let count), .text(let right, let otherCount)),
            (.blob(let left, let count), .blob(let right, let otherCount)):
            count == otherCount
                && bytes[left..<left + count].elementsEqual(other.bytes[right..<right + count])
        default: false
        }
    }
}

/// Gathers the values of one row, in the order of its columns.
package struct RowWriter: Sendable {
    package private(set) var row = Row()
    #if DEBUG
        /// What was written, for comparison with what the columns are declared to hold.
        private(set) var forms: [Column.Form?] = []
    #endif

    package init() {}

    package var values: [Value] { row.cells.indices.map(row.value(at:)) }

    package mutating func removeAll() {
        row.removeAll()
        #if DEBUG
            forms.removeAll(keepingCapacity: true)
        #endif
    }

    @inline(__always)
    private mutating func note(_ form: Column.Form?) {
        #if DEBUG
            forms.append(form)
        #endif
    }

    private mutating func append(_ value: Int64, as form: Column.Form) {
        note(form)
        row.append(value)
    }

    private mutating func append(_ value: Int64?, as form: Column.Form) {
        if let value { append(value, as: form) } else { null() }
    }

    package mutating func null() {
        note(nil)
        row.appendNull()
    }

    package mutating func integer(_ value: Int64) { append(value, as: .integer) }
    package mutating func integer(_ value: Int64?) { append(value, as: .integer) }

    package mutating func text(_ value: String) {
        note(.text)
        row.append(text: value)
    }

    package mutating func text(_ value: String?) {
        if let value { text(value) } else { null() }
    }

    package mutating func blob(_ value: [UInt8]) {
        note(.blob)
        row.append(blob: value)
    }

    package mutating func digest(_ value: [UInt8]) {
        note(.digest)
        row.append(blob: value)
    }

    package mutating func flag(_ value: Bool) { append(value ? 1 : 0, as: .flag) }
    package mutating func flag(_ value: Bool?) { append(value.map { $0 ? 1 : 0 }, as: .flag) }

    package mutating func day(_ value: CivilDate) {
        append(Int64(value.daysSinceEpoch), as: .day)
    }

    package mutating func day(_ value: CivilDate?) {
        if let value { day(value) } else { null() }
    }

    package mutating func instant(_ value: Instant) { append(value.unixSeconds, as: .instant) }
    package mutating func instant(_ value: Instant?) {
        append(value?.unixSeconds, as: .instant)
    }

    /// One of the numbers that the column gives names to.
    package mutating func choice(_ number: Int64) { append(number, as: .choice) }
    package mutating func choice(_ number: Int64?) { append(number, as: .choice) }

    /// A case, by its raw value.
    package mutating func enumeration<Enumeration: RawRepresentable>(
        _ value: Enumeration
    ) where Enumeration.RawValue: BinaryInteger {
        choice(Int64(value.rawValue))
    }

    package mutating func enumeration<Enumeration: RawRepresentable>(
        _ value: Enumeration?
    ) where Enumeration.RawValue: BinaryInteger {
        choice(value.map { Int64($0.rawValue) })
    }

    /// A bit for each case, at the place of its raw value.
    ///
    /// - Precondition: raw values are 0 to 62.
    package mutating func set<Enumeration: RawRepresentable>(
        _ values: Set<Enumeration>
    ) where Enumeration.RawValue == Int32 {
        set(bits: values.reduce(0) { $0 | 1 << Int64($1.rawValue) })
    }

    package mutating func set(bits: Int64) { append(bits, as: .set) }

    /// A list of rows, as `ValueList` keeps it.
    package mutating func list(_ rows: [[Value]]) {
        note(.list)
        row.append(blob: ValueList.encode(rows))
    }

    /// A list of texts.
    package mutating func texts(_ values: [String]) { list([values.map(Value.text)]) }

    package mutating func texts(_ values: [String]?) {
        if let values { texts(values) } else { null() }
    }
}

/// Hands out the values of one row, in the order of its columns.
///
/// A value of another kind than the one asked for means that the file was changed by other hands:
/// it is refused as `StoreError.corrupt`, never trapped on.
package struct RowReader {
    private let table: String
    private var row: Row
    private var position = 0

    /// A reader without a row yet.
    package init(table: String) {
        self.table = table
        row = Row()
    }

    package init(table: String, values: [Value]) {
        self.init(table: table)
        for value in values { row.append(value) }
    }

    /// Begins the next row: `fill` writes its values.
    package mutating func replace(_ fill: (inout Row) -> Void) {
        row.removeAll()
        position = 0
        fill(&row)
    }

    private mutating func next() throws(StoreError) -> Row.Cell {
        guard position < row.cells.count else {
            throw .corrupt("table \(table): a row of \(row.cells.count) values is too short")
        }
        defer { position += 1 }
        return row.cells[position]
    }

    /// The error for a column that holds something that the record can't be made of.
    package func mismatch(_ expected: String, _ found: Value) -> StoreError {
        .corrupt("table \(table), column \(position): expected \(expected), found \(found)")
    }

    private func mismatch(_ expected: String) -> StoreError {
        mismatch(expected, position > 0 ? row.value(at: position - 1) : .null)
    }

    private func text(at offset: Int, count: Int) throws(StoreError) -> String {
        let bytes = row.bytes.span.extracting(offset..<offset + count)
        do { return String(copying: try UTF8Span(validating: bytes)) } catch {
            throw mismatch("UTF-8")
        }
    }

    package mutating func integer() throws(StoreError) -> Int64 {
        guard case .integer(let integer) = try next() else { throw mismatch("an integer") }
        return integer
    }

    package mutating func optionalInteger() throws(StoreError) -> Int64? {
        switch try next() {
        case .null: nil
        case .integer(let integer): integer
        default: throw mismatch("an integer or null")
        }
    }

    package mutating func text() throws(StoreError) -> String {
        guard case .text(let offset, let count) = try next() else { throw mismatch("text") }
        return try text(at: offset, count: count)
    }

    package mutating func optionalText() throws(StoreError) -> String? {
        switch try next() {
        case .null: nil
        case .text(let offset, let count): try text(at: offset, count: count)
        default: throw mismatch("text or null")
        }
    }

    package mutating func blob() throws(StoreError) -> [UInt8] {
        guard case .blob(let offset, let count) = try next() else { throw mismatch("a blob") }
        return [UInt8](row.bytes[offset..<offset + count])
    }

    package mutating func optionalBlob() throws(StoreError) -> [UInt8]? {
        switch try next() {
        case .null: nil
        case .blob(let offset, let count): [UInt8](row.bytes[offset..<offset + count])
        default: throw mismatch("a blob or null")
        }
    }

    package mutating func flag() throws(StoreError) -> Bool { try integer() != 0 }

    package mutating func day() throws(StoreError) -> CivilDate {
        CivilDate(daysSinceEpoch: try integer(as: Int32.self))
    }

    package mutating func optionalDay() throws(StoreError) -> CivilDate? {
        guard let days = try optionalInteger() else { return nil }
        guard let days = Int32(exactly: days) else { throw mismatch("a day", .integer(days)) }
        return CivilDate(daysSinceEpoch: days)
    }

    package mutating func instant() throws(StoreError) -> Instant {
        Instant(unixSeconds: try integer())
    }

    package mutating func optionalInstant() throws(StoreError) -> Instant? {
        try optionalInteger().map { Instant(unixSeconds: $0) }
    }

    /// What `RowWriter.set` has written.
    package mutating func set<Enumeration: RawRepresentable & CaseIterable>(
        of type: Enumeration.Type
    ) throws(StoreError) -> Set<Enumeration> where Enumeration.RawValue == Int32 {
        let mask = try integer()
        return Set(type.allCases.filter { mask & (1 << Int64($0.rawValue)) != 0 })
    }

    /// An integer that must fit `Target`.
    package mutating func integer<Target: FixedWidthInteger>(
        as type: Target.Type
    ) throws(StoreError) -> Target {
        let wide = try integer()
        guard let value = Target(exactly: wide) else { throw mismatch("\(type)", .integer(wide)) }
        return value
    }

    /// An integer that must lie within `range`.
    package mutating func integer<Target: FixedWidthInteger>(
        in range: ClosedRange<Target>
    ) throws(StoreError) -> Target {
        let wide = try integer()
        guard let value = Target(exactly: wide), range.contains(value) else {
            throw mismatch("one of \(range)", .integer(wide))
        }
        return value
    }

    /// A case of an enumeration, by its raw value.
    package mutating func enumeration<Enumeration: RawRepresentable>(
        _ type: Enumeration.Type
    ) throws(StoreError) -> Enumeration where Enumeration.RawValue: FixedWidthInteger {
        let number = try integer(as: Enumeration.RawValue.self)
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

    /// A list of integers, as `ValueList` keeps it.
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
}
