/// How long to wait before the next attempt to connect: longer after each failure, and never the same
/// for all clients of a server that has gone away.
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

    /// A connection was made: the next wait is the first again.
    package mutating func reset() { current = nil }
}
