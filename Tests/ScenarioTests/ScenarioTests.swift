import Foundation
import LocalServer
import ScenarioRunner
import Testing

/// The rules as scenarios with dates, against real servers.
@Suite struct ScenarioTests {
    private static let scenarios: [Scenario] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Scenarios").standardizedFileURL
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".jsonl") }.sorted().flatMap {
            (try? Scenario.load(folder.appending(path: $0).path)) ?? []
        }
    }()

    @Test func thereAreScenariosOfEveryRule() {
        #expect(Self.scenarios.count >= 170)
        #expect(Set(Self.scenarios.map(\.id)).count == Self.scenarios.count)
    }

    @Test(arguments: scenarios) func holds(_ scenario: Scenario) async {
        let result = await Runner(program: ServerProcess.builtProgram).run(scenario)
        #expect(result.differences == [])
    }
}

extension Scenario: CustomTestStringConvertible {
    public var testDescription: String { "\(id) \(title)" }
}
