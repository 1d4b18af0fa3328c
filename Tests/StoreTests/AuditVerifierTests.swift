import StoreSamples
import Testing

@testable import Digest
@testable import Store

@Suite struct AuditVerifierTests {
    /// A chain as it should be.
    private func chain(_ count: Int) -> [AuditEntry] {
        var entries: [AuditEntry] = []
        var hash = StoreHead.empty.auditHash
        for number in 1...count {
            let draft = AuditDraft.sample("case/\(number)")
            var entry = AuditEntry(sequence: UInt64(number), draft: draft, hash: [])
            hash = SHA256.hash(hash + entry.canonicalBytes)
            entry = AuditEntry(sequence: UInt64(number), draft: draft, hash: hash)
            entries.append(entry)
        }
        return entries
    }

    private func verdict(
        _ entries: [AuditEntry],
        expecting expected: AuditHead? = nil
    ) -> AuditVerdict {
        var verifier = AuditVerifier(expecting: expected)
        for entry in entries {
            if let damage = verifier.check(entry) { return .broken(damage) }
        }
        return verifier.finish()
    }

    private func head(_ entries: [AuditEntry]) -> AuditHead {
        AuditHead(sequence: UInt64(entries.count), hash: entries.last?.hash ?? [])
    }

    @Test func intactChains() {
        let entries = chain(9)
        #expect(verdict([]) == .intact(StoreHead.empty.audit))
        #expect(verdict(entries) == .intact(head(entries)))
        for count in 1...9 {
            let earlier = head(Array(entries.prefix(count)))
            #expect(verdict(entries, expecting: earlier) == .intact(head(entries)))
        }
    }

    @Test func whatBreaksAChainIsFoundWhereItIs() {
        let entries = chain(9)
        for position in entries.indices {
            let sequence = UInt64(position) + 1
            var broken = entries
            var draft = entries[position].draft
            draft.detail += "!"
            broken[position] = AuditEntry(
                sequence: sequence,
                draft: draft,
                hash: entries[position].hash
            )
            #expect(verdict(broken) == .broken(.changed(sequence: sequence)))

            broken = entries
            broken.remove(at: position)
            if position < 8 {
                #expect(verdict(broken) == .broken(.missing(sequence: sequence)))
            }
            broken = entries
            broken.insert(entries[position], at: position)
            #expect(
                verdict(broken)
                    == .broken(.reordered(sequence: sequence, expected: sequence + 1))
            )
        }
        var swapped = entries
        swapped.swapAt(3, 6)
        #expect(verdict(swapped) == .broken(.missing(sequence: 4)))
    }

    @Test func aCutTailNeedsAHead() {
        let entries = chain(9)
        let cut = Array(entries.prefix(5))
        #expect(verdict(cut) == .intact(head(cut)))
        #expect(
            verdict(cut, expecting: head(entries)) == .broken(.cut(after: 5, expected: 9))
        )
        // A chain written anew is right in itself, but isn't the one whose head was printed.
        var other = head(cut)
        other = AuditHead(sequence: 5, hash: SHA256.hash(other.hash))
        #expect(verdict(entries, expecting: other) == .broken(.rewritten(sequence: 5)))
    }
}

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4's companion document, and the empty message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func knownDigests(message: String, digest: String) {
        let bytes = Array(message.utf8)
        #expect(AuditHead(sequence: 0, hash: SHA256.hash(bytes)).description == "0:" + digest)
        var stream = SHA256Stream()
        for _ in 0..<2 {
            for byte in bytes { stream.update([byte]) }
            #expect(stream.finish() == SHA256.hash(bytes))
        }
    }
}
