import Wire

/// How much a connection may repeat: ten calls, and then a tenth of what succeeds, so that retries never
/// multiply the load of a server that is failing.
///
/// The measures are those of the retry throttling in gRPC's proposal A6, which takes a token for every
/// failure; here a retry takes it, so that a failure that isn't repeated costs nothing.
struct RetryBudget {
    private static let most = 10.0
    private static let each = 1.0
    private static let refill = 0.1
    private var tokens = most

    /// Takes a retry out of the budget; false when there is none.
    mutating func take() -> Bool {
        guard tokens >= Self.each else { return false }
        tokens -= Self.each
        return true
    }

    /// A call has succeeded.
    mutating func succeeded() { tokens = min(tokens + Self.refill, Self.most) }
}

extension CallFailure {
    /// How long to wait before sending the call again, in milliseconds; nil when it must not be, or
    /// when that would be of no use.
    ///
    /// - Parameters:
    ///   - attempt: how often it was sent, from 1.
    ///   - isRepeatable: whether sending it twice has the effect of once.
    ///   - random: drawn evenly from 0…1.
    func waitBeforeRetry(attempt: Int, isRepeatable: Bool, random: Double) -> UInt64? {
        guard outcome == .notProcessed || (outcome == .unknown && isRepeatable) else { return nil }
        switch (status, reason) {
        case (.unavailable, "CONNECTION_LOST"), (.unavailable, "DRAINING"):
            // The next attempt waits for the next connection.
            return 0
        case (.resourceExhausted, "TOO_MANY_CALLS"):
            return UInt64(50 * Double(1 << min(attempt, 6)) * (0.8 + 0.4 * random))
        case (.unavailable, _), (.resourceExhausted, _):
            // Only a server that says when is asked again.
            return retryAfterMilliseconds.map { UInt64(Double($0) * (1 + 0.2 * random)) }
        default:
            return nil
        }
    }
}
