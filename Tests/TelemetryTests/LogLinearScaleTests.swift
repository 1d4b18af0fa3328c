import SeededRandom
import Telemetry
import Testing

struct LogLinearScaleTests {
    private static let scales = [
        LogLinearScale(from: 0, through: 10, subdivisionBits: 0),
        LogLinearScale(from: 14, through: 36, subdivisionBits: 1),
        LogLinearScale(from: 3, through: 63, subdivisionBits: 3),
    ]

    @Test func theBoundsOfACoarseScaleArePowersOfTwo() {
        let scale = LogLinearScale(from: 0, through: 4, subdivisionBits: 0)
        #expect((0..<scale.boundCount).map(scale.bound) == [1, 2, 4, 8, 16])
    }

    @Test func anOctaveIsCutEvenly() {
        let scale = LogLinearScale(from: 2, through: 4, subdivisionBits: 2)
        #expect((0..<scale.boundCount).map(scale.bound) == [4, 5, 6, 7, 8, 10, 12, 14, 16])
    }

    @Test(arguments: scales)
    func aBoundBelongsToTheBucketBelowIt(_ scale: LogLinearScale) {
        for index in 0..<scale.boundCount {
            #expect(scale.bucket(of: scale.bound(ofBucket: index)) == index)
            #expect(scale.bucket(of: scale.bound(ofBucket: index) + 1) == index + 1)
        }
        #expect(scale.bucket(of: 0) == 0)
        #expect(scale.bucket(of: .max) == scale.boundCount)
    }

    @Test(arguments: scales)
    func everyValueLiesWithinItsBucket(_ scale: LogLinearScale) {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let value =
                UInt64.random(in: .min ... .max, using: &generator)
                >> UInt64.random(in: 0..<64, using: &generator)
            let bucket = scale.bucket(of: value)
            if bucket > 0 {
                #expect(value > scale.bound(ofBucket: bucket - 1), "seed \(seed)")
            }
            if bucket < scale.boundCount {
                #expect(value <= scale.bound(ofBucket: bucket), "seed \(seed)")
            }
        }
    }

    @Test func aHistogramCountsFromManyThreads() async {
        let histogram = Histogram(
            LogLinearScale(from: 0, through: 10, subdivisionBits: 0),
            unit: .count
        )
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for value in 0..<2000 { histogram.record(UInt64(value)) } }
            }
        }
        #expect(histogram.counts.reduce(0, +) == 16_000)
        #expect(histogram.sum == 8 * 1999 * 1000)
        // 0 and 1 share the first bucket; 1025…1999 the one without a bound.
        #expect(histogram.counts.first == 16 && histogram.counts.last == 8 * 975)
    }
}
