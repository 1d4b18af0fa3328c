import Foundation
import Synchronization
import Testing

@testable import ChildProcess

@Suite struct ChildProcessTests {
    private func shell(
        _ script: String,
        input: ChildProcess.Stream = .null,
        output: ChildProcess.Stream = .null
    ) throws -> ChildProcess {
        try ChildProcess("/bin/sh", ["-c", script], input: input, output: output)
    }

    private func printed(_ script: String) throws -> String {
        let output = Pipe()
        let child = try shell(script, output: .pipe(output))
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        #expect(child.wait() == .code(0))
        return String(decoding: text, as: UTF8.self)
    }

    @Test func itsEndIsKnown() throws {
        #expect(try shell("exit 0").wait() == .code(0))
        #expect(try shell("exit 7").wait() == .code(7))
        #expect(try shell("exit 255").wait() == .code(255))
        #expect(try shell("kill -TERM $$").wait() == .signal(SIGTERM))
        #expect(try shell("kill -KILL $$").wait() == .signal(SIGKILL))
    }

    @Test func itIsWaitedForWhileItRuns() throws {
        let child = try shell("exec sleep 600")
        #expect(child.isRunning)
        #expect(child.wait(atMost: 0) == nil)
        child.send(SIGTERM)
        #expect(child.wait(atMost: 60) == .signal(SIGTERM))
        #expect(!child.isRunning)
        // Nobody else is meant by the number of a process that has ended.
        child.send(SIGKILL)
        #expect(child.wait() == .signal(SIGTERM))
    }

    @Test func severalThreadsWait() throws {
        let child = try shell("exec sleep 600")
        let found = Mutex<[ChildProcess.Exit]>([])
        let waiting = DispatchGroup()
        for _ in 0..<8 {
            waiting.enter()
            Thread.detachNewThread {
                let exit = child.wait()
                found.withLock { $0.append(exit) }
                waiting.leave()
            }
        }
        child.send(SIGKILL)
        waiting.wait()
        #expect(found.withLock { $0 } == Array(repeating: .signal(SIGKILL), count: 8))
    }

    @Test func whatIsNotThereIsRefused() {
        #expect(throws: ChildProcessError(program: "/no/such/program", code: ENOENT)) {
            _ = try ChildProcess("/no/such/program")
        }
        #expect(throws: ChildProcessError(program: "/etc/passwd", code: EACCES)) {
            _ = try ChildProcess("/etc/passwd")
        }
    }

    @Test func itReadsAndWrites() throws {
        let (input, output) = (Pipe(), Pipe())
        let child = try shell("tr a-z A-Z", input: .pipe(input), output: .pipe(output))
        try input.fileHandleForWriting.write(contentsOf: Data("banjie".utf8))
        try input.fileHandleForWriting.close()
        #expect(try output.fileHandleForReading.readToEnd() == Data("BANJIE".utf8))
        #expect(child.wait() == .code(0))
    }

    @Test func itsEnvironmentIsWhatItIsGiven() throws {
        let output = Pipe()
        let child = try ChildProcess(
            "/usr/bin/env",
            environment: ["ONE": "1 = one"],
            output: .pipe(output)
        )
        #expect(try output.fileHandleForReading.readToEnd() == Data("ONE=1 = one\n".utf8))
        #expect(child.wait() == .code(0))
        #expect(
            try printed("echo $HOME") == "\(ProcessInfo.processInfo.environment["HOME"] ?? "")\n"
        )
    }

    /// Not even those that are opened by other threads while it starts.
    @Test func itInheritsNothingElse() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let held = open(file.path, O_RDONLY)
        defer { close(held) }
        let isOver = Mutex(false)
        let opening = DispatchGroup()
        opening.enter()
        Thread.detachNewThread {
            while !isOver.withLock({ $0 }) { close(open(file.path, O_RDONLY)) }
            opening.leave()
        }
        #expect(Self.openFiles(of: getpid()).contains(file.path))
        for _ in 0..<50 {
            let child = try shell("exec sleep 600")
            #expect(!Self.openFiles(of: child.processID).contains(file.path))
        }
        isOver.withLock { $0 = true }
        opening.wait()
    }

    /// A program that is being loaded opens and closes files of its own meanwhile.
    private static func openFiles(of process: Int32) -> Set<String> {
        let folder = "/proc/\(process)/fd"
        let manager = FileManager.default
        let numbers = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
        return Set(
            numbers.compactMap { try? manager.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
        )
    }

    /// Threads of a pool block signals, and ours ignores some.
    @Test func itNeitherBlocksNorIgnoresSignals() throws {
        signal(SIGPIPE, SIG_IGN)
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let masks = try printed("grep -E '^Sig(Blk|Ign):' /proc/self/status")
        let lines = masks.split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines {
            // Signals from 32 on aren't the standard's; the C library keeps two for itself.
            let mask = UInt64(line.split(separator: "\t").last ?? "", radix: 16)
            #expect(mask.map { $0 & 0x7FFF_FFFF } == 0, "\(line)")
        }
    }

    @Test func itIsKilledWhenNobodyHoldsIt() throws {
        var child: ChildProcess? = try shell("exec sleep 600")
        let process = try #require(child?.processID)
        #expect(kill(process, 0) == 0)
        child = nil
        #expect(kill(process, 0) == -1 && errno == ESRCH)
    }

    /// More descriptors than `select` can watch, and many children that start and die at once.
    @Test func manyAtOnceEachEnd() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let spare = min(1200, Int(limit.rlim_cur) - 600)
        let held = (0..<max(0, spare)).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        defer { for descriptor in held where descriptor >= 0 { close(descriptor) } }
        let wrong = Mutex<[String]>([])
        let running = DispatchGroup()
        for thread in 0..<8 {
            running.enter()
            Thread.detachNewThread {
                for round in 0..<20 {
                    do {
                        let child = try ChildProcess("/bin/sleep", ["600"])
                        child.send(SIGKILL)
                        let exit = child.wait()
                        if exit != .signal(SIGKILL) { throw POSIXError(.EINVAL) }
                    } catch {
                        wrong.withLock { $0.append("\(thread)/\(round): \(error)") }
                    }
                }
                running.leave()
            }
        }
        running.wait()
        #expect(wrong.withLock { $0 } == [])
    }
}
