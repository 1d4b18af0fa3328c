import BanjieProtocol
import CivilTime
import Wire

/// What came of a scenario: a line for each step that differs, none when all is as expected.
package struct ScenarioResult: Sendable {
    package let scenario: Scenario
    package let differences: [String]
    package var passed: Bool { differences.isEmpty }
}

/// Runs scenarios, each against a server of its own.
package struct Runner: Sendable {
    /// The path of `banjied`.
    private let program: String

    /// - Parameter program: The path of `banjied`.
    package init(program: String) { self.program = program }

    package func run(_ scenario: Scenario) async -> ScenarioResult {
        var differences: [String] = []
        do {
            let steps = try scenario.steps.get()
            let world = try await World(scenario, program: program)
            for (index, step) in steps.enumerated() {
                let place = "step \(index + 1) \(step.operation)"
                differences += await run(step, in: world).map { "\(place): \($0)" }
            }
        } catch {
            differences.append("the scenario couldn't begin: \(error)")
        }
        return ScenarioResult(scenario: scenario, differences: differences)
    }

    private func run(_ step: Step, in world: World) async -> [String] {
        let arguments = Arguments(values: step.arguments)
        do {
            if step.operation == "server.start" {
                // The clock can't be moved while the server is down.
                try await world.start(at: step.at ?? world.now)
                return []
            }
            guard let operation = operations[step.operation] else { return ["unknown operation"] }
            if let at = step.at { try await world.move(to: at) }
            guard case .error(let expected) = step.expectation else {
                let fields = try await operation(world, arguments)
                guard case .fields(let expected) = step.expectation else { return [] }
                return compare(expected, with: fields)
            }
            var before = try await world.auditHead()
            do {
                try await preparations[step.operation]?(world, arguments)
                before = try await world.auditHead()
                _ = try await operation(world, arguments)
                return ["expected \(expected), but it succeeded"]
            } catch let error as CallError {
                let found = "\(error.status.name)/\(error.reason)"
                if found != expected { return ["expected \(expected), got \(error)"] }
            }
            let after = try await world.auditHead()
            return before == after ? [] : ["it was refused, but the audit log has grown"]
        } catch {
            return ["\(error)"]
        }
    }

    private func compare(_ expected: [String: JSON], with fields: [String: JSON]) -> [String] {
        expected.sorted { $0.key < $1.key }.compactMap { name, value in
            guard let found = fields[name] else { return "\(name): no such field" }
            return found == value ? nil : "\(name) expected \(value), got \(found)"
        }
    }
}
