internal import Synchronization

/// Bounds how many lines of one kind are written, so that a flood of failures doesn't become a flood
/// of lines.
package final class LineBudget: Sendable {
    private let bucket: Mutex<TokenBucket>

    /// - Parameter linesPerSecond: That many on average, and that many at once.
    package init(linesPerSecond: Int) {
        bucket = Mutex(TokenBucket(perSecond: linesPerSecond))
    }

    /// Whether a line may be written now, and if so how many were kept back since the last.
    func take(at nanoseconds: UInt64) -> UInt64? {
        bucket.withLock { $0.take(at: nanoseconds) }
    }
}

/// Tokens that come at a steady rate, a second's worth of which are kept.
struct TokenBucket {
    private static let second: UInt64 = 1_000_000_000

    /// What a token costs, in nanoseconds.
    private let price: UInt64
    /// Nanoseconds not spent yet, at most a second.
    private var saved = TokenBucket.second
    private var last: UInt64?
    private var refused: UInt64 = 0

    init(perSecond: Int) {
        precondition((1...1_000_000).contains(perSecond), "a rate that can be kept")
        price = Self.second / UInt64(perSecond)
    }

    /// Takes a token, and tells how many were refused since the last; nil when there is none. Time
    /// that runs back brings no tokens.
    mutating func take(at nanoseconds: UInt64) -> UInt64? {
        let passed = nanoseconds.subtractingReportingOverflow(last ?? nanoseconds)
        last = nanoseconds
        if !passed.overflow {
            saved = min(Self.second, saved + min(passed.partialValue, Self.second))
        }
        guard saved >= price else {
            refused += 1
            return nil
        }
        saved -= price
        defer { refused = 0 }
        return refused
    }
}
