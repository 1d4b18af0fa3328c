import Load
import SeededRandom
import Testing

@Suite struct LatencyHistogramTests {
    @Test("quantiles are those of the sorted values, to within 0.8 %")
    func quantiles() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var histogram = LatencyHistogram()
        var values: [UInt64] = []
        for _ in 0..<20_000 {
            // Over all magnitudes that calls have.
            let bits = Int.random(in: 8...36, using: &generator)
            let value = UInt64.random(in: 0..<1 << UInt64(bits), using: &generator)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for share in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1] {
            let rank = max(1, Int((share * Double(values.count)).rounded(.up)))
            let exact = values[rank - 1]
            let told = histogram.quantile(share)
            #expect(told >= exact, "seed \(seed), share \(share)")
            #expect(Double(told) <= max(128, Double(exact) * 1.008), "seed \(seed), share \(share)")
        }
        #expect(histogram.longest == values.last)
        #expect(histogram.count == 20_000)
    }

    @Test("two merged are one of all values")
    func merging() {
        var (one, other, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for value in stride(from: UInt64(100), to: 1_000_000, by: 731) {
            if value % 2 == 0 { one.record(value) } else { other.record(value) }
            both.record(value)
        }
        one.merge(other)
        one.merge(LatencyHistogram())
        #expect(one == both)
    }

    @Test("what is longer than the scale counts as its last value")
    func beyondTheScale() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        #expect(histogram.quantile(0.5) == .max)
        #expect(LatencyHistogram().quantile(0.5) == 0)
    }
}
