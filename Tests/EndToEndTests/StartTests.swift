import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Testing
import Wire

/// How the server starts, and how it says why it doesn't.
@Suite(.serialized) struct StartTests {
    private static let program = ServerProcess.builtProgram

    private static func run(
        _ arguments: String...,
        environment: [String: String] = [:]
    ) throws -> ProgramRun {
        try ProgramRun(program, arguments, environment: environment)
    }

    /// A folder of the test's own, removed with it.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "banjie-start-\(UUID().uuidString)")

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        /// The path of a new file with `text`.
        func file(_ name: String, _ text: String) throws -> String {
            let file = url.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
    }

    // MARK: Configuration

    @Test func printsASettingThatCanNotBeAndSaysSo() throws {
        let run = try Self.run("--print-config", environment: ["BANJIE_REACTORS": "many"])
        #expect(run.status == 78)
        #expect(run.output.contains("= many  # environment BANJIE_REACTORS"))
        #expect(run.errors.contains("reactors (environment BANJIE_REACTORS): \"many\""))
    }

    @Test func printsEachSettingWithItsOrigin() throws {
        let folder = try Folder()
        let file = try folder.file(
            "banjie.json5",
            "{ realm: 'from-file', reactors: 3, gap_hours: 5, policy: { notice_days: 6 } }"
        )
        let run = try Self.run(
            "--print-config",
            "--config",
            file,
            "--reactors",
            "2",
            "--policy-delivery-days",
            "8",
            environment: ["BANJIE_GAP_HOURS": "7", "BANJIE_REACTORS": "4"]
        )
        #expect(run.status == 0 && run.errors.isEmpty)
        let lines = run.output.split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        for line in [
            "realm = from-file # file \(file)",
            "reactors = 2 # flag --reactors",
            "gap_hours = 7 # environment BANJIE_GAP_HOURS",
            "policy.notice_days = 6 # file \(file)",
            "policy.delivery_days = 8 # flag --policy-delivery-days",
            "production = false # default",
        ] {
            #expect(lines.contains(line), "\(line) in \(lines)")
        }
    }

    /// A wrong word on the command line, a value that can't be, and what the message must name.
    @Test(arguments: [
        (["--nonsense"], 64, "--nonsense"),
        (["--listen"], 64, "--listen"),
        (["--reactors", "many"], 78, "reactors"),
        (["--reactors", "65"], 78, "1…64"),
        (["--clock", "virtual:noon"], 78, "clock"),
        (["--production", "--clock", "virtual:2026-03-02T10:00:00"], 78, "production"),
        (["--listen", "0.0.0.0:7410"], 78, "loopback"),
        (["--listen", "nowhere"], 78, "nowhere"),
        (["--listen", "tls:127.0.0.1:0"], 78, "--tls-certificate FILE"),
        (["--listen", "tls:127.0.0.1:0", "--tls-certificate", "c"], 78, "--tls-key FILE"),
        (
            [
                "--listen", "tls:127.0.0.1:0", "--tls-certificate", "c", "--tls-key", "k",
                "--tls-clients", "must",
            ], 78, "--tls-client-ca FILE"
        ),
        (
            [
                "--listen", "tls:127.0.0.1:0", "--tls-certificate", "/no/such/c", "--tls-key",
                "/no/such/k",
            ], 71, "/no/such/c"
        ),
        (["--listen", ""], 78, "listen"),
        (["--config", "/no/such/file"], 78, "/no/such/file"),
        (["--policy-notice-days", "0"], 78, "notice_days"),
        (["--data", "/dev/null/data"], 71, "/dev/null/data"),
    ])
    func saysWhatIsWrong(_ arguments: [String], _ status: Int32, _ named: String) throws {
        let run = try ProgramRun(Self.program, arguments)
        #expect(run.status == status && run.output.isEmpty)
        #expect(run.errors.hasPrefix("banjied: ") && run.errors.contains(named), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }

    /// The same mistakes, told in the language of the environment; the first variable that is set
    /// decides.
    @Test(arguments: [
        (["--nonsense"], 64, "没有名为 --nonsense 的选项"), (["--listen"], 64, "--listen 后面须给出值"),
        (["--reactors", "65"], 78, "1…64 之间的整数"), (["--config", "/no/such/file"], 78, "无法读取"),
        (["--metrics", "192.0.2.1:1"], 78, "本机"),
        (["--data", "/dev/null/data"], 71, "无法启动：存储无法写入"),
    ])
    func saysWhatIsWrongInChinese(
        _ arguments: [String],
        _ status: Int32,
        _ named: String
    ) throws {
        let environment = ["LC_ALL": "", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"]
        let run = try ProgramRun(Self.program, arguments, environment: environment)
        #expect(run.status == status && run.output.isEmpty)
        #expect(run.errors.contains(named), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }

    @Test func refusesAFileOfSettingsThatItDoesNotKnow() throws {
        let folder = try Folder()
        for (text, named) in [
            ("{ reactor: 2 }", "reactor"), ("{ policy: { days: 1 } }", "policy.days"),
            ("[1, 2]", "object"), ("{ realm: ", "JSON5"), ("{ reactors: 1.5 }", "reactors"),
            ("{ listen: [{}] }", "list"), ("{ reactors: [1, 2] }", "1,2"),
        ] {
            let run = try Self.run("--config", try folder.file("bad.json5", text))
            #expect(run.status == 78, "\(text)")
            #expect(run.errors.contains(named), "\(run.errors)")
        }
    }

    @Test func helpsAndTellsItsVersion() throws {
        let help = try Self.run("--help")
        #expect(help.status == 0 && help.output.contains("--listen"))
        let chinese = try Self.run("--help", environment: ["LC_ALL": "zh_CN.UTF-8"])
        #expect(chinese.output.contains("用法") && chinese.output.contains("--metrics VALUE"))
        let version = try Self.run("--version")
        #expect(version.status == 0 && version.output.hasPrefix("banjied "))
    }

    // MARK: Ready

    @Test func saysOnOneLineThatItIsReady() async throws {
        let folder = try Folder()
        let server = try ServerProcess(program: Self.program, folder: folder.url)
        let socket = "unix:\(folder.url.path)/socket"
        try server.start(
            .virtual(TestOffice.morning),
            options: ["--listen", "127.0.0.1:0,\(socket)"]
        )
        let parts = server.readyLine.split(separator: " ").map(String.init)
        #expect(
            parts == [
                "ready", "listen=\(server.address),\(socket)", "store=\(server.store.path)",
                "clock=virtual:\(TestOffice.morning)",
            ]
        )
        #expect(server.address.hasPrefix("127.0.0.1:"))
        for address in [server.address, socket] {
            let connection = try Connection(
                to: address,
                options: ConnectionOptions(realm: "banjie")
            )
            let status = try await DiagnosticsClient(connection)
                .status(Empty(), options: CallOptions(waitForReady: true))
            #expect(status.now == TestOffice.morning && status.virtualClock)
            connection.close()
        }
        server.terminate()
        #expect(server.waitForExit(seconds: 20) == .code(0))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.url.path)/socket"))
    }

    @Test func doesNotTakeAnAddressInUse() throws {
        let server = try ServerProcess(program: Self.program)
        try server.start(.virtual(TestOffice.morning))
        let folder = try Folder()
        let run = try Self.run("--listen", server.address, "--data", folder.url.path)
        #expect(run.status == 71 && run.output.isEmpty)
        #expect(run.errors.contains(server.address), "\(run.errors)")
    }

    /// With however few descriptors: it says why it can't start, or it serves.
    @Test func isReadyOnlyWhenItCanServe() async throws {
        var served = 0
        for most in 6...48 {
            let server = try ServerProcess(program: Self.program, descriptorsMax: most)
            do {
                try server.start(.virtual(TestOffice.morning))
            } catch {
                #expect(server.waitForExit(seconds: 20) == .code(71), "\(most): \(error)")
                continue
            }
            // One connection is all that there may be room for.
            let connection = try FrameConnection(to: server.address)
            let secret = try server.operatorSecret()
            guard (try? connection.open(as: Credentials(login: "operator", secret: secret))) != nil
            else {
                // None, and the server goes on without.
                #expect(server.processID != nil)
                continue
            }
            #expect(try connection.status().writable)
            let arm = ArmRequest(limit: 1, unit: .working).encoded()
            #expect(try !connection.reply(DeadlinesMethods.arm.id, arm).isReplay)
            served += 1
        }
        #expect(served > 0)
    }

    /// The library's own threads give free memory back: they are there once it has read its options.
    @Test func allocatesByJemalloc() throws {
        let server = try ServerProcess(program: Self.program)
        try server.start(.virtual(TestOffice.morning))
        let tasks = "/proc/\(try #require(server.processID))/task"
        let names = try FileManager.default.contentsOfDirectory(atPath: tasks).map {
            try String(contentsOfFile: "\(tasks)/\($0)/comm", encoding: .utf8)
        }
        #expect(names.contains("jemalloc_bg_thd\n"), "\(names)")
    }

    // MARK: Stores

    @Test func refusesWhatIsNoStoreOfIts() throws {
        let folder = try Folder()
        let server = try ServerProcess(program: Self.program, folder: folder.url)
        try server.start(.virtual(TestOffice.morning))
        server.terminate()
        #expect(server.waitForExit(seconds: 20) == .code(0))
        try StoreFile.execute("PRAGMA user_version = 999", on: server.store.path)
        let newer = try Self.run("--listen", "127.0.0.1:0", "--data", folder.url.path)
        #expect(newer.status == 71 && newer.errors.contains("newer program"), "\(newer.errors)")

        let other = try Folder()
        let path = try other.file("banjie.sqlite", "")
        try StoreFile.execute("CREATE TABLE notes (text)", on: path)
        let foreign = try Self.run("--listen", "127.0.0.1:0", "--data", other.url.path)
        #expect(foreign.status == 71 && foreign.errors.contains(path), "\(foreign.errors)")

        let broken = try Folder()
        let text = try broken.file("banjie.sqlite", String(repeating: "no store ", count: 1000))
        let unreadable = try Self.run("--listen", "127.0.0.1:0", "--data", broken.url.path)
        #expect(unreadable.status == 71 && unreadable.errors.contains(text), "\(unreadable.errors)")
    }
}
