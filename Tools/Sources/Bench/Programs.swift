import ChildProcess
import Foundation

struct BenchError: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program to its end and decodes what it prints.
func run<Result: Decodable>(_ program: URL, _ arguments: [String]) throws -> Result {
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
    let peers: URL
    let folder: URL
    let rounds: Int
    /// How long one measurement takes; nil for each kind's own.
    let seconds: Int?

    func startBanjied(data: URL) throws -> RunningServer {
        try RunningServer(
            banjied,
            ["--clock", "machine", "--data", data.path, "--listen", "127.0.0.1:0"]
        )
    }

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
