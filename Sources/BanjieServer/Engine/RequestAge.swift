internal import CivilTime

/// When a request id was made, for ids that say so.
enum RequestAge {
    /// The time in a UUID of version 7 (RFC 9562, section 5.7); nil for any other id.
    static func instant(of id: [UInt8]) -> Instant? {
        guard id.count == 16, id[6] >> 4 == 7, id[8] >> 6 == 0b10 else { return nil }
        let milliseconds = id.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return Instant(unixSeconds: milliseconds / 1000)
    }
}
