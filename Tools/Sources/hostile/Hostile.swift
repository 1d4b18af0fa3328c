import Foundation
import HostilePeers

/// `hostile --server PATH [NAME…]`: attacks a server and prints a table of what came of it.
@main
struct Hostile {
    static func main() async {
        var program = ""
        var names: Set<String> = []
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            if argument == "--server" {
                program = arguments.popFirst() ?? ""
            } else {
                names.insert(argument)
            }
        }
        let attacks = Attack.all.filter { names.isEmpty || names.contains($0.name) }
        guard !program.isEmpty, !attacks.isEmpty else {
            complain("usage: Tools/hostile [NAME…], of: \(Attack.all.map(\.name))")
            exit(64)
        }
        do {
            exit(try await run(attacks, on: program) ? 0 : 1)
        } catch {
            complain("\(error)")
            exit(70)
        }
    }

    /// Makes the attacks in order; whether all went as expected.
    private static func run(_ attacks: [Attack], on program: String) async throws -> Bool {
        let campaign = try await Campaign(program: program)
        print(
            """
            | attack | ended by | memory before, at most, after, MiB | echo p50, p99, ms | Arm p50, p99, ms | watch p50, p99, ms | failed |
            |---|---|---|---|---|---|---|
            """
        )
        print(row("none", "", "", try await campaign.quiet()))
        var isGood = true
        for attack in attacks {
            let report = try await campaign.run(attack)
            let endings = report.endings.sorted { $0.key < $1.key }
                .map { "\($0.key) × \($0.value)" }.joined(separator: ", ")
            let memory = [report.before, report.peak, report.after].map { "\($0 >> 20)" }
                .joined(separator: " · ")
            print(row("**\(attack.name)**: \(attack.summary)", endings, memory, report.service))
            if !report.endedAsExpected {
                complain("\(attack.name): expected only \(attack.expected.sorted())")
                isGood = false
            }
            for failure in report.service.failures.prefix(3) {
                complain("\(attack.name): \(failure)")
                isGood = false
            }
        }
        return campaign.stop() && isGood
    }

    private static func row(
        _ name: String,
        _ endings: String,
        _ memory: String,
        _ service: Service
    ) -> String {
        let figures = [service.echoes, service.arms, service.watches].map { durations in
            [0.5, 0.99].map { part in
                let duration = Service.quantile(part, of: durations)
                return String(format: "%.1f", duration / .milliseconds(1))
            }.joined(separator: " · ")
        }
        return "| \(name) | \(endings) | \(memory) | \(figures.joined(separator: " | ")) | "
            + "\(service.failures.count) |"
    }

    private static func complain(_ message: String) {
        FileHandle.standardError.write(Data("hostile: \(message)\n".utf8))
    }
}
