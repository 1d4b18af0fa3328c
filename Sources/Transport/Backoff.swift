/// How long to wait before the next attempt to connect: longer after each failure, and never the same
/// for all clients of a server that has gone away (gRPC's "Connection Backoff Protocol", whose values
/// these are).
package struct Backoff: Sendable, Hashable {
    /// The first wait.
    package var initialMilliseconds: Double = 1_000
    /// What each further wait is longer by.
    package var factor: Double = 1.6
    /// The longest wait, but for the jitter.
    package var longestMilliseconds: Double = 120_000
    /// How much of a wait is left to chance, up and down.
    package var jitter: Double = 0.2
    private var current: Double?

    package init() {}

    /// The next wait; `random` is drawn evenly from 0…1.
    package mutating func next(random: Double) -> UInt64 {
        let base = current ?? initialMilliseconds
        current = min(base * factor, longestMilliseconds)
        return UInt64(max(0, base * (1 + jitter * (2 * random - 1))))
    }

    /// A connection has ended. When it has lasted no less than the next wait would, it was stable: the
    /// next wait is the first again, and there need be none now, since that makes no more attempts.
    package mutating func ended(afterMilliseconds span: UInt64) -> Bool {
        guard Double(span) >= current ?? initialMilliseconds else { return false }
        current = nil
        return true
    }
}
