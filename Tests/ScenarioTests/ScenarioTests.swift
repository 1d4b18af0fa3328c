import Foundation
import LocalServer
import ScenarioRunner
import Testing

/// The rules as scenarios with dates, against real servers.
@Suite struct ScenarioTests {
    /// The areas that the server has services for.
    private static let areas: Set<String> = [
        "calendar", "receipt", "acceptance", "instant", "extension", "pause", "card", "item",
        "calendar-change", "delivery", "gap", "once",
    ]

    private static let scenarios: [Scenario] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Scenarios").standardizedFileURL
        let given = (try? Scenario.load(folder.appending(path: "given.jsonl").path)) ?? []
        let ours = (try? Scenario.load(folder.appending(path: "further.jsonl").path)) ?? []
        // A line that can't be read has no area, and fails.
        return (given + ours).filter { $0.area.isEmpty || areas.contains($0.area) }
    }()

    @Test func thereAreScenariosOfEveryArea() {
        #expect(Set(Self.scenarios.map(\.area)) == Self.areas)
    }

    @Test(arguments: scenarios) func holds(_ scenario: Scenario) async {
        let result = await Runner(program: ServerProcess.builtProgram).run(scenario)
        #expect(result.differences == [])
    }
}

extension Scenario: CustomTestStringConvertible {
    public var testDescription: String { "\(id) \(title)" }
}
