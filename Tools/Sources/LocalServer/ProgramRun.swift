import ChildProcess
import Foundation
import Synchronization

/// A program that was run to its end, and what it wrote.
package struct ProgramRun: Sendable {
    /// The code that it ended with, or the signal that ended it.
    package let status: Int32
    package let output: String
    package let errors: String

    /// Runs a program.
    ///
    /// - Parameter environment: Added to our own.
    package init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws {
        let (output, errors) = (Pipe(), Pipe())
        let process = try ChildProcess(
            program,
            arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            output: .pipe(output),
            errors: .pipe(errors)
        )
        let complaints = Reading(errors.fileHandleForReading)
        self.output = String(
            decoding: try output.fileHandleForReading.readToEnd() ?? Data(),
            as: UTF8.self
        )
        self.errors = complaints.text()
        switch process.wait() {
        case .code(let code): status = code
        case .signal(let signal): status = signal
        }
    }

    /// Reads one pipe while another is read: a program may fill either first.
    private final class Reading: Sendable {
        private let content = Mutex("")
        private let end = DispatchSemaphore(value: 0)

        init(_ handle: FileHandle) {
            Thread.detachNewThread { [self] in
                let data = (try? handle.readToEnd()) ?? Data()
                content.withLock { $0 = String(decoding: data, as: UTF8.self) }
                end.signal()
            }
        }

        func text() -> String {
            end.wait()
            return content.withLock { $0 }
        }
    }
}
