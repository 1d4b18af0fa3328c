import BanjieClient
import ChildProcess
import Foundation
import Glibc
import Wire

struct BenchError: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program to its end and decodes what it prints.
func result<Result: Decodable>(of program: URL, _ arguments: [String]) throws -> Result {
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
final class RunningServer {
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
            if Self.takesConnections(at: port) { return }
            usleep(10_000)
        }
        process.send(SIGTERM)
        throw BenchError(description: "\(program.lastPathComponent) takes no connections")
    }

    private static func takesConnections(at port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    deinit { stop() }

    var processIdentifier: String { String(process.processID) }

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

    func startBanjied(data: URL, clock: String = "machine") throws -> RunningServer {
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
    static func options(data: URL, clock: String = "machine") -> [String] {
        ["--clock", clock, "--data", data.path, "--listen", "127.0.0.1:0", "--log-level", "error"]
    }

    /// Of util-linux, which every Debian has.
    static let taskset = URL(filePath: "/usr/bin/taskset")

    func peer(_ name: String) -> URL { peers.appending(path: name) }

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
}
