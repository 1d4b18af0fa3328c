import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Testing
import Wire

/// What a real server tells of its health and its schema, and what the shells make of that.
@Suite(.serialized) struct ReflectionTests {
    private static let command = URL(filePath: ServerProcess.builtProgram)
        .deletingLastPathComponent().appending(path: "banjie").path

    private func start() throws -> ServerProcess {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(TestOffice.morning))
        return server
    }

    private func banjie(_ server: ServerProcess, _ arguments: String...) throws -> ProgramRun {
        try ProgramRun(
            Self.command,
            arguments,
            environment: ["BANJIE_SERVER": server.address, "LC_ALL": "C.UTF-8"]
        )
    }

    @Test func theServerTellsItsWholeSchema() async throws {
        let server = try start()
        let connection = try Connection(
            to: server.address,
            options: ConnectionOptions(realm: "banjie")
        )
        let reflection = ReflectionClient(connection)
        let schema = try await reflection.schema(SchemaRequest())
        #expect(schema == BanjieProtocolSchema.description)
        try schema.validate()
        let known = try await reflection.schema(SchemaRequest(known: schema.fingerprint))
        #expect(known == SchemaReply(fingerprint: schema.fingerprint))
        // Everything that is named is there.
        let served = ServedSchema(schema)
        for service in schema.services {
            for method in service.methods {
                #expect(served.message(named: method.request) != nil, "\(method.request)")
                #expect(served.message(named: method.reply) != nil, "\(method.reply)")
            }
        }
        for field in schema.messages.flatMap(\.fields) {
            switch field.valueType {
            case .message: #expect(served.message(named: field.typeName) != nil)
            case .enum: #expect(served.enumeration(named: field.typeName) != nil)
            default: #expect(field.typeName.isEmpty && field.valueType.isKnown)
            }
        }
        connection.close()
    }

    @Test func healthIsToldByTheExitStatus() throws {
        let server = try start()
        let well = try banjie(server, "health")
        #expect(well.status == 0 && well.output == "serving\n" && well.errors.isEmpty)
        server.terminate()
        #expect(server.waitForExit(seconds: 20) == .code(0))
        #expect(try banjie(server, "health").status == 69)
    }

    @Test func aWatchTellsOfEveryChangeUntilTheServerDrains() async throws {
        let server = try start()
        let office = try LocalOffice(on: server)
        let connection = try Connection(
            to: server.address,
            options: ConnectionOptions(realm: "banjie")
        )
        var replies = HealthClient(connection).watch().makeAsyncIterator()
        #expect(try await replies.next() == HealthReply(serving: true))
        // Commits alone change nothing of it.
        _ = try await DeadlinesClient(try office.operator())
            .arm(ArmRequest(limit: 5, unit: .working))
        server.terminate()
        #expect(try await replies.next() == HealthReply(serving: false, problems: [.draining]))
        #expect(try await replies.next() == nil)
        #expect(server.waitForExit(seconds: 20) == .code(0))
        connection.close()
    }

    @Test func theCommandWatchesUntilTheServerDrains() throws {
        let server = try start()
        let output = Pipe()
        let process = try ChildProcess(
            Self.command,
            ["health", "--watch"],
            environment: ["BANJIE_SERVER": server.address, "LC_ALL": "C.UTF-8"],
            output: .pipe(output)
        )
        let first = output.fileHandleForReading.availableData
        #expect(String(decoding: first, as: UTF8.self) == "serving\n")
        server.terminate()
        let rest = try output.fileHandleForReading.readToEnd() ?? Data()
        #expect(String(decoding: rest, as: UTF8.self) == "DRAINING\n")
        #expect(process.wait() == .code(75))
    }

    @Test func aClockInDoubtIsAProblem() async throws {
        let server = try start()
        let office = try LocalOffice(on: server)
        _ = try await DeadlinesClient(try office.operator())
            .arm(ArmRequest(limit: 5, unit: .working))
        server.terminate()
        #expect(server.waitForExit(seconds: 20) == .code(0))
        // The store's last commit is of the virtual time, long before the machine's.
        try server.start(.machine, options: ["--gap-hours", "1"])
        let run = try banjie(server, "health")
        #expect(run.status == 75 && run.output == "CLOCK_UNCONFIRMED\n", "\(run)")
        let json = try banjie(server, "health", "--json")
        #expect(json.output == "{\"serving\":false,\"problems\":[\"CLOCK_UNCONFIRMED\"]}\n")
        let connection = try LocalOffice(on: server).operator()
        var replies = HealthClient(connection).watch().makeAsyncIterator()
        #expect(try await replies.next()?.problems == [.clockUnconfirmed])
        _ = try await AdminClient(connection).confirmClock()
        #expect(try await replies.next() == HealthReply(serving: true))
    }

    @Test func describesAndCallsByName() async throws {
        let server = try start()
        let described = try banjie(server, "describe", "Health/Check")
        #expect(described.status == 0 && described.errors.isEmpty)
        #expect(described.output.contains("Health/Check (Empty) -> HealthReply"))
        let called = try banjie(server, "call", "Health/Check", "--json")
        #expect(called.output == "{\"serving\":true,\"problems\":[]}\n")
        #expect(try banjie(server, "call", "Nobody/Knows").status == 64)
    }

    // MARK: The shells

    /// What a shell's script completes the last of some words to.
    private func completions(
        _ shell: Shell,
        _ words: [String],
        _ server: ServerProcess
    ) throws -> [String] {
        let program = try #require(shell.program)
        let folder = URL(filePath: Self.command).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let run = try ProgramRun(
            program,
            shell.arguments + [shell.rawValue] + words,
            environment: [
                "BANJIE_SERVER": server.address, "LC_ALL": "C.UTF-8",
                "PATH": "\(folder):\(path)",
            ]
        )
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        return run.output.split(separator: "\n").map(String.init)
    }

    /// A shell that is given a command line's words, as it would have cut them itself, and prints what
    /// it would offer.
    private enum Shell: String, CaseIterable {
        case bash, zsh

        var program: String? {
            ["/bin/\(rawValue)", "/usr/bin/\(rawValue)"].first {
                FileManager.default.isExecutableFile(atPath: $0)
            }
        }

        var arguments: [String] {
            switch self {
            case .bash:
                [
                    "--norc", "-c",
                    #"""
                    source <(banjie completion bash)
                    COMP_WORDS=(banjie "$@") COMP_CWORD=$#
                    _banjie
                    ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
                    """#,
                ]
            case .zsh:
                [
                    "-f", "-c",
                    #"""
                    compdef() { }
                    compadd() { shift; print -rl -- "$@" }
                    _files() { }
                    source <(banjie completion zsh)
                    words=(banjie "$@") CURRENT=$(( $# + 1 ))
                    _banjie
                    """#,
                ]
            }
        }
    }

    @Test(arguments: Shell.allCases.filter { $0.program != nil })
    private func shellsComplete(_ shell: Shell) throws {
        let server = try start()
        let methods = try completions(shell, ["call", "Diag"], server)
        #expect(methods == ["Diagnostics/Echo", "Diagnostics/Status"])
        for (words, expected) in [
            (["cal"], ["calendar", "call"]), (["case", "with"], ["withdraw"]),
            (["case", "pause", "S1", "--reason", "A"], ["AUCTION", "APPRAISAL"]),
            (["call", "Diagnostics/Status", ""], []), (["describe", "HealthR"], ["HealthReply"]),
            (["call", "--time"], ["--timeout"]), (["completion", ""], ["bash", "zsh", "words"]),
        ] {
            #expect(try completions(shell, words, server) == expected, "\(words)")
        }
    }

    /// bash takes a command line's words apart at colons and equals signs.
    @Test func bashPutsWordsTogetherAgain() throws {
        let server = try start()
        let port = String(server.address.split(separator: ":").last ?? "")
        for words in [
            ["call", "--server", "127.0.0.1", ":", port, "Health/"],
            ["call", "--server", "=", "127.0.0.1", ":", port, "Health/"],
        ] {
            let found = try completions(.bash, words, server)
            #expect(found == ["Health/Check", "Health/Watch"], "\(words)")
        }
    }
}
