// How audit entries, events and replies lie in the journal: all of a batch's in one run of bytes.
//
//   section      version (u8 = 1) · entries · CRC-32C of all before it (u32)
//   audit entry  length of the canonical bytes (u32) · canonical bytes · hash (32 bytes)
//   canonical    sequence (u64) · at (i64, Unix seconds) · actor · kind · subject · detail · trace
//   event        sequence (u64) · topic (u8) · payload
//   reply        principal · request id · request hash · reply
//
// Integers are little-endian; text and payloads are preceded by their length (u32). A trace is 16
// bytes, in the order in which it is written in hexadecimal; without one there are none. The checksum
// finds what the disk did, the hash chain over canonical bytes what a hand did.

import CSystem
import CivilTime
import Digest

/// The entries of one kind that a batch adds to the journal, as bytes.
package struct JournalSection: Sendable {
    private static let version: UInt8 = 1

    package private(set) var bytes: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { bytes.isEmpty }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ value: [UInt8]) {
        append(length(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func append(_ value: String) {
        append(length(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    private func length(_ count: Int) -> UInt32 {
        precondition(count <= UInt32.max, "a journal entry of \(count) bytes")
        return UInt32(truncatingIfNeeded: count)
    }

    private mutating func beginEntry() {
        if bytes.isEmpty { bytes.append(Self.version) }
    }

    /// Appends an audit entry and moves `hash` on: from the preceding entry's to this one's.
    mutating func append(
        _ draft: AuditDraft,
        sequence: UInt64,
        hash: inout [UInt8],
        by stream: inout SHA256Stream
    ) {
        beginEntry()
        let start = bytes.count
        append(UInt32(0))
        append(draft, sequence: sequence)
        let canonical = start + 4..<bytes.count
        let count = length(canonical.count).littleEndian
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: count, toByteOffset: start, as: UInt32.self)
        }
        stream.update(hash)
        bytes.withUnsafeBytes { stream.update(UnsafeRawBufferPointer(rebasing: $0[canonical])) }
        hash.withUnsafeMutableBytes { stream.finish(into: $0) }
        bytes.append(contentsOf: hash)
    }

    fileprivate mutating func append(_ draft: AuditDraft, sequence: UInt64) {
        append(sequence)
        append(draft.at.unixSeconds)
        append(draft.actor)
        append(draft.kind)
        append(draft.subject)
        append(draft.detail)
        if let trace = draft.trace {
            bytes.append(contentsOf: trace.bytes)
        }
    }

    mutating func append(_ event: Event) {
        beginEntry()
        append(event.sequence)
        append(event.draft.topic)
        append(event.draft.payload)
    }

    mutating func append(_ key: RequestKey, _ reply: StoredReply) {
        beginEntry()
        append(key.principal)
        append(key.id)
        append(reply.requestHash)
        append(reply.reply)
    }

    /// Ends the section with its checksum; without entries it stays empty.
    mutating func seal() {
        guard !bytes.isEmpty else { return }
        append(bytes.withUnsafeBytes { banjie_crc32c(0, $0.baseAddress, $0.count) })
    }
}

extension AuditEntry {
    /// What the entry's hash is taken over, after the preceding entry's hash.
    var canonicalBytes: [UInt8] {
        var section = JournalSection()
        section.append(draft, sequence: sequence)
        return section.bytes
    }
}

/// An audit entry in the journal's own bytes, which must outlive it.
package struct EncodedAuditEntry {
    package let sequence: UInt64
    package let canonical: UnsafeRawBufferPointer
    package let hash: UnsafeRawBufferPointer

    package func decoded() throws(StoreError) -> AuditEntry {
        var cursor = Cursor(canonical)
        let sequence: UInt64 = try cursor.integer()
        let at: Int64 = try cursor.integer()
        let draft = AuditDraft(
            at: Instant(unixSeconds: at),
            actor: try cursor.text(),
            kind: try cursor.text(),
            subject: try cursor.text(),
            detail: try cursor.text(),
            trace: cursor.isAtEnd ? nil : try cursor.trace()
        )
        guard cursor.isAtEnd, draft.at.unixSeconds == at else {
            throw .corrupt("audit entry \(sequence) isn't in canonical form")
        }
        return AuditEntry(sequence: sequence, draft: draft, hash: [UInt8](hash))
    }
}

/// Reads the entries of a section, one after the other, from bytes that must outlive it.
///
/// Bytes that no `JournalSection` wrote are refused as `StoreError.corrupt`.
package struct JournalReader {
    private var cursor: Cursor

    /// Checks the section's version and checksum: one pass over its bytes.
    package init(_ section: UnsafeRawBufferPointer) throws(StoreError) {
        guard section.count >= 5 else { throw .corrupt("a journal section is cut short") }
        let entries = UnsafeRawBufferPointer(rebasing: section.dropLast(4))
        var checksum = Cursor(UnsafeRawBufferPointer(rebasing: section.suffix(4)))
        let expected: UInt32 = try checksum.integer()
        guard banjie_crc32c(0, entries.baseAddress, entries.count) == expected else {
            throw .corrupt("a journal section's checksum doesn't match its bytes")
        }
        cursor = Cursor(entries)
        let version: UInt8 = try cursor.integer()
        guard version == 1 else { throw .corrupt("a journal section of unknown form \(version)") }
    }

    package var isAtEnd: Bool { cursor.isAtEnd }

    /// The next audit entry, nil at the end; its particulars aren't decoded yet.
    package mutating func nextAuditEntry() throws(StoreError) -> EncodedAuditEntry? {
        if cursor.isAtEnd { return nil }
        let canonical = try cursor.bytes()
        let hash = try cursor.bytes(count: SHA256.byteCount)
        var inner = Cursor(canonical)
        return EncodedAuditEntry(sequence: try inner.integer(), canonical: canonical, hash: hash)
    }

    /// The next event whose topic's bit is set in `topics` and which is beyond `sequence`.
    package mutating func nextEvent(
        after sequence: UInt64,
        topics: UInt64
    ) throws(StoreError) -> Event? {
        while !cursor.isAtEnd {
            let number: UInt64 = try cursor.integer()
            let topic: UInt8 = try cursor.integer()
            let payload = try cursor.bytes()
            guard topic < 63 else { throw .corrupt("event \(number) has the topic \(topic)") }
            if number > sequence, topics & (1 << UInt64(topic)) != 0 {
                return Event(
                    sequence: number,
                    draft: EventDraft(topic: topic, payload: [UInt8](payload))
                )
            }
        }
        return nil
    }

    package mutating func nextReply() throws(StoreError) -> (RequestKey, StoredReply)? {
        if cursor.isAtEnd { return nil }
        let key = RequestKey(principal: try cursor.text(), id: [UInt8](try cursor.bytes()))
        let reply = StoredReply(
            requestHash: [UInt8](try cursor.bytes()),
            reply: [UInt8](try cursor.bytes())
        )
        return (key, reply)
    }

    /// Skips to the reply to one request; nil without one.
    package mutating func reply(to key: RequestKey) throws(StoreError) -> StoredReply? {
        while !cursor.isAtEnd {
            let principal = try cursor.bytes()
            let id = try cursor.bytes()
            let requestHash = try cursor.bytes()
            let reply = try cursor.bytes()
            if id.elementsEqual(key.id), principal.elementsEqual(key.principal.utf8) {
                return StoredReply(requestHash: [UInt8](requestHash), reply: [UInt8](reply))
            }
        }
        return nil
    }
}

/// Reads little-endian integers and length-prefixed bytes; never beyond the end.
private struct Cursor {
    private let source: UnsafeRawBufferPointer
    private var position = 0

    init(_ source: UnsafeRawBufferPointer) { self.source = source }

    var isAtEnd: Bool { position == source.count }

    private func checkRoom(for count: Int) throws(StoreError) {
        guard count <= source.count - position else {
            throw .corrupt("a journal entry is cut short at byte \(position)")
        }
    }

    mutating func integer<Number: FixedWidthInteger>() throws(StoreError) -> Number {
        let size = MemoryLayout<Number>.size
        try checkRoom(for: size)
        defer { position += size }
        return Number(
            littleEndian: source.loadUnaligned(fromByteOffset: position, as: Number.self)
        )
    }

    mutating func bytes(count: Int) throws(StoreError) -> UnsafeRawBufferPointer {
        try checkRoom(for: count)
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: source[position..<position + count])
    }

    /// Bytes preceded by their length.
    mutating func bytes() throws(StoreError) -> UnsafeRawBufferPointer {
        let count: UInt32 = try integer()
        return try bytes(count: Int(count))
    }

    mutating func trace() throws(StoreError) -> AuditTrace {
        let high: UInt64 = try integer()
        let low: UInt64 = try integer()
        return AuditTrace(high: high.byteSwapped, low: low.byteSwapped)
    }

    mutating func text() throws(StoreError) -> String {
        guard let text = String(validating: try bytes(), as: UTF8.self) else {
            throw .corrupt("text in the journal isn't UTF-8")
        }
        return text
    }
}
