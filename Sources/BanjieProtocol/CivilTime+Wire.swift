public import CivilTime
public import Wire

/// A `date` travels as days since 1970-01-01, zigzag: protobuf's `sint32`.
extension CivilDate: VarintRepresentable {
    /// The date of these days; nil outside the years 0001…9999.
    public init?(varint: UInt64) {
        let days = ZigZag.decode(varint & UInt64(UInt32.max))
        guard let whole = Int32(exactly: days) else { return nil }
        self.init(daysSinceEpoch: whole)
        if daysSinceEpoch != whole { return nil }
    }

    public var varint: UInt64 { ZigZag.encode(Int64(daysSinceEpoch)) }
}

/// An `instant` travels as seconds since 1970-01-01T00:00:00Z, zigzag: protobuf's `sint64`.
extension Instant: VarintRepresentable {
    /// The moment of these seconds; nil outside the years 0001…9999.
    public init?(varint: UInt64) {
        let seconds = ZigZag.decode(varint)
        self.init(unixSeconds: seconds)
        if unixSeconds != seconds { return nil }
    }

    public var varint: UInt64 { ZigZag.encode(unixSeconds) }
}
