/// Fields that a message carries and this version of the schema doesn't know.
///
/// They are kept in the order of arrival, so that who passes a message on loses nothing, and written
/// after the known fields. Tags and varints are kept in their shortest form; the content of
/// length-delimited fields is kept as it came.
public struct UnknownFields: Hashable, Sendable {
    /// Complete fields, tags included.
    public private(set) var bytes: [UInt8]

    /// No unknown field.
    @inlinable public init() { self.init(bytes: []) }

    @usableFromInline init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whether there is none.
    @inlinable public var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ field: UInt32, _ wireType: WireType) {
        append(varint: UInt64(field) << 3 | UInt64(wireType.rawValue))
    }

    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(_ content: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: content)
    }
}
