import Telemetry

/// How long calls took, in nanoseconds, each to within 0.8 % (Tene's HdrHistogram: buckets that grow with
/// the values in them). Its memory never grows.
package struct LatencyHistogram: Codable, Hashable, Sendable {
    /// From 128 ns to 18 minutes; what took longer counts as that.
    private static let scale = LogLinearScale(from: 7, through: 40, subdivisionBits: 7)

    private var buckets = [UInt64](repeating: 0, count: Self.scale.boundCount + 1)
    package private(set) var count: UInt64 = 0
    private var sum: UInt64 = 0
    package private(set) var shortest: UInt64 = .max
    package private(set) var longest: UInt64 = 0

    package init() {}

    package mutating func record(_ nanoseconds: UInt64) {
        buckets[Self.scale.bucket(of: nanoseconds)] += 1
        count += 1
        sum &+= nanoseconds
        shortest = min(shortest, nanoseconds)
        longest = max(longest, nanoseconds)
    }

    package mutating func merge(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        count += other.count
        sum &+= other.sum
        shortest = min(shortest, other.shortest)
        longest = max(longest, other.longest)
    }

    /// 0 when nothing was recorded.
    package var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// The least value that so large a share of the values doesn't exceed; 0 when nothing was recorded.
    ///
    /// - Precondition: `share` is 0 to 1.
    package func quantile(_ share: Double) -> UInt64 {
        precondition((0...1).contains(share), "a share is 0 to 1")
        guard count > 0 else { return 0 }
        let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, number) in buckets.enumerated() {
            seen += number
            guard seen >= rank else { continue }
            guard index < Self.scale.boundCount else { return longest }
            return min(max(Self.scale.bound(ofBucket: index), shortest), longest)
        }
        return longest
    }
}
