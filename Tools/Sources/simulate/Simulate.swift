import City
import Foundation
import Simulation

/// `simulate [--seed N] [--seeds COUNT] [--trace] [--steps N] [--fault NAME]` runs a server and clients on a
/// bad network, `simulate --city [--days N] [--matters N]` the offices of a city: seed after seed, and stops at
/// the first that finds something wrong.
@main
struct Simulate {
    static func main() {
        let plan: Plan
        do throws(UsageError) {
            plan = try Plan(CommandLine.arguments.dropFirst())
        } catch {
            complain(error.message)
            exit(64)
        }
        for offset in 0..<plan.seedCount {
            let seed = plan.firstSeed &+ offset
            guard let finding = plan.isCity ? runCity(seed, plan) : runNetwork(seed, plan) else {
                continue
            }
            complain("seed \(seed) found: \(finding)")
            complain("to see how: \(plan.replay(of: seed))")
            exit(1)
        }
    }

    /// Runs a seed, and returns what it has found.
    private static func runNetwork(_ seed: UInt64, _ plan: Plan) -> String? {
        // Before it runs: should the process trap, this is the seed that did it.
        if !plan.tracesAll { tell("seed \(seed): ") }
        let simulation = Simulation(
            seed: seed,
            fault: plan.fault,
            tell: plan.tracesAll ? { tell($0 + "\n") } : nil
        )
        let result = simulation.run(steps: plan.steps)
        tell(
            "\(result.lineCount) lines, digest \(String(result.digest, radix: 16)), "
                + "\(result.acknowledged) commands acknowledged, "
                + "\(result.firingsTold) firings told, \(result.crashes) crashes\n"
        )
        return result.finding
    }

    /// Runs a seed, and returns what it has found.
    private static func runCity(_ seed: UInt64, _ plan: Plan) -> String? {
        if !plan.tracesAll { tell("city \(seed): ") }
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "banjie-city-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let city = try CityYear(
                seed: seed,
                plan: CityPlan(days: plan.days, mattersADay: plan.mattersADay),
                people: CityPeople(City(seed: seed)),
                folder: folder,
                tell: plan.tracesAll ? { tell($0 + "\n") } : nil
            )
            let result = city.run()
            tell("\(result)\n")
            return result.finding
        } catch {
            return "the city can't be set up: \(error)"
        }
    }

    private static func tell(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private static func complain(_ sentence: String) {
        FileHandle.standardError.write(Data("simulate: \(sentence)\n".utf8))
    }
}
