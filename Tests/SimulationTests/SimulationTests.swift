import Simulation
import Testing

/// What holds on a bad network and with a server that dies, by seeds: whatever is acknowledged is kept, a
/// request id has one outcome, a watch misses nothing.
struct SimulationTests {
    private static let steps = 1500

    /// A group of fixed seeds; the groups run side by side.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func promisesAreKept(group: UInt64) {
        for seed in group * 20..<(group + 1) * 20 { expectKept(seed) }
    }

    @Test func promisesAreKeptOnAFreshSeed() {
        let seed = UInt64.random(in: 0...UInt64(UInt32.max))
        print("SimulationTests: fresh seed \(seed)")
        expectKept(seed)
    }

    private func expectKept(_ seed: UInt64) {
        let result = Simulation(seed: seed).run(steps: Self.steps)
        #expect(
            result.finding == nil,
            "to see how: Tools/simulate --seed \(seed) --steps \(Self.steps) --trace"
        )
    }

    /// Not everything is broken all the time: the seeds reach what they are to test.
    @Test func seedsGetSomewhere() {
        let results = (0..<10).map { Simulation(seed: $0).run(steps: Self.steps) }
        #expect(results.contains { $0.acknowledged > 5 })
        #expect(results.contains { $0.firingsTold > 10 })
        #expect(results.contains { $0.crashes > 1 })
        #expect(results.contains { $0.overlaps > 5 })
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aSeedRunsTwiceAlike(seed: UInt64) {
        var first: [String] = []
        var second: [String] = []
        let results = (
            Simulation(seed: seed) { first.append($0) }.run(steps: Self.steps),
            Simulation(seed: seed) { second.append($0) }.run(steps: Self.steps)
        )
        #expect(first == second)
        #expect(results.0 == results.1)
    }

    @Test func seedsDiffer() {
        let results = (0..<10).map { Simulation(seed: $0).run(steps: 300) }
        #expect(Set(results.map(\.digest)).count == results.count)
    }

    @Test(arguments: PlantedFault.allCases)
    func aPlantedFaultIsFound(fault: PlantedFault) {
        let finding = (0..<30).lazy
            .compactMap { Simulation(seed: $0, fault: fault).run(steps: Self.steps).finding }
            .first
        #expect(finding != nil, "30 seeds don't find it")
    }
}
