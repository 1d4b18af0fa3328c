import Foundation
import Testing

@testable import ProtoGen

struct GeneratorTests {
    private func generated(_ text: String = SampleSchema.text) throws -> [String: String] {
        let files = Generator.files(for: try SampleSchema.schema(text))
        return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.content) })
    }

    private func swift() throws -> String {
        try #require(generated()["Sources/BanjieProtocol/Generated/Sample.swift"])
    }

    @Test func theFilesAreThoseOfTheSchema() throws {
        #expect(
            Set(try generated().keys) == [
                "Sources/BanjieProtocol/Generated/Sample.swift",
                "Sources/BanjieProtocol/Generated/Reason.swift",
                "Sources/BanjieProtocol/Generated/BanjieProtocolSchema.swift",
                "Protocol/proto/sample.proto", "Protocol/REFERENCE.md",
                "Protocol/wireshark/banjie.lua",
            ]
        )
    }

    @Test func generationIsDeterministic() throws {
        #expect(try generated() == (try generated()))
    }

    @Test(arguments: [
        "public var name: String = \"\"",
        "public var parts: [Part] = []",
        "public var day: CivilDate? = nil",
        "public var at: Instant = Instant(unixSeconds: 0)",
        "public var role: Role = Role(rawValue: 0)",
        "case 1: self.name = try reader.string()",
        "case 5: try reader.message(into: &self.parts)",
        "case 7: self.day = try reader.scalar()",
        "writer.write(ifPresent: self.day, as: 7)",
        "writer.write(self.note, as: 10)",
        "try FieldCheck.length(self.name, \"name\", 1, 64)",
        "try FieldCheck.required(!self.reason.isEmpty, \"reason\", .reasonRequired)",
        "try FieldCheck.known(self.role, \"role\", .roleRequired)",
        "try FieldCheck.count(self.parts.count, \"parts\", 1, 5)",
        "try FieldCheck.messages(self.parts, \"parts\")",
        "access: .roles([.staff, .head], refusal: .headRequired),",
        "defaultTimeoutMillis: 500,",
        "public protocol AskingCommands {",
        "func look(_ request: AskRequest, in context: inout QueryContext) throws(Failure) -> AskReply",
        "public struct AskingClient: Sendable {",
    ])
    func swiftSays(line: String) throws {
        #expect(try swift().contains(line))
    }

    @Test(arguments: [
        "package banjie;",
        "  ROLE_UNSPECIFIED = 0;",
        "  ROLE_STAFF = 1;",
        "  reserved 3;\n  reserved \"ROLE_CLERK\";",
        "  reserved 9;\n  reserved \"old_name\";",
        "  repeated Part parts = 5;",
        "  optional sint32 day = 7;",
        "  sint64 at = 8;",
        "  rpc Tell(AskRequest) returns (AskReply);",
    ])
    func protoSays(line: String) throws {
        #expect(try #require(generated()["Protocol/proto/sample.proto"]).contains(line))
    }

    @Test(arguments: [
        "#### Asking/Tell",
        "- Who: staff, head; others are refused with HEAD_REQUIRED",
        "- Timeout: 500 ms, at most 60 s",
        "| 1 | `name` | `string` | 1…64 bytes of UTF-8 | Its name. |",
        "| 2 | `owner` | `string` | at most 64 bytes of UTF-8; personal data | Whose. |",
        "| 5 | `parts` | list of [Part](#message-part) | 1…5 elements | Parts. |",
        "Reserved: `9`, `old_name`.",
        "| PERMISSION_DENIED | `HEAD_REQUIRED` | Only the head may. |",
    ])
    func theReferenceSays(line: String) throws {
        #expect(try #require(generated()["Protocol/REFERENCE.md"]).contains(line))
    }

    @Test(arguments: [
        "schema.reasons.HEAD_REQUIRED = \"Only the head may.\"",
        "schema.enums.Role = {\n    [1] = \"STAFF\",\n    [2] = \"HEAD\",\n    [4] = \"GUEST\",\n}",
        "    { 2, \"owner\", \"string\", personal = true, doc = \"Whose.\" },",
        "    { 4, \"role\", \"enum\", \"Role\", doc = \"Who.\" },",
        "    { 5, \"parts\", \"message\", \"Part\", doc = \"Parts.\" },",
        "        [1] = { name = \"Tell\", request = \"AskRequest\", reply = \"AskReply\" },",
        "local banjie = Proto(\"banjie\", \"Banjie\")",
    ])
    func theDissectorSays(line: String) throws {
        #expect(try #require(generated()["Protocol/wireshark/banjie.lua"]).contains(line))
    }

    @Test func wordsOfSwiftAreQuoted() throws {
        let text = SampleSchema.replacing("10 note: string", with: "10 case: string")
        let swift = try #require(generated(text)["Sources/BanjieProtocol/Generated/Sample.swift"])
        #expect(swift.contains("public var `case`: String = \"\""))
        #expect(swift.contains("self.case = `case`"))
    }

    @Test func theFingerprintCoversWhatProgramsAgreeOn() throws {
        func fingerprint(_ text: String) throws -> UInt64 {
            CanonicalSchema.fingerprint(of: try SampleSchema.schema(text))
        }
        let original = try fingerprint(SampleSchema.text)
        let documented = SampleSchema.replacing("/// Free.", with: "/// Otherwise.")
        #expect(try fingerprint(documented) == original)
        for change in Change.free.dropFirst() {
            let text = SampleSchema.replacing(change.old, with: change.new)
            let isReservation = change.new.contains("reserved")
            #expect(try fingerprint(text) != original || isReservation, "\(change.testDescription)")
        }
    }

    /// CI runs `Tools/protogen generate --check` too; this says it sooner.
    @Test func whatIsCommittedIsCurrent() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let schema = try SchemaLoader.load(directory: root.appendingPathComponent("Protocol").path)
        for file in Generator.files(for: schema) {
            let path = root.appendingPathComponent(file.path)
            let current = try? String(contentsOf: path, encoding: .utf8)
            #expect(current == file.content, "\(file.path): run Tools/protogen generate")
        }
    }

    @Test func theExampleOfTheNotationIsSound() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let directory = root.appendingPathComponent("Protocol")
        let document = try String(
            contentsOf: directory.appendingPathComponent("SCHEMA.md"),
            encoding: .utf8
        )
        let blocks = document.split(separator: "```\n", omittingEmptySubsequences: false)
        let example = String(try #require(blocks.dropFirst().first))
        let texts = try SchemaLoader.texts(in: directory.path) + [("parcels.wire", example)]
        let schema = try SchemaLoader.schema(from: texts)
        #expect(schema.services.contains { $0.name == "Parcels" && $0.number == 40 })
    }

    @Test func theBaselineIsKept() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let directory = root.appendingPathComponent("Protocol")
        let baseline = directory.appendingPathComponent("baseline").path
        let breaks = Evolution.breaks(
            from: try SchemaLoader.load(directory: baseline),
            to: try SchemaLoader.load(directory: directory.path)
        )
        #expect(breaks.isEmpty, "\(breaks)")
    }
}
