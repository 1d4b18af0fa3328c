import BanjieProtocol
import Foundation
import Testing

@testable import BanjieJoint

struct OutboxTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "outbox-\(UUID().uuidString)").path

    private func withOutbox(_ body: (Outbox) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(try Outbox(folder))
    }

    private static func opinion(_ serial: String, _ kind: OpinionKind) -> OpinionRequest {
        OpinionRequest(case: serial, kind: kind, reason: "理由", items: ["图纸"], round: 2)
    }

    @Test func whatWasPutIsThereForWhoeverOpensIt() throws {
        try withOutbox { outbox in
            try outbox.put(Self.opinion("1-2", .agree))
            try outbox.put(Self.opinion("1-1", .correction))
            try outbox.put(Self.opinion("1-2", .disagree))
            let again = try Outbox(folder)
            #expect(
                again.all == [Self.opinion("1-1", .correction), Self.opinion("1-2", .disagree)]
            )
            again.remove("1-1")
            #expect(again.opinion(on: "1-1") == nil)
            #expect(again.opinion(on: "1-2") == Self.opinion("1-2", .disagree))
        }
    }

    @Test func aSerialLeadsNowhereElse() throws {
        try withOutbox { outbox in
            try outbox.put(Self.opinion("../../etc/1", .agree))
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names == ["etc1.opinion"])
        }
    }

    @Test func whatIsNoOpinionIsLeftAlone() throws {
        try withOutbox { outbox in
            try Data([0xFF, 0xFF]).write(to: URL(filePath: folder + "/1.opinion"))
            try outbox.keep(OverrideNotice(case: "2", reason: "已论证"))
            #expect(outbox.all == [])
            #expect(outbox.opinion(on: "1") == nil)
            #expect(
                try String(contentsOfFile: folder + "/2.overridden", encoding: .utf8) == "已论证\n"
            )
        }
    }

    @Test func onlyItsOwnerReadsIt() throws {
        try withOutbox { outbox in
            try outbox.put(Self.opinion("1", .agree))
            for (path, mode) in [(folder, 0o700), (folder + "/1.opinion", 0o600)] {
                let found = try FileManager.default.attributesOfItem(atPath: path)
                #expect(found[.posixPermissions] as? Int == mode)
            }
        }
    }
}
