import Foundation
import Simulation

/// `simulate [--seed N] [--seeds COUNT] [--steps N] [--fault NAME] [--trace]`: runs seeds one after the
/// other; stops at the first that finds something wrong.
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
            let result = run(seed, plan)
            guard let finding = result.finding else { continue }
            complain("seed \(seed) found: \(finding)")
            complain("to see how: \(plan.replay(of: seed))")
            exit(1)
        }
    }

    private static func run(_ seed: UInt64, _ plan: Plan) -> SimulationResult {
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
        return result
    }

    private static func tell(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private static func complain(_ sentence: String) {
        FileHandle.standardError.write(Data("simulate: \(sentence)\n".utf8))
    }
}
