import Glibc

/// A moment of the machine's monotonic clock: for timeouts, never for civil limits.
package struct MonotonicTime: Hashable, Comparable, Sendable {
    /// Since an arbitrary moment before the process began.
    package let nanoseconds: UInt64

    @inlinable package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than every moment that comes.
    @inlinable package static var never: MonotonicTime { MonotonicTime(nanoseconds: .max) }

    /// The moment `milliseconds` later; `never` when that can't be represented.
    @inlinable package func adding(milliseconds: UInt64) -> MonotonicTime {
        let (span, tooLong) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, tooLate) = nanoseconds.addingReportingOverflow(span)
        return tooLong || tooLate ? .never : MonotonicTime(nanoseconds: sum)
    }

    /// Whole milliseconds until `later`, rounded up; 0 when it has passed.
    @inlinable package func milliseconds(until later: MonotonicTime) -> UInt64 {
        guard later > self else { return 0 }
        let span = later.nanoseconds - nanoseconds
        return span / 1_000_000 + (span % 1_000_000 == 0 ? 0 : 1)
    }

    @inlinable package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Reads the clock.
    package static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(
            nanoseconds: UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000
                &+ UInt64(bitPattern: Int64(time.tv_nsec))
        )
    }
}
