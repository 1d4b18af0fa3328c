import Foundation
import LocalServer
import ScenarioRunner
import Testing

/// The rules as scenarios with dates, against real servers.
@Suite struct ScenarioTests {
    /// The areas that the server has services for.
    private static let areas: Set<String> = [
        "calendar", "receipt", "acceptance", "instant", "extension", "pause", "card", "item",
        "calendar-change", "delivery", "gap", "once", "joint", "review", "first-contact",
        "certificate", "assessment",
    ]

    private static let scenarios: [Scenario] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Scenarios").standardizedFileURL
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let all = files.filter { $0.hasSuffix(".jsonl") }.sorted().flatMap {
            (try? Scenario.load(folder.appending(path: $0).path)) ?? []
        }
        // A line that can't be read has no area, and fails.
        return all.filter { $0.area.isEmpty || areas.contains($0.area) }
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
