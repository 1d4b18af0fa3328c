import Glibc

/// Request ids that are unique, and ordered by time, so that looking one up isn't a random read.
package enum RequestID {
    /// A UUID of version 7 (RFC 9562, 5.7): 48 bits of Unix time in milliseconds, then chance.
    package static func make(
        unixMilliseconds: UInt64,
        using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        let chance: (UInt64, UInt64) = (generator.next(), generator.next())
        let high = unixMilliseconds << 16 | 0x7000 | chance.0 & 0x0FFF
        let low = 1 << 63 | chance.1 >> 2
        var id: [UInt8] = []
        id.reserveCapacity(16)
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { id.append(contentsOf: $0) }
        return id
    }

    /// Milliseconds of Unix time.
    package static func wallClock() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(clamping: time.tv_sec) * 1_000 + UInt64(clamping: time.tv_nsec / 1_000_000)
    }
}
