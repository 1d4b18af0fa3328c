import BanjieProtocol

/// The program `banjie`.
package enum CommandLineProgram {
    /// The version of the program.
    static let version = "0.1.0"

    /// Runs the command that `arguments`, without the program's name, ask for.
    package static func run(_ arguments: [String], _ console: Console) async -> ExitStatus {
        let parser = CommandLineParser(root: CommandTree.root, variable: console.variable)
        do throws(UsageFailure) {
            switch try parser.request(for: arguments) {
            case .version:
                console.writeLine(
                    "banjie \(version) (\(console.language.text("schema", "模式")) "
                        + "\(String(BanjieProtocolSchema.fingerprint, radix: 16)))"
                )
                return .success
            case .help(let node, let path):
                var page = Page(
                    language: console.language,
                    style: console.showsColours ? .coloured : .plain
                )
                page.help(on: node, path: path)
                console.write(Array(page.text.utf8))
                return .success
            case .run(let command, let path, let values):
                return await run(command, path, Invocation(values: values, console: console))
            }
        } catch {
            return report(
                .usage(error.error),
                path: error.path,
                arguments.contains("--json"),
                console
            )
        }
    }

    private static func run(
        _ command: Command,
        _ path: [String],
        _ invocation: Invocation
    ) async -> ExitStatus {
        do {
            return try await command.run(invocation)
        } catch {
            return report(error, path: path, invocation.wantsJSON, invocation.console)
        }
    }

    private static func report(
        _ failure: CommandFailure,
        path: [String],
        _ wantsJSON: Bool,
        _ console: Console
    ) -> ExitStatus {
        let report = ErrorReport(failure: failure, path: path, language: console.language)
        console.writeError(wantsJSON ? report.json : report.text)
        return failure.exitStatus
    }
}
