import BanjieProtocol
import ChildProcess
import CivilTime
import Dispatch
import Foundation
import Synchronization

/// The department's own handling of a task: a program that reads it in JSON from its standard input, and
/// writes the opinion in JSON to its standard output.
struct HandlerProgram: Sendable {
    /// Why there is no opinion.
    enum Failure: Error, Hashable, CustomStringConvertible {
        case cannotStart(String)
        case timedOut(seconds: Int)
        case stopped
        case ended(ChildProcess.Exit, errors: String)
        case noOpinion(String)

        var description: String {
            switch self {
            case .cannotStart(let why): "it can't be started: \(why)"
            case .timedOut(let seconds): "it took longer than \(seconds) s"
            case .stopped: "it was stopped"
            case .ended(.code(let code), let errors): "it ended with status \(code): \(errors)"
            case .ended(.signal(let signal), let errors):
                "it was ended by signal \(signal): \(errors)"
            case .noOpinion(let why): "it gave no opinion: \(why)"
            }
        }
    }

    private struct Task: Encodable {
        let department: String
        let `case`: String
        let item: String
        let lead: String
        let role: String
        let round: UInt32
        let due: String?
        let corrected: [String]
    }

    private struct Answer: Decodable {
        let kind: String
        let reason: String?
        let items: [String]?
    }

    /// The longest answer that is read, in bytes.
    private static let outputMax = 1 << 20

    /// A program that doesn't read its task mustn't end ours.
    private static let ignoresBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

    let settings: JointConfiguration.Handler

    init(settings: JointConfiguration.Handler) {
        _ = Self.ignoresBrokenPipes
        self.settings = settings
    }

    /// Runs the program on a task; it is ended when its time is over or the waiting task is cancelled.
    func handle(_ task: JointTask, for worker: String) async throws(Failure) -> OpinionRequest {
        let input: Data
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            input = try encoder.encode(
                Task(
                    department: worker,
                    case: task.case,
                    item: task.item,
                    lead: task.lead,
                    role: "\(task.role)",
                    round: task.round,
                    due: task.due?.description,
                    corrected: task.corrected
                )
            )
        } catch {
            throw .cannotStart("\(error)")
        }
        let output = try await run(with: input)
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: output)
        } catch {
            throw .noOpinion("\(error)")
        }
        guard let kind = OpinionKind(name: answer.kind) else {
            throw .noOpinion("there is no kind \(answer.kind)")
        }
        let opinion = OpinionRequest(
            case: task.case,
            kind: kind,
            reason: answer.reason ?? "",
            items: answer.items ?? [],
            round: task.round
        )
        do {
            try opinion.validate()
        } catch {
            throw .noOpinion("\(error.field) must be \(error.allowed)")
        }
        return opinion
    }

    private func run(with input: Data) async throws(Failure) -> Data {
        let run = Run(settings)
        let result: Result<Data, Failure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // It waits for pipes: not on a thread of the tasks'.
                DispatchQueue.global().async { continuation.resume(returning: run.result(input)) }
            }
        } onCancel: {
            run.stop(because: .stopped)
        }
        return try result.get()
    }

    /// One run of the program.
    private final class Run: Sendable {
        private struct State {
            var process: ChildProcess?
            var stopped: Failure?
        }

        private let settings: JointConfiguration.Handler
        private let state = Mutex(State())

        init(_ settings: JointConfiguration.Handler) { self.settings = settings }

        /// Ends the program, at once if it is no longer waited for.
        func stop(because failure: Failure) {
            state.withLock { state in
                guard state.stopped == nil else { return }
                state.stopped = failure
                state.process?.send(SIGKILL)
            }
        }

        func result(_ input: Data) -> Result<Data, Failure> {
            let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
            let started = state.withLock { state in
                Result { () throws(Failure) in
                    if let failure = state.stopped { throw failure }
                    let process = try start(standardInput, output, errors)
                    state.process = process
                    return process
                }
            }
            let process: ChildProcess
            switch started {
            case .success(let child): process = child
            case .failure(let failure): return .failure(failure)
            }
            let seconds = settings.timeoutSeconds
            let timer = DispatchSource.makeTimerSource(queue: .global())
            timer.schedule(deadline: .now() + .seconds(seconds))
            timer.setEventHandler { [self] in stop(because: .timedOut(seconds: seconds)) }
            timer.resume()
            defer { timer.cancel() }
            let complaints = Complaints(errors.fileHandleForReading)
            // Whoever doesn't read its task may answer all the same.
            try? standardInput.fileHandleForWriting.write(contentsOf: input)
            try? standardInput.fileHandleForWriting.close()
            let answer = Self.read(output.fileHandleForReading, atMost: HandlerProgram.outputMax)
            let exit = process.wait()
            if let failure = state.withLock(\.stopped) { return .failure(failure) }
            guard exit == .code(0) else {
                return .failure(.ended(exit, errors: complaints.text()))
            }
            guard let answer else { return .failure(.noOpinion("it wrote too much")) }
            return .success(answer)
        }

        private func start(
            _ input: Pipe,
            _ output: Pipe,
            _ errors: Pipe
        ) throws(Failure) -> ChildProcess {
            do throws(ChildProcessError) {
                return try ChildProcess(
                    settings.command[0],
                    Array(settings.command.dropFirst()),
                    input: .pipe(input),
                    output: .pipe(output),
                    errors: .pipe(errors)
                )
            } catch {
                throw .cannotStart("\(error)")
            }
        }

        /// All that comes; nil when that is too much, but it is read to its end.
        private static func read(_ handle: FileHandle, atMost limit: Int) -> Data? {
            var content = Data()
            var isTooLong = false
            while let part = try? handle.read(upToCount: 64 << 10), !part.isEmpty {
                isTooLong = isTooLong || content.count + part.count > limit
                if !isTooLong { content += part }
            }
            return isTooLong ? nil : content
        }

        /// The first of what the program writes to its standard error, read beside its output.
        private final class Complaints: Sendable {
            private let content = Mutex(Data())
            private let end = DispatchSemaphore(value: 0)

            init(_ handle: FileHandle) {
                DispatchQueue.global().async { [self] in
                    let found = Run.read(handle, atMost: 4096) ?? Data("too much to be shown".utf8)
                    content.withLock { $0 = found }
                    end.signal()
                }
            }

            func text() -> String {
                end.wait()
                return String(decoding: content.withLock { $0 }, as: UTF8.self)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
    }
}
