import SeededRandom
import CSystem
import CivilTime
import StoreSamples
import Testing

@testable import Digest
@testable import Store

@Suite struct JournalCodingTests {
    private let drafts = [
        AuditDraft.sample("case/1", "first"), .sample("deadline/2"), .sample("", "张伟"),
        AuditDraft(
            at: noon,
            actor: "",
            kind: "",
            subject: "",
            detail: "张伟",
            trace: AuditTrace(high: 0x4BF9_2F35_77B3_4DA6, low: 1)
        ),
    ]

    private func auditSection(
        _ count: Int = 4
    ) -> (section: JournalSection, head: AuditHead) {
        var section = JournalSection()
        var stream = SHA256Stream()
        var hash = StoreHead.empty.auditHash
        for (number, draft) in drafts.prefix(count).enumerated() {
            section.append(draft, sequence: UInt64(number) + 1, hash: &hash, by: &stream)
        }
        section.seal()
        return (section, AuditHead(sequence: UInt64(count), hash: hash))
    }

    private func eventSection() -> JournalSection {
        var section = JournalSection()
        for number in 1...3 as ClosedRange<UInt64> {
            section.append(
                Event(
                    sequence: number,
                    draft: EventDraft(topic: UInt8(number), payload: [1, 2, UInt8(number)])
                )
            )
        }
        section.seal()
        return section
    }

    private func replySection() -> JournalSection {
        var section = JournalSection()
        section.append(
            RequestKey(principal: "window-3", id: [1, 2]),
            StoredReply(requestHash: [3], reply: [4, 5])
        )
        section.seal()
        return section
    }

    /// Reads all that the bytes hold, as entries of every kind.
    private func readEverything(_ bytes: [UInt8]) throws(StoreError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(StoreError) in
            let bytes = UnsafeRawBufferPointer(buffer)
            var reader = try JournalReader(bytes)
            while let entry = try reader.nextAuditEntry() { _ = try entry.decoded() }
            reader = try JournalReader(bytes)
            while try reader.nextEvent(after: 0, topics: .max) != nil {}
            reader = try JournalReader(bytes)
            while try reader.nextReply() != nil {}
            reader = try JournalReader(bytes)
            _ = try reader.reply(to: RequestKey(principal: "nobody", id: [1]))
        }
    }

    private func resealed(_ bytes: [UInt8]) -> [UInt8] {
        let entries = bytes.dropLast(4)
        let checksum = entries.withUnsafeBytes { banjie_crc32c(0, $0.baseAddress, $0.count) }
        return entries + withUnsafeBytes(of: checksum.littleEndian) { [UInt8]($0) }
    }

    @Test func entriesAreReadBack() throws {
        let (section, head) = auditSection()
        try section.bytes.withUnsafeBytes { bytes in
            var reader = try JournalReader(bytes)
            var verifier = AuditVerifier(expecting: head)
            for (number, draft) in drafts.enumerated() {
                let encoded = try #require(try reader.nextAuditEntry())
                let entry = try encoded.decoded()
                #expect(entry.sequence == UInt64(number) + 1)
                #expect(entry.draft == draft)
                #expect(Array(encoded.canonical) == entry.canonicalBytes)
                #expect(verifier.check(encoded) == nil)
            }
            #expect(try reader.nextAuditEntry() == nil)
            #expect(verifier.finish() == .intact(head))
        }
        try eventSection().bytes.withUnsafeBytes { bytes in
            var reader = try JournalReader(bytes)
            #expect(try reader.nextEvent(after: 1, topics: 1 << 3)?.draft.payload == [1, 2, 3])
            #expect(try reader.nextEvent(after: 0, topics: .max) == nil)
        }
    }

    /// The bytes that entries are hashed over, and how they lie in the journal, never change.
    @Test func theFormIsPinned() throws {
        #expect(
            auditSection(3).head.description
                == "3:77370fe3ef2fde66a0388eba894b0feb47b67bb0e95f2d580f3cd1e1e512b02a"
        )
        let event = eventSection().bytes.prefix(18)
        #expect(event == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 1, 2, 1, 2])
        #expect(
            replySection().bytes.dropLast(4) == [
                1, 8, 0, 0, 0, 119, 105, 110, 100, 111, 119, 45, 51, 2, 0, 0, 0, 1, 2, 1, 0, 0, 0,
                3, 2, 0, 0, 0, 4, 5,
            ]
        )
    }

    @Test func aFlippedBitIsFound() {
        for section in [auditSection().section, eventSection(), replySection()] {
            for position in section.bytes.indices {
                for bit in 0..<8 {
                    var bytes = section.bytes
                    bytes[position] ^= 1 << UInt8(bit)
                    #expect(throws: StoreError.self) { try readEverything(bytes) }
                }
            }
        }
    }

    @Test func cutSectionsAreRefused() {
        for section in [auditSection().section, eventSection(), replySection()] {
            for count in 0..<section.bytes.count {
                #expect(throws: StoreError.self) {
                    try readEverything(Array(section.bytes.prefix(count)))
                }
            }
        }
    }

    /// With a right checksum, too, nothing traps: neither on lengths nor on numbers.
    @Test func hostileSectionsAreReadWithoutATrap() {
        let seed = UInt64.random(in: 0...UInt64(UInt32.max))
        var random = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<3000 {
            let sections = [auditSection().section, eventSection(), replySection()]
            var bytes = sections[Int.random(in: 0..<3, using: &random)].bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                bytes[position] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            }
            do { try readEverything(resealed(bytes)) } catch { refused += 1 }
        }
        #expect(refused > 1000, "seed \(seed)")
    }

    @Test func headsAreReadAsTheyArePrinted() {
        let (_, head) = auditSection()
        #expect(AuditHead(head.description) == head)
        let digits = String(repeating: "0", count: 64)
        #expect(AuditHead("0:" + digits) == AuditHead(sequence: 0, hash: StoreHead.empty.auditHash))
        let wrong = [
            "", ":", "1", "1:", "1:00", "-1:" + digits, "1:" + digits + "0", "1:0:" + digits,
            "1:" + digits.dropLast() + "g", "1:" + digits.dropLast(2) + "０",
        ]
        for text in wrong { #expect(AuditHead(text) == nil, "\(text)") }
    }
}
