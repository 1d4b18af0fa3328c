import City
import Foundation
import Simulation
import Testing

/// What holds in a city's offices, day by day.
struct CityTests {
    private func run(
        _ seed: UInt64,
        days: Int = 12,
        fault: CityFault? = nil,
        tell: ((String) -> Void)? = nil
    ) throws -> CityResult {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "banjie-city-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var plan = CityPlan(days: days, mattersADay: 8, deathOneIn: 60)
        plan.fault = fault
        let size = City.Size(departments: 7, items: 30, staff: 30, applicants: 30)
        return try CityYear(
            seed: seed,
            plan: plan,
            people: CityPeople(City(seed: seed, size: size)),
            folder: folder,
            tell: tell
        ).run()
    }

    @Test func allHoldsThroughMatters() throws {
        for seed: UInt64 in [1, 2] {
            let result = try run(seed)
            #expect(result.finding == nil, "seed \(seed)")
            #expect(result.matters > 40 && result.firings > 40 && result.crashes > 2)
            #expect(result.repeated > 5 && result.refused > 5)
        }
    }

    @Test func allHoldsOnAFreshSeed() throws {
        let seed = UInt64.random(in: 0...UInt64(UInt32.max))
        print("CityTests: fresh seed \(seed)")
        let finding = try run(seed).finding
        #expect(finding == nil, "seed \(seed)")
    }

    @Test func aSeedRunsTwiceAlike() throws {
        var lines: [[String]] = [[], []]
        let results = try lines.indices.map { index in
            try run(3, days: 5) { lines[index].append($0) }
        }
        #expect(lines[0] == lines[1])
        #expect(results[0] == results[1])
        let other = try run(4, days: 5)
        #expect(other.digest != results[0].digest)
    }

    @Test(arguments: CityFault.allCases)
    func aFaultIsFound(fault: CityFault) throws {
        let finding = try run(5, days: 15, fault: fault).finding
        #expect(finding != nil)
    }
}
