import Glibc

/// Request ids that are unique, and ordered by time, so that looking one up isn't a random read.
package enum RequestID {
    /// A UUID of version 7 (RFC 9562, 5.7): 48 bits of Unix time in milliseconds, then chance.
    package static func make(
        unixMilliseconds: UInt64,
        using generator: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var id = (0..<6).map {
            UInt8(truncatingIfNeeded: unixMilliseconds >> (40 - 8 * UInt64($0)))
        }
        id.append(0x70 | UInt8.random(in: 0...0x0F, using: &generator))
        id.append(UInt8.random(in: 0...0xFF, using: &generator))
        id.append(0x80 | UInt8.random(in: 0...0x3F, using: &generator))
        for _ in 0..<7 { id.append(UInt8.random(in: 0...0xFF, using: &generator)) }
        return id
    }

    /// Milliseconds of Unix time.
    package static func wallClock() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(clamping: time.tv_sec) * 1_000 + UInt64(clamping: time.tv_nsec / 1_000_000)
    }
}
