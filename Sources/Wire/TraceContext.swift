/// Which trace a call belongs to, and whose span made it (W3C Trace Context, level 1).
public struct TraceContext: Hashable, Sendable {
    /// The whole trace, across all programs that take part; never zero.
    public let traceID: TraceID
    /// The caller's own span; never zero.
    public let parentID: UInt64
    /// Whether the caller records the trace.
    public let isSampled: Bool

    /// The length of a `traceparent` of version 00, in bytes.
    private static let byteCount = 55

    /// Nil when an id is zero, which stands for none.
    public init?(traceID: TraceID, parentID: UInt64, isSampled: Bool) {
        guard traceID != TraceID(high: 0, low: 0), parentID != 0 else { return nil }
        self.traceID = traceID
        self.parentID = parentID
        self.isSampled = isSampled
    }

    /// A new trace, begun here.
    public init(isSampled: Bool, using generator: inout some RandomNumberGenerator) {
        traceID = TraceID(
            high: .random(in: 1 ... .max, using: &generator),
            low: .random(in: .min ... .max, using: &generator)
        )
        parentID = .random(in: 1 ... .max, using: &generator)
        self.isSampled = isSampled
    }

    /// Parses a `traceparent`; nil for anything that the recommendation (3.2) doesn't allow: capitals,
    /// ids of zeros, version ff, and more than the four parts in version 00. What a later version
    /// appends is passed over.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        let dash = UInt8(ascii: "-")
        guard bytes.count >= Self.byteCount, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = hexadecimal(bytes, 0..<2), version != 0xFF,
            let high = hexadecimal(bytes, 3..<19), let low = hexadecimal(bytes, 19..<35),
            let parentID = hexadecimal(bytes, 36..<52),
            let flags = hexadecimal(bytes, 53..<55)
        else { return nil }
        if bytes.count > Self.byteCount {
            guard version > 0, bytes[Self.byteCount] == dash else { return nil }
        }
        self.init(
            traceID: TraceID(high: high, low: low),
            parentID: parentID,
            isSampled: flags & 1 == 1
        )
    }

    /// Parses a `traceparent`.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard let context = bytes.withUnsafeBytes({ TraceContext($0) }) else { return nil }
        self = context
    }
}

extension TraceContext: CustomStringConvertible {
    /// The `traceparent` of version 00.
    public var description: String {
        "00-\(traceID)-\(padded(parentID))-\(isSampled ? "01" : "00")"
    }
}

/// The number of a trace, of 128 bits.
public struct TraceID: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 hexadecimal digits.
    public var description: String { padded(high) + padded(low) }
}

/// The number that small hexadecimal digits make; nil when one isn't such a digit.
private func hexadecimal(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    for index in range {
        let digit: UInt8
        switch bytes[index] {
        case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
            digit = byte - UInt8(ascii: "0")
        case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
            digit = byte - UInt8(ascii: "a") + 10
        default: return nil
        }
        value = value << 4 | UInt64(digit)
    }
    return value
}

/// 16 hexadecimal digits.
private func padded(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
