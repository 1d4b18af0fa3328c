/// A value that a message field carries as one varint.
///
/// Each conforming type has exactly one encoding, so the type of a field decides its bytes: plain for
/// integers, zigzag for those whose values are often negative (Protocol Buffers, "Encoding").
public protocol VarintRepresentable {
    /// The value of these 64 bits, or nil when the type can't represent it.
    init?(varint: UInt64)
    /// The 64 bits that stand for the value; 0 for the type's default.
    var varint: UInt64 { get }
}

extension Bool: VarintRepresentable {
    /// False for 0; every other value is true, as protobuf readers take it.
    @inlinable public init?(varint: UInt64) { self = varint != 0 }
    @inlinable public var varint: UInt64 { self ? 1 : 0 }
}

extension Int32: VarintRepresentable {
    /// The low 32 bits, as protobuf readers take them.
    @inlinable public init?(varint: UInt64) {
        self = Int32(truncatingIfNeeded: varint)
    }
    /// Sign-extended to 64 bits: a negative value takes ten bytes.
    @inlinable public var varint: UInt64 { UInt64(bitPattern: Int64(self)) }
}

extension Int64: VarintRepresentable {
    @inlinable public init?(varint: UInt64) {
        self = Int64(bitPattern: varint)
    }
    /// Two's complement: a negative value takes ten bytes.
    @inlinable public var varint: UInt64 { UInt64(bitPattern: self) }
}

extension UInt32: VarintRepresentable {
    /// The low 32 bits, as protobuf readers take them.
    @inlinable public init?(varint: UInt64) {
        self = UInt32(truncatingIfNeeded: varint)
    }
    @inlinable public var varint: UInt64 { UInt64(self) }
}

extension UInt64: VarintRepresentable {
    @inlinable public init?(varint: UInt64) { self = varint }
    @inlinable public var varint: UInt64 { self }
}

/// The zigzag mapping: 0, −1, 1, −2, … become 0, 1, 2, 3, …
public enum ZigZag {
    @inlinable public static func encode(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }

    @inlinable public static func decode(_ bits: UInt64) -> Int64 {
        Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    }
}

/// How a field's value is laid out (Protocol Buffers, "Encoding").
public enum WireType: UInt8, Hashable, Sendable {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    /// Refused: groups have been deprecated in protobuf since 2008.
    case groupStart = 3
    /// Refused, as `groupStart` is.
    case groupEnd = 4
    case fixed32 = 5
}
