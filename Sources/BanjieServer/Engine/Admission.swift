/// How many may wait in a queue, so that nobody waits much longer than there is sense in: what comes beyond is
/// refused while it has cost nothing, and a queue that can't be worked off doesn't grow.
///
/// The number follows the rate at which the queue has lately been worked off while something waited in it.
struct Admission {
    /// How long what is admitted should wait at most, in nanoseconds.
    static let longestWait: Double = 200_000_000
    /// So many may always wait: what a burst brings before any rate is known.
    static let least = 1024
    /// For how long the rate remembers, in nanoseconds: longer than a disk that stalls once.
    private static let memory: Double = 1_000_000_000

    private let most: Int
    /// In elements a nanosecond; nil before anything was taken while more waited.
    private var rate: Double?
    /// Since when something has been waiting without a break.
    private var busySince: UInt64?

    init(most: Int) { self.most = most }

    /// How many may wait.
    var limit: Int {
        guard let rate else { return most }
        return min(most, max(Self.least, Int(min(rate * Self.longestWait, Double(most)))))
    }

    /// A consumer has taken `count`, and left `rest`.
    mutating func took(_ count: Int, leaving rest: Int, at now: UInt64) {
        if let busySince, now > busySince {
            let span = Double(now - busySince)
            let weight = span / (span + Self.memory)
            let seen = Double(count) / span
            rate = rate.map { $0 + weight * (seen - $0) } ?? seen
        }
        busySince = rest > 0 ? now : nil
    }
}
