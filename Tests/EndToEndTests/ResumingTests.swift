import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Synchronization
import Testing
import Wire

/// Watches that outlive their server, on real servers that are killed.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ResumingTests {
    /// Days after the first, a Monday, by which what was armed on the one before has fired.
    private static let days = [2, 4, 8, 10]

    /// A server that comes back where it was.
    private struct Setting {
        let office: TestOffice
        /// Of the server, beside the one that changes.
        let socket: String

        init() async throws {
            office = try await TestOffice()
            socket = "unix:\(office.server.folder.path)/s"
            try await kill()
        }

        /// Kills the server and starts it again on its store.
        func kill() async throws {
            let now = try await DiagnosticsClient(try office.office.operator()).status().now
            office.server.kill()
            office.office.disconnect()
            try office.server.start(
                .virtual(now),
                options: ["--listen", "127.0.0.1:0,\(socket)"]
            )
        }

        func connect() throws -> Connection {
            var options = ConnectionOptions(
                realm: "banjie",
                credentials: try office.office.credentials(of: TestOffice.everybody)
            )
            options.initialBackoffMillis = 20
            options.longestBackoffMillis = 100
            return try Connection(to: socket, options: options)
        }

        func arm(_ labels: [String]) async throws {
            let deadlines = DeadlinesClient(try office.office.operator())
            for label in labels {
                _ = try await deadlines.arm(
                    ArmRequest(limit: 1, unit: .working, label: label)
                )
            }
        }

        func expire(days: Int) async throws {
            let target = TestOffice.morning.date.adding(days: days)
            _ = try await AdminClient(try office.office.operator()).advanceClock(
                AdvanceClockRequest(to: target.start)
            )
        }

        func fired() async throws -> [Firing] {
            try await DeadlinesClient(try office.office.operator())
                .readFired(ReadFiredRequest(after: 0, limit: 1000)).firings
        }
    }

    /// What a program writes, as far as it has.
    private struct TextFile {
        let handle: FileHandle
        private let url: URL

        init(_ name: String, _ setting: Setting) throws {
            url = setting.office.server.folder.appending(path: name)
            try Data().write(to: url)
            handle = try FileHandle(forWritingTo: url)
        }

        /// The lines that are whole.
        func lines() throws -> [Substring] {
            try String(contentsOf: url, encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        }
    }

    private final class Notices: Sendable {
        private let counts = Mutex((interrupted: 0, resumed: 0))

        var interrupted: Int { counts.withLock { $0.interrupted } }
        var resumed: Int { counts.withLock { $0.resumed } }

        func add(_ notice: Resumption.Notice) {
            counts.withLock { counts in
                switch notice {
                case .interrupted: counts.interrupted += 1
                case .resumed: counts.resumed += 1
                }
            }
        }
    }

    /// Readers of one loop each, over kills while they read: all of it, in order, without a gap.
    @Test func aWatchGoesOnOverKills() async throws {
        let setting = try await Setting()
        let count = 30
        let notices = Notices()
        let readers = try (0..<3).map { _ in
            var resumption = Resumption { notices.add($0) }
            resumption.initialBackoffMillis = 20
            let watch = DeadlinesClient(try setting.connect())
                .watchResuming(WatchFiredRequest(after: 0), resuming: resumption)
            return Task {
                var found: [Firing] = []
                for try await event in watch {
                    guard let firing = event.firing else { continue }
                    found.append(firing)
                    if found.count == count * Self.days.count { break }
                }
                return found
            }
        }
        for (round, day) in Self.days.enumerated() {
            try await setting.arm((0..<count).map { "\(round)/\($0)" })
            try await setting.expire(days: day)
            if round < 3 { try await setting.kill() }
        }
        let all = try await setting.fired()
        #expect(all.count == count * Self.days.count)
        for reader in readers { #expect(try await reader.value == all) }
        // A kill may come before a reader has gone on from the one before.
        #expect(notices.interrupted >= 3 && notices.resumed >= 3)
    }

    /// The same from the command line, which says on the standard error what happens, until ^C.
    @Test func theCommandGoesOnOverKillsUntilItIsInterrupted() async throws {
        let setting = try await Setting()
        let program = URL(filePath: ServerProcess.builtProgram)
            .deletingLastPathComponent().appending(path: "banjie")
        let (output, errors) = (try TextFile("out", setting), try TextFile("errors", setting))
        let process = try ChildProcess(
            program.path,
            ["deadline", "watch", "--after", "0", "--json"],
            environment: [
                "BANJIE_SERVER": "127.0.0.1:1,\(setting.socket)", "BANJIE_LOGIN": "operator",
                "BANJIE_SECRET": try setting.office.server.operatorSecret(), "LANG": "C",
            ],
            output: .file(output.handle),
            errors: .file(errors.handle)
        )
        func seen() throws -> [Substring] {
            try output.lines().filter { $0.contains("\"firing\"") }
        }
        for (round, day) in Self.days.enumerated() {
            try await setting.arm(["\(round)/a", "\(round)/b"])
            try await setting.expire(days: day)
            while try seen().count < 2 * (round + 1) { try await Task.sleep(for: .milliseconds(5)) }
            guard round < 3 else { break }
            try await setting.kill()
            while try errors.lines().count(where: { $0 == "the watch goes on" }) <= round {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        let interruptions = try errors.lines().filter { $0 != "the watch goes on" }
        #expect(interruptions.count >= 3)
        for line in interruptions { #expect(line.hasPrefix("the watch was interrupted")) }
        let (all, found) = (try await setting.fired(), try seen())
        #expect(found.count == all.count)
        for (line, firing) in zip(found, all) {
            #expect(line.contains("\"label\":\"\(firing.label)\""))
        }
        process.send(SIGINT)
        #expect(process.wait() == .signal(SIGINT))
    }

    /// A server that neither answers nor closes is noticed, by calls and by streams, long before their
    /// time is over.
    @Test func aPeerThatIsSilentIsNoticed() async throws {
        let setting = try await Setting()
        var options = ConnectionOptions(
            realm: "banjie",
            credentials: try setting.office.office.credentials(of: TestOffice.everybody)
        )
        options.keepAliveMillis = 100
        options.keepAliveTimeoutMillis = 100
        options.attempts = 1
        let connection = try Connection(to: setting.socket, options: options)
        let stream = DeadlinesClient(connection).watch(WatchFiredRequest())
        var events = stream.makeAsyncIterator()
        _ = try await events.next()
        // A server that is merely idle answers the question, however often it is asked.
        try await Task.sleep(for: .milliseconds(500))
        _ = try await DiagnosticsClient(connection).echo(EchoRequest(payload: [1]))
        let server = try #require(setting.office.server.processID)
        kill(server, SIGSTOP)
        defer { kill(server, SIGCONT) }
        // The signal stops it some moments later.
        for _ in 0..<500 {
            let status = try String(contentsOfFile: "/proc/\(server)/stat", encoding: .utf8)
            if status.contains(") T ") { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        let error = await #expect(throws: CallError.self) {
            try await DiagnosticsClient(connection).echo(
                EchoRequest(payload: [1]),
                options: CallOptions(timeoutMillis: 60_000)
            )
        }
        #expect(error?.reason == "CONNECTION_LOST" && error?.outcome == .unknown)
        #expect(error?.message.contains("W43") == true)
        let end = await #expect(throws: CallError.self) { _ = try await events.next() }
        #expect(end?.reason == "CONNECTION_LOST")
    }
}
