package import ChildProcess
package import CivilTime
package import Foundation

/// Why a server didn't do what was expected of it.
package struct ServerProcessError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A `banjied` of our own with a store of its own, for tests and tools: it can be stopped, killed and
/// started again on the same store.
package final class ServerProcess {
    /// Where the server's time comes from.
    package enum Clock: Hashable, Sendable {
        case machine
        case virtual(Instant)

        /// What says so on the command line.
        package var options: [String] {
            switch self {
            case .machine: []
            case .virtual(let instant): ["--clock", "virtual:\(instant)"]
            }
        }
    }

    private struct Run {
        let process: ChildProcess
        let output: FileHandle
    }

    /// The folder of the store, and of the server's log.
    package let folder: URL
    private let ownsFolder: Bool
    private let program: String
    private let descriptorsMax: Int?
    private var run: Run?
    /// The first address of the ready line; empty before there was one.
    package private(set) var address = ""
    /// The last ready line, without its newline.
    package private(set) var readyLine = ""

    /// - Parameters:
    ///   - program: The path of `banjied`.
    ///   - folder: Where the store lies; a temporary folder, removed in the end, when nil.
    ///   - descriptorsMax: How many files and sockets it may have open; the system's limit when nil.
    package init(program: String, folder: URL? = nil, descriptorsMax: Int? = nil) throws {
        self.program = program
        self.descriptorsMax = descriptorsMax
        ownsFolder = folder == nil
        self.folder =
            folder
            ?? FileManager.default.temporaryDirectory
            .appending(path: "banjie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: self.folder,
            withIntermediateDirectories: true
        )
    }

    deinit {
        kill()
        if ownsFolder {
            try? FileManager.default.removeItem(at: folder)
            try? FileManager.default.removeItem(at: keys)
        }
    }

    /// What `BANJIE_SERVER` names, else the server that was built with the running tests.
    package static var builtProgram: String {
        ProcessInfo.processInfo.environment["BANJIE_SERVER"]
            ?? URL(filePath: CommandLine.arguments[0])
            .deletingLastPathComponent().appending(path: "banjied").path
    }

    /// The store's file.
    package var store: URL { folder.appending(path: "banjie.sqlite") }

    /// The file of its keys, where the server makes it by itself.
    package var keys: URL { URL(filePath: folder.path + ".keys") }

    // MARK: Starting

    /// Starts the server on its store; returns when it is ready.
    ///
    /// - Parameter options: Further options of the command line.
    package func start(_ clock: Clock, options: [String] = []) throws {
        try launch(clock, options: options)
        try waitUntilReady()
    }

    /// Starts the process and doesn't wait until it is ready.
    package func launch(_ clock: Clock, options: [String] = []) throws {
        guard processID == nil else { throw ServerProcessError("a server runs already") }
        var command = [program, "--listen", "127.0.0.1:0", "--data", folder.path]
        if let descriptorsMax {
            let limited = "ulimit -n \(descriptorsMax) && exec \"$0\" \"$@\""
            command = ["/bin/sh", "-c", limited] + command
        }
        command += clock.options + options
        let output = Pipe()
        let log = try openLog()
        defer { try? log.close() }
        let process = try ChildProcess(
            command.removeFirst(),
            command,
            output: .pipe(output),
            errors: .file(log)
        )
        run = Run(process: process, output: output.fileHandleForReading)
    }

    /// Reads the ready line of a process that was launched.
    ///
    /// - Throws: what the log says, when the process ends before it is ready.
    package func waitUntilReady() throws {
        guard let run else { throw ServerProcessError("no server was launched") }
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            guard let byte = try run.output.read(upToCount: 1)?.first else {
                throw ServerProcessError("banjied ended before it was ready: \(try logged())")
            }
            line.append(byte)
        }
        readyLine = String(decoding: line.dropLast(), as: UTF8.self)
        guard let field = readyLine.split(separator: " ").first(where: { $0.hasPrefix("listen=") })
        else { throw ServerProcessError("banjied's ready line names no address: \(readyLine)") }
        let addresses = field.dropFirst("listen=".count)
        address = String(addresses.split(separator: ",").first ?? "")
    }

    // MARK: Ending

    /// The process, while it runs.
    package var processID: Int32? {
        guard let process = run?.process, process.isRunning else { return nil }
        return process.processID
    }

    /// SIGKILL; returns when the process is gone.
    package func kill() {
        run?.process.send(SIGKILL)
        run?.process.wait()
    }

    /// SIGTERM; doesn't wait.
    package func terminate() {
        run?.process.send(SIGTERM)
    }

    /// Waits until the process has ended; nil when it runs on.
    package func waitForExit(seconds: Int) -> ChildProcess.Exit? {
        run?.process.wait(atMost: seconds)
    }

    // MARK: What it leaves

    /// The operator's secret, which the server wrote on its first start.
    package func operatorSecret() throws -> String {
        try String(contentsOf: folder.appending(path: "operator.secret"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What all the runs have written to standard error.
    package func logged() throws -> String {
        try String(contentsOf: logFile, encoding: .utf8)
    }

    private var logFile: URL { folder.appending(path: "banjied.log") }

    private func openLog() throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: logFile.path) {
            try Data().write(to: logFile)
        }
        let handle = try FileHandle(forWritingTo: logFile)
        try handle.seekToEnd()
        return handle
    }
}
