import BanjieProtocol
import Testing
import Wire

@testable import BanjieCLI

/// Every command of the tree, with the words that lead to it.
private let commands: [(path: [String], command: Command)] = {
    func leaves(_ node: CommandNode, _ path: [String]) -> [(path: [String], command: Command)] {
        switch node {
        case .command(let command): [(path + [command.name], command)]
        case .group(let group): group.members.flatMap { leaves($0, path + [group.name]) }
        }
    }
    return CommandTree.root.members.flatMap { leaves($0, []) }
}()

/// Every group of the tree, with the words that lead to it.
private let groups: [(path: [String], group: CommandGroup)] = {
    func groups(_ node: CommandNode, _ path: [String]) -> [(path: [String], group: CommandGroup)] {
        guard case .group(let group) = node else { return [] }
        return [(path, group)] + group.members.flatMap { groups($0, path + [$0.name]) }
    }
    return groups(.group(CommandTree.root), [])
}()

struct CommandTreeTests {
    @Test func everythingIsSaidInBothLanguages() {
        var texts: [(String, Text)] = groups.map { ($0.group.name, $0.group.summary) }
        for (path, command) in commands {
            let name = path.joined(separator: " ")
            texts.append((name, command.summary))
            if let notes = command.notes { texts.append((name, notes)) }
            texts += command.operands.map { ("\(name) \($0.name)", $0.summary) }
            texts += command.options.map { ("\(name) --\($0.name)", $0.summary) }
        }
        texts += ExitStatus.allCases.map { ("exit \($0.rawValue)", $0.summary) }
        texts += OptionHeading.allCases.map { ("heading", $0.title) }
        for (name, text) in texts {
            #expect(!text.english.isEmpty, "\(name) has no English text")
            #expect(text.chinese.isChinese, "\(name) has no Chinese text")
        }
    }

    @Test func namesAreUnambiguous() {
        for (_, group) in groups {
            let names = group.members.map(\.name)
            #expect(Set(names).count == names.count, "\(group.name)")
        }
        for (path, command) in commands {
            let names = command.options.map(\.name) + command.operands.map(\.name) + ["help"]
            #expect(Set(names).count == names.count, "\(path)")
            #expect(names.allSatisfy { !$0.isEmpty && !$0.hasPrefix("-") && !$0.contains("=") })
            // An optional operand before a required one could never be left out.
            let firstOptional = command.operands.firstIndex { !$0.isRequired }
            let lastRequired = command.operands.lastIndex { $0.isRequired } ?? -1
            #expect(firstOptional.map { $0 > lastRequired } ?? true, "\(path)")
            #expect(command.operands.dropLast().allSatisfy { !$0.isRepeatable }, "\(path)")
        }
    }

    @Test func fallbacksHaveTheirForm() {
        for (path, command) in commands {
            for option in command.options {
                guard let fallback = option.fallback else { continue }
                #expect(option.value.syntax?.accepts(fallback) == true, "\(path) \(option.name)")
            }
        }
    }

    /// A value that a syntax takes.
    private static func sample(of syntax: ValueSyntax) throws -> String {
        let samples =
            [
                "2026-03-02", "2026-03-02T09:00:00", "1", "2026", "x", "2026-03-09:8",
                String(repeating: "0f", count: 16),
            ]
            + syntax.choices
        return try #require(samples.first { syntax.accepts($0) })
    }

    /// A command line with all that a command requires.
    private static func line(_ path: [String], _ command: Command) throws -> [String] {
        var line = path
        for operand in command.operands where operand.isRequired {
            line.append(try sample(of: operand.syntax))
        }
        for option in command.options where option.isRequired {
            if let syntax = option.value.syntax {
                line += ["--\(option.name)", try sample(of: syntax)]
            }
        }
        return line
    }

    @Test func everyMethodHasACommandAndEveryCommandItsOutput() async throws {
        // A matter's clock, so that what it leads to can be asked for.
        let answer: FakeChannel.Answer = { method, body throws(CallError) in
            guard method.fullName == "Cases/Get" else {
                return try FakeChannel.defaults(method, body)
            }
            let clock = ClockView(clock: .promised, deadline: 3)
            return CallReply(bytes: CaseView(clocks: [clock]).encoded())
        }
        var called: Set<String> = []
        for (path, command) in commands
        where !["due", "call", "download"].contains(command.name) && path != ["audit", "verify"] {
            var line = try Self.line(path, command)
            // One's own password is somebody's.
            if command.name == "password" { line += ["--login", "x", "--secret-file", "secret"] }
            // What a file is called like any text.
            let files =
                switch path.joined(separator: " ") {
                case "material upload", "draft attach", "import": ["2026-03-02": ""]
                case "guide put": ["2026-03-02": "{}"]
                default: ["secret": "s"]
                }
            for language in Language.allCases {
                let outcome = await run(line, files: files, language: language, answer: answer)
                #expect(outcome.status == .success, "\(line): \(outcome.errors)")
                #expect(outcome.errors.isEmpty, "\(line)")
                called.formUnion(outcome.calls.map(\.method.fullName))
            }
            guard command.option(named: "json") != nil else { continue }
            let outcome = await run(line + ["--json"], files: files, answer: answer)
            #expect(outcome.lines.count == 1, "\(line)")
            let parsed = try JSON(parsing: Array(outcome.output.utf8)[...])
            #expect(parsed.isObject, "\(line)")
        }
        // Calculated here, for probes, for daemons, or shown with a server (`MaterialTests`,
        // `ReflectionTests`).
        called.formUnion([
            "Calendar/Due", "Calendar/Minutes", "Diagnostics/Echo", "Health/Watch",
            "JointApproval/Attend", "Online/DownloadMaterial",
        ])
        let methods = Set(BanjieProtocolSchema.services.flatMap(\.methods).map(\.fullName))
        #expect(methods.subtracting(called).isEmpty)
    }

    @Test func helpOnEveryNode() async {
        for (path, group) in groups {
            for language in Language.allCases {
                let outcome = await run(path + ["--help"], language: language)
                #expect(outcome.status == .success, "\(path)")
                for member in group.members {
                    #expect(outcome.output.contains(member.name), "\(path)")
                    #expect(outcome.output.contains(language.text(member.summary)), "\(path)")
                }
            }
        }
        for (path, command) in commands {
            for language in Language.allCases {
                let outcome = await run(["help"] + path, language: language)
                #expect(outcome.status == .success, "\(path)")
                #expect(outcome.output.contains(language.text(command.summary)), "\(path)")
                for option in command.options {
                    #expect(outcome.output.contains("--\(option.name)"), "\(path)")
                }
                for operand in command.operands {
                    #expect(outcome.output.contains(operand.name), "\(path)")
                }
            }
        }
    }

    @Test func theProgramsHelpNamesEveryExitStatusAndVariable() async {
        let output = await run("--help").output
        for status in ExitStatus.allCases {
            #expect(output.contains(status.summary.english))
        }
        for option in CommandOption.shared {
            if let variable = option.variable { #expect(output.contains(variable)) }
        }
    }

    @Test func theVersionNamesTheSchema() async {
        let fingerprint = String(BanjieProtocolSchema.fingerprint, radix: 16)
        #expect(await run("--version").output == "banjie 0.1.0 (schema \(fingerprint))\n")
    }
}

extension JSON {
    fileprivate var isObject: Bool {
        if case .object = self { true } else { false }
    }
}
