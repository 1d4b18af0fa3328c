package import CivilTime

/// Watches the wall clock, so that a wrong one deems nothing.
///
/// It loses trust when wall time leaps by over an hour against monotonic time, lies before the last
/// commit, or lies further after it than a configured gap; an operator's confirmation restores it.
/// Until then nothing fires and no command runs.
package struct ClockGuard: Sendable {
    /// Why the clock isn't trusted.
    package enum Doubt: Hashable, Sendable {
        /// By so many seconds, forward or (negative) back.
        case leapt(seconds: Int64)
        case beforeLastCommit(Instant)
        case longAfterLastCommit(Instant)
    }

    /// How far wall time may run apart from monotonic time between two looks, in seconds.
    package static let leapMax: Int64 = 3600

    package private(set) var doubt: Doubt?
    private var wall: Instant
    private var monotonic: Int64

    /// - Parameter gapMax: Seconds that the server may have been down; nil to trust any gap.
    package init(wall: Instant, monotonic: Int64, lastCommit: Instant?, gapMax: Int64?) {
        self.wall = wall
        self.monotonic = monotonic
        guard let lastCommit else { return }
        if wall < lastCommit {
            doubt = .beforeLastCommit(lastCommit)
        } else if let gapMax, wall > lastCommit.adding(seconds: gapMax) {
            doubt = .longAfterLastCommit(lastCommit)
        }
        // Nothing later is known to have been.
        if doubt != nil { self.wall = lastCommit }
    }

    package var isTrusted: Bool { doubt == nil }

    /// Takes a reading of both clocks, and returns the latest moment that can be trusted.
    package mutating func observe(wall now: Instant, monotonic instant: Int64) -> Instant {
        guard doubt == nil else { return wall }
        let leap = (now.unixSeconds - wall.unixSeconds) - (instant - monotonic)
        guard abs(leap) <= Self.leapMax else {
            doubt = .leapt(seconds: leap)
            return wall
        }
        monotonic = instant
        // Small corrections backwards are waited out: civil time never goes back.
        if now > wall { wall = now }
        return wall
    }

    /// Trusts the clock as it is now.
    package mutating func confirm(wall now: Instant, monotonic instant: Int64) {
        doubt = nil
        wall = now
        monotonic = instant
    }
}
