import CivilTime
import Foundation

/// A `banjied` of the release build with a store and a virtual clock of its own.
final class ServerProcess {
    let folder: URL
    private let program: String
    private var process: Process?
    private(set) var address = ""

    /// - Parameter program: The path of `banjied`.
    init(program: String) throws {
        self.program = program
        folder = FileManager.default.temporaryDirectory
            .appending(path: "banjie-scenario-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts the server on its store; returns when it is ready.
    func start(at instant: Instant) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "--listen", "127.0.0.1:0", "--data", folder.path, "--clock", "virtual:\(instant)",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try log()
        try process.run()
        self.process = process
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            guard let byte = try output.fileHandleForReading.read(upToCount: 1)?.first else {
                throw ScenarioError("banjied ended before it was ready: \(try logged())")
            }
            line.append(byte)
        }
        let text = String(decoding: line, as: UTF8.self)
        guard let field = text.split(separator: " ").first(where: { $0.hasPrefix("listen=") })
        else { throw ScenarioError("banjied's ready line names no address: \(text)") }
        address = String(field.dropFirst("listen=".count))
    }

    /// SIGKILL.
    func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The operator's secret, which the server wrote on its first start.
    func operatorSecret() throws -> String {
        try String(contentsOf: folder.appending(path: "operator.secret"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private var logFile: URL { folder.appending(path: "banjied.log") }

    private func log() throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: logFile.path) {
            try Data().write(to: logFile)
        }
        let handle = try FileHandle(forWritingTo: logFile)
        try handle.seekToEnd()
        return handle
    }

    private func logged() throws -> String {
        try String(contentsOf: logFile, encoding: .utf8)
    }
}
