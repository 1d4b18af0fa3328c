import Foundation
import Testing

@testable import ProtoGen

/// What is generated for streams.
struct StreamGeneratorTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let tests = root.appendingPathComponent("Tests")

    /// The sample with `Tell` as another kind.
    private static func sample(
        _ kind: String,
        timeout: String = "500ms max 60s",
        idempotency: String = "none"
    ) -> String {
        SampleSchema.text
            .replacing("kind command", with: "kind \(kind)")
            .replacing("timeout 500ms max 60s", with: "timeout \(timeout)")
            .replacing("idempotency request-id", with: "idempotency \(idempotency)")
    }

    private static func files(_ text: String) throws -> [String: String] {
        let files = Generator.files(for: try SampleSchema.schema(text))
        return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.content) })
    }

    @Test(arguments: [
        ("watch", "safe", "-> ReplyStream<AskReply> {"),
        ("watch", "safe", "channel.watch(AskingMethods.tell, request, options)"),
        ("watch", "safe", "public protocol AskingWatches {"),
        ("watch", "safe", "associatedtype TellStream: ServedWatch<WatchContext, Failure>"),
        ("watch", "safe", "where TellStream.Reply == AskReply"),
        ("watch", "safe", "in context: inout WatchContext) throws(Failure) -> TellStream"),
        ("watch", "safe", "@inlinable public func openWatch("),
        ("watch", "safe", "return EncodedWatch(stream)"),
        ("upload", "none", "-> UploadCall<AskRequest, AskReply> {"),
        ("upload", "none", "where TellStream.Request == AskRequest, TellStream.Reply == AskReply"),
        ("session", "none", "-> SessionCall<AskRequest, AskReply> {"),
        ("session", "none", "public protocol AskingSessions {"),
    ])
    func swiftSays(kind: String, idempotency: String, line: String) throws {
        let swift = try Self.files(Self.sample(kind, idempotency: idempotency))[
            "Sources/BanjieProtocol/Generated/Sample.swift"
        ]
        #expect(try #require(swift).contains(line))
    }

    @Test(arguments: [
        ("watch", "safe", "rpc Tell(AskRequest) returns (stream AskReply);"),
        ("upload", "none", "rpc Tell(stream AskRequest) returns (AskReply);"),
        ("session", "none", "rpc Tell(stream AskRequest) returns (stream AskReply);"),
    ])
    func protoSays(kind: String, idempotency: String, line: String) throws {
        let proto = try Self.files(Self.sample(kind, idempotency: idempotency))[
            "Protocol/proto/sample.proto"
        ]
        #expect(try #require(proto).contains(line))
    }

    @Test(arguments: [
        ("none max none", "- Timeout: none, until it is ended"),
        ("5s max none", "- Timeout: 5 s, or any other"),
        ("5s max 60s", "- Timeout: 5 s, at most 60 s"),
    ])
    func theReferenceSays(timeout: String, line: String) throws {
        let text = Self.sample("watch", timeout: timeout, idempotency: "safe")
        let reference = try #require(try Self.files(text)["Protocol/REFERENCE.md"])
        #expect(reference.contains(line))
        #expect(reference.contains("- Kind: watch, a stream of replies"))
    }

    @Test(arguments: [
        ("command", "none max none", "none", "out of range"),
        ("command", "5s max none", "none", "out of range"),
        ("watch", "none max 60s", "safe", "out of range"),
        ("watch", "5s max 60s", "none", "a query or a watch"),
        ("upload", "5s max 60s", "safe", "a query or a watch"),
        ("upload", "5s max 60s", "request-id", "carried out once by request id"),
        ("session inline", "5s max 60s", "none", "can be `inline`"),
    ])
    func unsoundStreams(kind: String, timeout: String, idempotency: String, problem: String) {
        let errors = SampleSchema.errors(
            Self.sample(kind, timeout: timeout, idempotency: idempotency)
        )
        #expect(errors.contains { $0.problem.contains(problem) }, "\(errors)")
    }

    @Test func aStreamsTimeoutMayBeLifted() throws {
        func breaks(_ before: String, _ after: String) throws -> [EvolutionBreak] {
            Evolution.breaks(
                from: try SampleSchema.schema(
                    Self.sample("watch", timeout: before, idempotency: "safe")
                ),
                to: try SampleSchema.schema(
                    Self.sample("watch", timeout: after, idempotency: "safe")
                )
            )
        }
        #expect(try breaks("5s max 60s", "none max none").isEmpty)
        #expect(try breaks("none max none", "5s max none").count == 1)
        #expect(try breaks("5s max none", "5s max 60s").count == 1)
    }

    /// The streams that other tests serve are generated from a schema of their own.
    @Test func theTestsSchemaIsCurrent() throws {
        let texts = try SchemaLoader.texts(
            in: Self.root.appendingPathComponent("Protocol").path
        )
        let relay = try String(
            contentsOf: Self.tests.appendingPathComponent("Schemas/relay.wire"),
            encoding: .utf8
        )
        let schema = try SchemaLoader.schema(from: texts + [("relay.wire", relay)])
        let file = try #require(
            Generator.files(for: schema).first { $0.path.hasSuffix("/Relay.swift") }
        )
        let expected = file.content
            .replacing("from Protocol/relay.wire", with: "from Tests/Schemas/relay.wire")
            .replacing(
                "public import Wire\n",
                with: "public import Wire\n@testable public import BanjieProtocol\n"
            )
        let path = Self.tests.appendingPathComponent("BanjieServerTests/Streams/Relay.swift").path
        let current = try? String(contentsOfFile: path, encoding: .utf8)
        guard current != expected else { return }
        let remedy = NSTemporaryDirectory() + "Relay.swift"
        try expected.write(toFile: remedy, atomically: true, encoding: .utf8)
        Issue.record("Relay.swift isn't what relay.wire generates: cp \(remedy) \(path)")
    }
}
