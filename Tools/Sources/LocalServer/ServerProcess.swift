package import CivilTime
import Dispatch
package import Foundation

/// Why a server didn't do what was expected of it.
package struct ServerProcessError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A `banjied` of our own with a store of its own, for tests and tools: it can be stopped, killed and
/// started again on the same store.
package final class ServerProcess {
    /// How a process ended.
    package enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    /// Where the server's time comes from.
    package enum Clock: Hashable, Sendable {
        case machine
        case virtual(Instant)
    }

    private struct Run {
        let process: Process
        let output: FileHandle
        let ended: DispatchSemaphore
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
        let process = Process()
        var arguments = [program, "--listen", "127.0.0.1:0", "--data", folder.path]
        if let descriptorsMax {
            arguments = ["-c", "ulimit -n \(descriptorsMax) && exec \"$0\" \"$@\""] + arguments
            process.executableURL = URL(filePath: "/bin/sh")
        } else {
            process.executableURL = URL(filePath: arguments.removeFirst())
        }
        if case .virtual(let instant) = clock { arguments += ["--clock", "virtual:\(instant)"] }
        process.arguments = arguments + options
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        let log = try openLog()
        defer { try? log.close() }
        process.standardError = log
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try withSignalsUnblocked { try process.run() }
        run = Run(process: process, output: output.fileHandleForReading, ended: ended)
    }

    /// Threads of a pool block signals, and a process that one of them starts would inherit that.
    private func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
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
        return process.processIdentifier
    }

    /// SIGKILL; returns when the process is gone.
    package func kill() {
        guard let run, run.process.isRunning else { return }
        Foundation.kill(run.process.processIdentifier, SIGKILL)
        run.process.waitUntilExit()
    }

    /// SIGTERM; doesn't wait.
    package func terminate() {
        guard let processID else { return }
        Foundation.kill(processID, SIGTERM)
    }

    /// Waits until the process has ended; nil when it runs on.
    package func waitForExit(seconds: Int) -> Exit? {
        guard let run else { return nil }
        if run.process.isRunning {
            guard run.ended.wait(timeout: .now() + .seconds(seconds)) == .success else {
                return nil
            }
        }
        run.process.waitUntilExit()
        let status = run.process.terminationStatus
        return run.process.terminationReason == .exit ? .code(status) : .signal(status)
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
