import Foundation
import ScenarioRunner

/// `scenarios FILE… [--area NAME,…] [--json] --server PATH`: runs scenarios against real servers.
@main
struct Scenarios {
    static func main() async {
        var files: [String] = []
        var areas: Set<String>?
        var isJSON = false
        var program = ""
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--area":
                areas = Set((arguments.popFirst() ?? "").split(separator: ",").map(String.init))
            case "--json": isJSON = true
            case "--server": program = arguments.popFirst() ?? ""
            case let option where option.hasPrefix("--"):
                fail("unknown option \(option); the options are --area NAME,…, --json and --server")
            default: files.append(argument)
            }
        }
        guard !files.isEmpty, !program.isEmpty else {
            fail("usage: Tools/scenarios FILE… [--area NAME,…] [--json]")
        }
        do {
            let scenarios = try files.flatMap(Scenario.load).filter {
                $0.area.isEmpty || areas?.contains($0.area) ?? true
            }
            let failed = await run(scenarios, with: Runner(program: program), isJSON: isJSON)
            exit(failed == 0 ? 0 : 1)
        } catch {
            fail("\(error)")
        }
    }

    /// Runs the scenarios in order and prints what came of them; returns how many failed.
    private static func run(
        _ scenarios: [Scenario],
        with runner: Runner,
        isJSON: Bool
    ) async -> Int {
        var results: [ScenarioResult] = []
        for scenario in scenarios {
            let result = await runner.run(scenario)
            results.append(result)
            if isJSON { continue }
            if result.passed { print("\(scenario.id) ok") }
            for difference in result.differences { print("\(scenario.id) \(difference)") }
        }
        let failed = results.filter { !$0.passed }.count
        if isJSON {
            let report = JSON.object([
                "passed": JSON(results.count - failed), "failed": JSON(failed),
                "scenarios": .array(
                    results.map {
                        .object([
                            "id": .string($0.scenario.id), "area": .string($0.scenario.area),
                            "passed": .bool($0.passed), "differences": JSON($0.differences),
                        ])
                    }
                ),
            ])
            print(report.encoded)
        } else {
            print("\(results.count - failed) passed, \(failed) failed")
        }
        return failed
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("scenarios: \(message)\n".utf8))
        exit(64)
    }
}
