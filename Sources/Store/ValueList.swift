/// Rows of values in one blob: for the short lists that belong to a record.
///
/// Each value is a tag byte (0 null, 1 integer, 2 text, 3 blob) and, little-endian, eight bytes of
/// integer or four bytes of length and the content; each row is preceded by its count in one byte.
package enum ValueList {
    /// - Precondition: a row has at most 255 values.
    package static func encode(_ rows: [[Value]]) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ tag: UInt8, _ content: some Collection<UInt8>) {
            bytes.append(tag)
            withUnsafeBytes(of: UInt32(content.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: content)
        }
        for row in rows {
            precondition(row.count <= 255)
            bytes.append(UInt8(row.count))
            for value in row {
                switch value {
                case .null: bytes.append(0)
                case .integer(let integer):
                    bytes.append(1)
                    withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
                case .text(let text): append(2, text.utf8)
                case .blob(let blob): append(3, blob)
                }
            }
        }
        return bytes
    }

    /// - Throws: `StoreError.corrupt` when the bytes aren't what `encode` makes.
    package static func decode(_ bytes: [UInt8]) throws(StoreError) -> [[Value]] {
        var rest = bytes[...]
        func take(_ count: Int) throws(StoreError) -> ArraySlice<UInt8> {
            guard count <= rest.count else {
                throw .corrupt("a list ends after \(bytes.count) bytes, within a value")
            }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func integer(_ width: Int) throws(StoreError) -> UInt64 {
            try take(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        var rows: [[Value]] = []
        while !rest.isEmpty {
            var row: [Value] = []
            for _ in 0..<(try integer(1)) {
                switch try integer(1) {
                case 0: row.append(.null)
                case 1: row.append(.integer(Int64(bitPattern: try integer(8))))
                case 2:
                    let text = try take(Int(try integer(4)))
                    guard let string = String(validating: text, as: UTF8.self) else {
                        throw .corrupt("a list holds text that isn't UTF-8")
                    }
                    row.append(.text(string))
                case 3: row.append(.blob(Array(try take(Int(try integer(4))))))
                case let tag: throw .corrupt("a list holds a value of unknown tag \(tag)")
                }
            }
            rows.append(row)
        }
        return rows
    }
}
