internal import Foundation
internal import Sealing
internal import Telemetry

/// The server program: reads its configuration, serves until SIGTERM or SIGINT, drains. SIGHUP has it
/// read its certificates and keys again.
package enum Daemon {
    /// Exit codes of sysexits.h.
    private enum ExitCode {
        static let ok: Int32 = 0
        static let usage: Int32 = 64
        static let cannotStart: Int32 = 71
        static let configuration: Int32 = 78
    }

    /// Runs the program to its end and returns its exit code.
    package static func main(arguments: [String]) -> Int32 {
        let environment = ProcessInfo.processInfo.environment
        let language = Language(environment: environment)
        if arguments.first == "keys" {
            return changeKeys(Array(arguments.dropFirst()), in: language)
        }
        var settings = Settings()
        let command: Command
        do {
            command = try Command(arguments)
            try apply(command, environment, to: &settings)
        } catch let error as UsageError {
            complain(error.problem.text(in: language))
            return ExitCode.usage
        } catch let error as ConfigurationError {
            complain(error.sentence(in: language))
            return ExitCode.configuration
        } catch {
            complain("\(error)")
            return ExitCode.configuration
        }
        switch command.action {
        case .help:
            write(help(in: language), to: .standardOutput)
            return ExitCode.ok
        case .version:
            write("banjied \(DiagnosticsService.version)\n", to: .standardOutput)
            return ExitCode.ok
        case .printConfiguration:
            write(settings.listing(in: language) + "\n", to: .standardOutput)
            return check(settings, in: language)
        case .serve:
            break
        }
        do {
            return try serve(try settings.configuration())
        } catch let error as ConfigurationError {
            complain(error.sentence(in: language))
            return ExitCode.configuration
        } catch {
            complain(StartFailure(error).text.text(in: language))
            return ExitCode.cannotStart
        }
    }

    /// Tells what of the settings can't be.
    private static func check(_ settings: Settings, in language: Language) -> Int32 {
        do throws(ConfigurationError) {
            _ = try settings.configuration()
            return ExitCode.ok
        } catch {
            complain(error.sentence(in: language))
            return ExitCode.configuration
        }
    }

    /// `banjied keys`: adds and takes out keys of a file; a running server reads it again on SIGHUP.
    private static func changeKeys(_ arguments: [String], in language: Language) -> Int32 {
        do throws(KeyFileError) {
            switch arguments.first {
            case "create" where arguments.count == 2:
                try KeyFile.create(arguments[1])
            case "add" where arguments.count == 2:
                write("\(try KeyFile.addSealingKey(arguments[1]))\n", to: .standardOutput)
            case "add-search" where arguments.count == 2:
                write("\(try KeyFile.addSearchingKey(arguments[1]))\n", to: .standardOutput)
            case "remove" where arguments.count == 3:
                guard let number = UInt32(arguments[2]) else { fallthrough }
                try KeyFile.removeSealingKey(number, from: arguments[1])
            default:
                complain(
                    Text(
                        "usage: banjied keys create|add|add-search FILE, banjied keys remove FILE NUMBER",
                        "用法：banjied keys create|add|add-search 文件，banjied keys remove 文件 编号"
                    ).text(in: language)
                )
                return ExitCode.usage
            }
            return ExitCode.ok
        } catch {
            complain("\(error)")
            return ExitCode.configuration
        }
    }

    private static func serve(_ configuration: Configuration) throws -> Int32 {
        // A write beyond a limit of the file's size fails like one to a full disk.
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
        // Before any thread starts, so that all inherit it; arming may take a while, and a stop that
        // is asked for meanwhile waits until it is done.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let lines = LineWriter(descriptor: FileHandle.standardError.fileDescriptor)
        // What waits is written, whatever keeps the server from starting or ends it.
        defer { lines.close(within: 1) }
        let logger = Logger(
            level: configuration.logLevel,
            format: configuration.logFormat,
            time: ServerClock.machineTime,
            write: { lines.write($0) }
        )
        let server = try OfficeServer(configuration, logger: logger)
        server.metrics.add(lines)
        let clock =
            switch configuration.clock {
            case .machine: "machine"
            case .virtual(let start): "virtual:\(start)"
            }
        write(
            "ready listen=\(server.addresses.joined(separator: ",")) "
                + "store=\(configuration.data)/banjie.sqlite clock=\(clock)"
                + (server.metricsAddress.map { " metrics=\($0)" } ?? "") + "\n",
            to: .standardOutput
        )
        var number: Int32 = 0
        while sigwait(&signals, &number) == 0, number == SIGHUP {
            server.reloadCertificates()
            server.reloadKeys()
        }
        server.drain()
        return ExitCode.ok
    }

    private static func write(_ text: String, to handle: FileHandle) {
        // Whoever reads our output may be gone; that is no reason to stop serving.
        try? handle.write(contentsOf: Data(text.utf8))
    }

    private static func complain(_ sentence: String) {
        write("banjied: \(sentence)\n", to: .standardError)
    }

    // MARK: The command line

    private struct UsageError: Error {
        let problem: Text
    }

    private struct Command {
        enum Action { case serve, printConfiguration, help, version }

        var action = Action.serve
        var file: String?
        var flags: [(setting: Setting, value: String)] = []

        init(_ arguments: [String]) throws {
            var rest = arguments[...]
            while let argument = rest.popFirst() {
                switch argument {
                case "--help", "-h": action = .help
                case "--version": action = .version
                case "--print-config": action = .printConfiguration
                case "--config": file = try Self.value(of: argument, from: &rest)
                case "--production": flags.append((.production, "true"))
                default:
                    guard
                        let setting = Setting.allCases.first(where: { "--\($0.flag)" == argument })
                    else {
                        throw UsageError(
                            problem: Text(
                                "no option is called \(argument); see banjied --help",
                                "没有名为 \(argument) 的选项；见 banjied --help"
                            )
                        )
                    }
                    flags.append((setting, try Self.value(of: argument, from: &rest)))
                }
            }
        }

        private static func value(
            of option: String,
            from rest: inout ArraySlice<String>
        ) throws -> String {
            guard let value = rest.popFirst() else {
                throw UsageError(
                    problem: Text("\(option) needs a value", "\(option) 后面须给出值")
                )
            }
            return value
        }
    }

    /// File, then environment, then flags: the later wins.
    private static func apply(
        _ command: Command,
        _ environment: [String: String],
        to settings: inout Settings
    ) throws(ConfigurationError) {
        if let path = command.file ?? environment["BANJIE_CONFIG"] {
            let data: Data
            do {
                data = try Data(contentsOf: URL(filePath: path))
            } catch {
                throw ConfigurationError(
                    setting: ConfigurationFile.theFile,
                    origin: Text(path, path),
                    problem: Text(
                        "it can't be read: \(error.localizedDescription)",
                        "无法读取：\(error.localizedDescription)"
                    )
                )
            }
            try ConfigurationFile.apply(data, path: path, to: &settings)
        }
        settings.apply(environment: environment)
        for (setting, value) in command.flags {
            settings.set(setting, to: value, from: .flag(setting.flag))
        }
    }

    private static func help(in language: Language) -> String {
        let width = Setting.allCases.map(\.flag.count).max() ?? 0
        let options = Setting.allCases.map { setting in
            let form = setting == .production ? setting.flag : "\(setting.flag) VALUE"
            let padding = String(repeating: " ", count: width + 6 - form.count)
            return "  --\(form)\(padding)  \(setting.summary.text(in: language))"
        }.joined(separator: "\n")
        return Text(
            """
            banjied: hosts a city's matters and their deadlines.

            usage: banjied [--config FILE] [--print-config] [options]
                   banjied keys create|add|add-search FILE
                   banjied keys remove FILE NUMBER

            \(options)

            A value comes from its flag, else from the environment (BANJIE_NAME), else from the file
            (JSON5, names with underscores), else from its default; --print-config shows which.

            """,
            """
            banjied：承载一座城市的办件与期限。

            用法：banjied [--config FILE] [--print-config] [选项]
                  banjied keys create|add|add-search 文件
                  banjied keys remove 文件 编号

            \(options)

            设置项依次取自选项、环境变量（BANJIE_NAME）、文件（JSON5，名称用下划线）、默认值；
            --print-config 显示各项的值和出处。

            """
        ).text(in: language)
    }
}
