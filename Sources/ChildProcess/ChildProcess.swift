internal import CSystem
package import Foundation
internal import Synchronization

/// Why a program couldn't be started.
package struct ChildProcessError: Error, Hashable, CustomStringConvertible {
    package let program: String
    /// The system's number of what went wrong.
    package let code: Int32

    package var description: String {
        "\(program) can't be started: \(String(cString: strerror(code)))"
    }
}

/// A program that this one has started and answers for: it can be signalled, waited for, and is killed
/// when nobody holds this value any more.
///
/// It inherits no descriptor but the three standard ones, blocks no signal, and ignores none.
/// Foundation's `Process` isn't used because on Linux it learns of a child's end by a socket that is
/// watched with `select`, and has been seen to miss it.
package final class ChildProcess: Sendable {
    /// How a process has ended.
    package enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    /// Where one of a child's standard descriptors leads.
    package enum Stream {
        /// Nothing comes, and what is written is dropped.
        case null
        /// Our own.
        case inherited
        case file(FileHandle)
        /// The end of a pipe that we don't keep: it is closed here once the child has it.
        case pipe(Pipe)
    }

    package let processID: Int32
    /// Readable once the process has ended.
    private let descriptor: Int32
    private let ended = Mutex<Exit?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: its path.
    ///   - environment: all that it gets; our own when nil.
    package init(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String]? = nil,
        input: Stream = .null,
        output: Stream = .inherited,
        errors: Stream = .inherited
    ) throws(ChildProcessError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in [input, output, errors].enumerated() {
            Self.lead(Int32(number), to: stream, &actions)
        }
        banjie_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        )
        let variables = (environment ?? ProcessInfo.processInfo.environment)
            .map { "\($0.key)=\($0.value)" }
        var process: pid_t = 0
        let code = Self.withCStrings([program] + arguments) { arguments in
            Self.withCStrings(variables) { variables in
                posix_spawn(&process, program, &actions, &attributes, arguments, variables)
            }
        }
        guard code == 0 else { throw ChildProcessError(program: program, code: code) }
        processID = process
        descriptor = banjie_process_descriptor(process)
        if descriptor < 0 {
            let code = errno
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            throw ChildProcessError(program: program, code: code)
        }
        for (stream, isInput) in [(input, true), (output, false), (errors, false)] {
            guard case .pipe(let pipe) = stream else { continue }
            try? (isInput ? pipe.fileHandleForReading : pipe.fileHandleForWriting).close()
        }
    }

    deinit {
        if isRunning {
            send(SIGKILL)
            wait()
        }
        close(descriptor)
    }

    private static func lead(
        _ number: Int32,
        to stream: Stream,
        _ actions: inout posix_spawn_file_actions_t
    ) {
        switch stream {
        case .null: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
        case .inherited: break
        case .file(let file):
            posix_spawn_file_actions_adddup2(&actions, file.fileDescriptor, number)
        case .pipe(let pipe):
            let end = number == 0 ? pipe.fileHandleForReading : pipe.fileHandleForWriting
            posix_spawn_file_actions_adddup2(&actions, end.fileDescriptor, number)
        }
    }

    private static func withCStrings<Result>(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        return body(pointers)
    }

    /// Whether it hasn't ended yet.
    package var isRunning: Bool { reap() == nil }

    /// Sends a signal, unless the process has ended.
    package func send(_ signal: Int32) {
        // A process that isn't reaped keeps its number, and it is reaped under this lock alone.
        ended.withLock { if $0 == nil { kill(processID, signal) } }
    }

    /// Waits until it has ended.
    @discardableResult
    package func wait() -> Exit {
        while true {
            if let exit = wait(milliseconds: -1) { return exit }
        }
    }

    /// Waits until it has ended, `seconds` at most; nil when it runs on.
    package func wait(atMost seconds: Int) -> Exit? {
        let end = DispatchTime.now() + .seconds(seconds)
        while true {
            let left = end.uptimeNanoseconds.subtractingReportingOverflow(
                DispatchTime.now().uptimeNanoseconds
            )
            let milliseconds =
                left.overflow ? 0 : Int32(clamping: left.partialValue / 1_000_000 + 1)
            if let exit = wait(milliseconds: milliseconds) { return exit }
            if milliseconds == 0 { return nil }
        }
    }

    private func wait(milliseconds: Int32) -> Exit? {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, milliseconds)
        return reap()
    }

    /// How it has ended; nil when it hasn't.
    private func reap() -> Exit? {
        ended.withLock { ended in
            if ended != nil { return ended }
            var status: Int32 = 0
            guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
            // As <sys/wait.h> defines WTERMSIG and WEXITSTATUS.
            let signal = status & 0x7F
            ended = signal == 0 ? .code(status >> 8 & 0xFF) : .signal(signal)
            return ended
        }
    }
}
