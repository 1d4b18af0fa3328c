import Digest

/// Where the audit log ended at some moment: printed or exported, it later proves that nothing
/// before it was cut off or rewritten.
package struct AuditHead: Equatable, Sendable {
    /// The number of the newest entry; 0 for an empty log.
    package let sequence: UInt64
    /// The hash of that entry, 32 bytes.
    package let hash: [UInt8]

    package init(sequence: UInt64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }
}

extension StoreHead {
    package var audit: AuditHead { AuditHead(sequence: auditSequence, hash: auditHash) }
}

extension AuditHead: LosslessStringConvertible {
    /// Parses `SEQUENCE:HASH`, the hash in 64 hexadecimal digits.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = UInt64(parts[0]),
            let hash = Hexadecimal.bytes(of: parts[1]), hash.count == SHA256.byteCount
        else { return nil }
        self.init(sequence: sequence, hash: hash)
    }

    package var description: String { "\(sequence):\(Hexadecimal.text(of: hash))" }
}

/// What a walk through the audit log found.
package enum AuditVerdict: Equatable, Sendable {
    case intact(AuditHead)
    /// The first place where the log isn't what was written.
    case broken(AuditDamage)
}

package enum AuditDamage: Equatable, Sendable {
    /// The entry's bytes, or those of the entry before it, aren't those that were hashed.
    case changed(sequence: UInt64)
    /// There is no entry of this number, but one after it.
    case missing(sequence: UInt64)
    /// Where entry `expected` should be lies an earlier one again.
    case reordered(sequence: UInt64, expected: UInt64)
    /// The log ends before an entry that it once had.
    case cut(after: UInt64, expected: UInt64)
    /// The log has the entry of the expected head, but of another hash: all up to it may have been
    /// written anew.
    case rewritten(sequence: UInt64)
    /// What follows the entry can't be read.
    case unreadable(after: UInt64, reason: String)
}

extension AuditDamage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .changed(let sequence):
            "audit entry \(sequence) was changed after it was written"
        case .missing(let sequence):
            "audit entry \(sequence) is missing"
        case .reordered(let sequence, let expected):
            "audit entry \(sequence) lies where \(expected) should be"
        case .cut(let last, let expected):
            "the audit log ends with entry \(last), but had \(expected): its tail was cut off"
        case .rewritten(let sequence):
            "audit entry \(sequence) isn't the one that the expected head names: the log was "
                + "written anew at or before it"
        case .unreadable(let last, let reason):
            "the audit log can't be read after entry \(last): \(reason)"
        }
    }
}

/// Recomputes the audit log's chain, entry by entry in the log's order.
package struct AuditVerifier: ~Copyable {
    private var sequence: UInt64 = 0
    private var hash = StoreHead.empty.auditHash
    private let expected: AuditHead?
    private var stream = SHA256Stream()

    /// - Parameter expected: A head printed before, which the log must have gone through.
    package init(expecting expected: AuditHead?) { self.expected = expected }

    /// The entry that was checked last.
    package var head: AuditHead { AuditHead(sequence: sequence, hash: hash) }

    /// Checks the next entry; returns what is wrong with it.
    package mutating func check(_ entry: EncodedAuditEntry) -> AuditDamage? {
        check(sequence: entry.sequence, canonical: entry.canonical, hash: entry.hash)
    }

    /// Checks the next entry; returns what is wrong with it.
    package mutating func check(_ entry: AuditEntry) -> AuditDamage? {
        entry.canonicalBytes.withUnsafeBytes { canonical in
            entry.hash.withUnsafeBytes { hash in
                check(sequence: entry.sequence, canonical: canonical, hash: hash)
            }
        }
    }

    private mutating func check(
        sequence found: UInt64,
        canonical: UnsafeRawBufferPointer,
        hash stored: UnsafeRawBufferPointer
    ) -> AuditDamage? {
        let next = sequence + 1
        if found > next { return .missing(sequence: next) }
        if found < next { return .reordered(sequence: found, expected: next) }
        stream.update(hash)
        stream.update(canonical)
        hash.withUnsafeMutableBytes { stream.finish(into: $0) }
        guard hash.elementsEqual(stored) else { return .changed(sequence: found) }
        sequence = found
        if let expected, expected.sequence == found, expected.hash != hash {
            return .rewritten(sequence: found)
        }
        return nil
    }

    /// The verdict when the log has no further entry.
    package consuming func finish() -> AuditVerdict {
        if let expected, expected.sequence > sequence {
            return .broken(.cut(after: sequence, expected: expected.sequence))
        }
        return .intact(head)
    }

    /// Walks through the log that a store's reader shows, which decodes every entry.
    package static func verify(
        _ reader: any RecordReader,
        expecting expected: AuditHead? = nil
    ) throws(StoreError) -> AuditVerdict {
        var verifier = AuditVerifier(expecting: expected)
        while true {
            let entries = try reader.auditEntries(after: verifier.sequence, limit: 1000)
            if entries.isEmpty { return verifier.finish() }
            for entry in entries {
                if let damage = verifier.check(entry) { return .broken(damage) }
            }
        }
    }
}
