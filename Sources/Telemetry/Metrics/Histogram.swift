/// How often values fell into each bucket of a scale, and their sum: memory that never grows, and no
/// lock.
package final class Histogram: Sendable {
    /// What the recorded numbers count, and in which unit they are told.
    package enum Unit: Sendable {
        /// Nanoseconds, told in seconds.
        case nanoseconds
        /// Milliseconds, told in seconds: for spans whose sum may be thousands of years.
        case milliseconds
        /// Things, told as they are.
        case count

        /// The number in the unit in which it is told.
        func told(_ value: UInt64) -> Double {
            switch self {
            case .nanoseconds: Double(value) / 1e9
            case .milliseconds: Double(value) / 1e3
            case .count: Double(value)
            }
        }
    }

    package let scale: LogLinearScale
    package let unit: Unit
    private let buckets: CounterArray
    private let total = Counter()

    package init(_ scale: LogLinearScale, unit: Unit) {
        self.scale = scale
        self.unit = unit
        buckets = CounterArray(count: scale.boundCount + 1)
    }

    /// Records one value.
    package func record(_ value: UInt64) {
        buckets.add(at: scale.bucket(of: value))
        total.add(value)
    }

    /// The sum of all values.
    package var sum: UInt64 { total.value }

    /// How many values fell into each bucket; the last is the one without a bound.
    package var counts: [UInt64] { (0..<buckets.count).map { buckets[$0] } }
}
