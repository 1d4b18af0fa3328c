import BanjieProtocol
import CivilTime
import Store
import StoreSQLite
import Synchronization
import Wire

@testable import BanjieCLI

/// What a command wrote, and how it exited.
struct Outcome {
    let status: ExitStatus
    let output: String
    let errors: String
    let calls: [RecordedCall]
    /// The settings of the connections that were opened.
    let connections: [ConnectionSettings]
    /// The secret files that were written, by path.
    let secretFiles: [String: String]
    let site: [String: String]

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A call that reached the channel.
struct RecordedCall: Sendable {
    let method: MethodDescriptor
    let body: [UInt8]
    let options: CallOptions
}

/// Answers calls by a function, and keeps them.
final class FakeChannel: CallChannel {
    typealias Answer =
        @Sendable (MethodDescriptor, [UInt8]) throws(CallError) -> CallReply

    private let answer: Answer
    private let recorded = Mutex<[RecordedCall]>([])

    init(_ answer: @escaping Answer) { self.answer = answer }

    var calls: [RecordedCall] { recorded.withLock { $0 } }

    func unary(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) async throws(CallError) -> CallReply {
        let call = RecordedCall(method: method, body: body, options: options)
        recorded.withLock { $0.append(call) }
        return try answer(method, body)
    }

    /// A stream that gives back what it is sent; of an upload, its reply's defaults.
    func open(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) -> any CallStream {
        let call = RecordedCall(method: method, body: body, options: options)
        recorded.withLock { $0.append(call) }
        return MirrorStream(
            first: method.kind == .upload ? method.reply.init().encoded() : body,
            isHalfClosed: method.kind == .watch
        )
    }

    /// Answers each call with its reply's defaults, as a server that is well and has our schema.
    static let defaults: Answer = { method, _ in
        switch method.fullName {
        case "Health/Check": CallReply(bytes: HealthReply(serving: true).encoded())
        case "Reflection/Schema":
            CallReply(bytes: SchemaReply(fingerprint: BanjieProtocolSchema.fingerprint).encoded())
        default: CallReply(bytes: method.reply.init().encoded())
        }
    }
}

/// A stream that gives back what it is sent, until no more is.
private final class MirrorStream: CallStream {
    private let messages: AsyncStream<[UInt8]>
    private let source: AsyncStream<[UInt8]>.Continuation
    private let isCancelled = Mutex(false)

    init(first: [UInt8], isHalfClosed: Bool) {
        (messages, source) = AsyncStream.makeStream()
        source.yield(first)
        if isHalfClosed { source.finish() }
    }

    func next() async throws(CallError) -> [UInt8]? {
        for await message in messages { return message }
        guard !isCancelled.withLock({ $0 }) else {
            throw CallError(
                status: .cancelled,
                reason: "CANCELLED",
                message: "cancelled",
                outcome: .unknown,
                origin: .client
            )
        }
        return nil
    }

    func send(_ message: [UInt8]) async throws(CallError) { source.yield(message) }
    func finishSending() { source.finish() }

    func cancel() {
        isCancelled.withLock { $0 = true }
        source.finish()
    }
}

/// What a walk through an audit log finds, given the head that is expected.
typealias AuditAnswer = @Sendable (StoredAuditHead?) throws(StoreError) -> AuditVerdict

/// What a program's console was used for.
private struct Streams {
    var input: [[UInt8]] = []
    var output: [UInt8] = []
    var errors = ""
    var connections: [ConnectionSettings] = []
    var secretFiles: [String: String] = [:]
    var site: [String: String] = [:]
}

/// Runs the program on texts instead of files, streams and sockets; today is 2026-03-16, and nothing
/// can be written to the file `full`.
func run(
    _ arguments: [String],
    input: [String] = [],
    files: [String: String] = [:],
    variables: [String: String] = [:],
    language: Language = .english,
    audits: [String: AuditAnswer] = [:],
    answer: @escaping FakeChannel.Answer = FakeChannel.defaults
) async -> Outcome {
    let streams = Shared(Streams(input: input.map { Array($0.utf8) }))
    let channel = FakeChannel(answer)
    let console = Console(
        language: language,
        showsColours: false,
        today: CivilDate(daysSinceEpoch: 20_528),
        variable: { variables[$0] },
        requestID: { Array(1...16) },
        read: { streams.change { $0.input.isEmpty ? nil : $0.input.removeFirst() } },
        asks: false,
        readSecret: { _ in
            streams.change { streams in
                guard !streams.input.isEmpty else { return "correct horse battery staple" }
                return String(decoding: streams.input.removeFirst(), as: UTF8.self)
            }
        },
        openTerminal: { nil },
        write: { bytes in streams.change { $0.output += bytes } },
        writeError: { line in streams.change { $0.errors += line + "\n" } },
        readFile: { path throws(FileError) in
            guard let text = files[path] else {
                throw FileError(path: path, problem: .reading, reason: "no such file")
            }
            return Array(text.utf8)
        },
        writeSite: { folder, files throws(FileError) in
            guard folder != "full" else {
                throw FileError(path: folder, problem: .writing, reason: "disk full")
            }
            streams.change { streams in
                for file in files { streams.site[file.path] = file.content }
            }
            return SiteChanges(written: files.count)
        },
        makeSecretFile: { path throws(FileError) in
            guard files[path] == nil else {
                throw FileError(path: path, problem: .writing, reason: "file exists")
            }
            streams.change { $0.secretFiles[path] = "" }
            return SecretFile(
                write: { bytes throws(FileError) in
                    guard path != "full" else {
                        throw FileError(path: path, problem: .writing, reason: "disk full")
                    }
                    streams.change {
                        $0.secretFiles[path] = String(decoding: bytes, as: UTF8.self)
                    }
                },
                remove: { streams.change { $0.secretFiles[path] = nil } }
            )
        },
        verifyAudit: { path, head throws(StoreError) in
            guard let verdict = audits[path] else { throw .failed("no such file") }
            return try verdict(head)
        },
        takeBackup: { _, file throws(StoreError) in
            guard file != "taken" else { throw .failed("\(file) is there already") }
            return sampleManifest
        },
        restoreBackup: { file, _ throws(StoreError) in
            guard file != "cut" else { throw .corrupt("\(file) isn't what its manifest says") }
            return sampleManifest
        },
        exportStore: { order throws(CommandFailure) in
            guard order.folder != "taken" else {
                throw .file(FileError(path: order.folder, problem: .writing, reason: "file exists"))
            }
            return ExportManifest(
                commit: 7,
                at: nil,
                audit: sampleManifest.audit,
                isPersonal: order.keys != nil,
                files: [
                    .init(name: "case_file.\(order.format.rawValue)", rowCount: 2, byteCount: 99)
                ]
            )
        },
        connect: { settings in
            streams.change { $0.connections.append(settings) }
            return channel
        }
    )
    let status = await CommandLineProgram.run(arguments, console)
    let end = streams.change { $0 }
    return Outcome(
        status: status,
        output: String(decoding: end.output, as: UTF8.self),
        errors: end.errors,
        calls: channel.calls,
        connections: end.connections,
        secretFiles: end.secretFiles,
        site: end.site
    )
}

/// Runs the program with the words of a line.
func run(
    _ line: String,
    input: [String] = [],
    files: [String: String] = [:],
    variables: [String: String] = [:],
    language: Language = .english,
    audits: [String: AuditAnswer] = [:],
    answer: @escaping FakeChannel.Answer = FakeChannel.defaults
) async -> Outcome {
    await run(
        line.split(separator: " ").map(String.init),
        input: input,
        files: files,
        variables: variables,
        language: language,
        audits: audits,
        answer: answer
    )
}

/// A value that closures share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { body(&$0) }
    }
}

extension String {
    /// Whether a Chinese character is among them.
    var isChinese: Bool { unicodeScalars.contains { $0.properties.isIdeographic } }
}

/// What the console says of every backup.
let sampleManifest = BackupManifest(
    digest: Array(repeating: 7, count: 32),
    byteCount: 40_960,
    schema: 3,
    commit: 12,
    audit: StoreHead.empty.audit,
    keys: [1, 2]
)
