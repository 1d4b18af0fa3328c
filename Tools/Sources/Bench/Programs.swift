import BanjieClient
import ChildProcess
import Foundation
import Glibc
import LocalServer
import Telemetry
import Wire

struct BenchError: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program to its end and decodes what it prints.
func result<Result: Decodable>(
    of program: URL,
    _ arguments: [String]
) throws -> Result {
    let output = Pipe()
    let process = try ChildProcess(program.path, arguments, output: .pipe(output))
    let printed = try output.fileHandleForReading.readToEnd() ?? Data()
    let exit = process.wait()
    guard exit == .code(0) else {
        throw BenchError(
            description: "\(program.lastPathComponent) \(arguments.joined(separator: " ")) "
                + "ended with \(exit)"
        )
    }
    return try JSONDecoder().decode(Result.self, from: printed)
}

/// A server that prints one line with `listen=ADDRESS` when it is ready, and ends by SIGTERM.
final class RunningServer: Sendable {
    let address: String
    private let process: ChildProcess

    init(_ program: URL, _ arguments: [String]) throws {
        let output = Pipe()
        process = try ChildProcess(program.path, arguments, output: .pipe(output))
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n"),
            let byte = try output.fileHandleForReading.read(upToCount: 1)?.first
        {
            line.append(byte)
        }
        let fields = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard let field = fields.first(where: { $0.hasPrefix("listen=") }) else {
            process.send(SIGTERM)
            throw BenchError(
                description: "\(program.lastPathComponent) didn't say where it listens; see above"
            )
        }
        address = String(field.dropFirst("listen=".count))
    }

    /// One that says nothing: it is ready once it takes connections.
    init(_ program: URL, _ arguments: [String], port: UInt16) throws {
        address = "127.0.0.1:\(port)"
        process = try ChildProcess(program.path, arguments, output: .null)
        for _ in 0..<500 {
            if (try? FrameConnection(to: address)) != nil { return }
            usleep(10_000)
        }
        process.send(SIGTERM)
        throw BenchError(description: "\(program.lastPathComponent) takes no connections")
    }

    deinit { stop() }

    var processIdentifier: String { String(process.processID) }

    /// Its memory; nil when it has ended.
    var residentBytes: Double? { ProcessFigures.residentBytes(of: process.processID) }

    func stop() {
        process.send(SIGTERM)
        process.wait()
    }
}

/// The programs of a run, and the folder for what they write.
struct Workshop {
    let banjied: URL
    let loadTool: URL
    let peers: URL
    let folder: URL
    let rounds: Int
    /// How long one measurement takes; nil for each kind's own.
    let seconds: Int?

    func startBanjied(data: URL, clock: ServerProcess.Clock = .machine) throws -> RunningServer {
        try RunningServer(banjied, Self.options(data: data, clock: clock))
    }

    /// The operator's connection to a banjied with its store in a folder.
    func connect(to server: RunningServer, _ data: URL) throws -> Connection {
        let secret = try String(
            contentsOf: data.appending(path: "operator.secret"),
            encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        return try Connection(
            to: server.address,
            options: ConnectionOptions(
                realm: "banjie",
                credentials: Credentials(login: "operator", secret: secret)
            )
        )
    }

    /// How banjied is started.
    static func options(data: URL, clock: ServerProcess.Clock = .machine) -> [String] {
        clock.options + ["--data", data.path, "--listen", "127.0.0.1:0", "--log-level", "error"]
    }

    /// Of util-linux, which every Debian has.
    static let taskset = URL(filePath: "/usr/bin/taskset")

    func peer(_ name: String) -> URL { peers.appending(path: name) }

    /// What the C client sees of a server of calls.
    ///
    /// - Parameters:
    ///   - signIn: the login and the file of its secret; nothing for who needn't sign in.
    ///   - rate: how many calls begin in a second, whatever becomes of them; nil for each when another ends.
    func load(
        _ server: RunningServer,
        _ kind: String,
        _ connections: Int,
        _ inFlight: Int,
        bytes: Int = 64,
        signIn: [String] = [],
        seconds: Int? = nil,
        rate: Double? = nil
    ) throws -> Load {
        try result(
            of: peer("load"),
            (rate.map { ["-r", "\($0)"] } ?? []) + [
                server.address, kind, "\(connections)", "\(inFlight)", "\(bytes)",
                "\(seconds ?? self.seconds ?? 3)",
            ] + signIn + [server.processIdentifier]
        )
    }

    /// What banjie-load tells of a server of its own, or of one that it is told of.
    func loadTool<Result: Decodable>(_ arguments: [String]) throws -> Result {
        try result(of: loadTool, arguments + ["--quiet", "--json", "-"])
    }

    /// What banjie-load tells of a load on a server, by its operator; nil for a server of its own.
    func loadTool(
        _ kind: String,
        _ server: (server: RunningServer, data: URL)?,
        _ options: [String]
    ) throws -> LoadFigures {
        guard let (server, data) = server else {
            return try loadTool([kind, "--banjied", banjied.path] + options)
        }
        let secret = data.appending(path: "operator.secret").path
        return try loadTool(
            [kind, "--server", server.address, "--login", "operator", "--secret-file", secret]
                + options
        )
    }

    private struct Idle: Decodable { let bytesEach: Double }

    /// What an idle connection costs banjied in memory, of so many.
    func bytesOfIdleConnection(of count: Int) throws -> Double {
        let idle: Idle = try loadTool([
            "idle", "--banjied", banjied.path, "--connections", "\(count)", "--seconds", "1",
        ])
        return idle.bytesEach
    }

    func note(_ text: String) {
        FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
    }
}

/// What `load` prints.
struct Load: Decodable {
    let perSecond: Double
    let p50Us: Double
    let p99Us: Double
    let serverCpuUs: Double?
    /// Nil in a closed loop.
    let refusedPerSecond: Double?
}
