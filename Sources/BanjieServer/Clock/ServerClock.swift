package import CivilTime
internal import Glibc
internal import Synchronization

/// Where the server's time comes from: the machine, or a virtual clock that an operator moves.
package final class ServerClock: Sendable {
    private enum Source {
        case machine
        case virtual(Instant)
    }

    private let source: Mutex<Source>
    private let readMonotonic: @Sendable () -> Int64
    package let isVirtual: Bool

    /// The machine's clock.
    package init() {
        source = Mutex(.machine)
        readMonotonic = Self.machineMonotonicSeconds
        isVirtual = false
    }

    /// A clock that stands still until it is moved.
    ///
    /// - Parameter monotonicSeconds: where monotonic time comes from; the machine when nil.
    package init(
        virtual start: Instant,
        monotonicSeconds: (@Sendable () -> Int64)? = nil
    ) {
        source = Mutex(.virtual(start))
        readMonotonic = monotonicSeconds ?? Self.machineMonotonicSeconds
        isVirtual = true
    }

    /// The civil time.
    package var now: Instant {
        source.withLock {
            switch $0 {
            case .machine: Instant(unixSeconds: Self.read(CLOCK_REALTIME).seconds)
            case .virtual(let instant): instant
            }
        }
    }

    /// How far the machine is into the present second, in nanoseconds; 0 on a virtual clock.
    var nanosecondsIntoSecond: Int64 {
        isVirtual ? 0 : Self.read(CLOCK_REALTIME).nanoseconds
    }

    /// Moves a virtual clock; false when it isn't one, or `instant` lies before its time.
    package func move(to instant: Instant) -> Bool {
        source.withLock {
            guard case .virtual(let now) = $0, now <= instant else { return false }
            $0 = .virtual(instant)
            return true
        }
    }

    /// The machine's time, whatever the source: for the log.
    @Sendable static func machineTime() -> (second: Instant, nanosecond: Int) {
        let (seconds, nanoseconds) = read(CLOCK_REALTIME)
        return (Instant(unixSeconds: seconds), Int(nanoseconds))
    }

    /// Seconds of monotonic time since an arbitrary moment.
    var monotonicSeconds: Int64 { readMonotonic() }

    @Sendable private static func machineMonotonicSeconds() -> Int64 {
        read(CLOCK_MONOTONIC).seconds
    }

    private static func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int64) {
        var time = timespec()
        let status = clock_gettime(clock, &time)
        precondition(status == 0, "the machine has a real and a monotonic clock")
        return (Int64(time.tv_sec), Int64(time.tv_nsec))
    }
}
