package import CivilTime
package import Store

/// 材料: something that belongs to a case, as far as it has come.
package struct MaterialRecord: Record, Hashable {
    /// What it belongs to.
    package enum Owner: Hashable, Sendable {
        case matter(serial: String)
        /// A draft, until that is submitted.
        case draft(Int64)

        /// What audit entries call it.
        package var subject: String {
            switch self {
            case .matter(let serial): "case/\(serial)"
            case .draft(let number): "draft/\(number)"
            }
        }
    }

    /// The longest material, in bytes: what a scanned document of many pages takes.
    package static let longest: Int64 = 20 << 20

    /// The id that its sender gave it, in hexadecimal.
    package let key: String
    package private(set) var owner: Owner
    package let name: String
    /// In bytes.
    package let size: Int64
    /// SHA-256 of the whole.
    package let digest: [UInt8]
    /// The login of who sends it.
    package let sender: String
    /// How many bytes have come.
    package private(set) var received: Int64
    /// When it was there whole; nil before.
    package private(set) var completed: Instant?

    /// A material of which nothing has come.
    ///
    /// - Throws: `outOfRange` when it is too long.
    package init(
        id: String,
        of owner: Owner,
        name: String,
        size: UInt64,
        digest: [UInt8],
        sender: String
    ) throws(Refusal) {
        guard let length = Int64(exactly: size), length <= Self.longest else {
            throw .outOfRange(field: "size", allowed: "0…\(Self.longest)")
        }
        key = id
        self.owner = owner
        self.name = name
        self.size = length
        self.digest = digest
        self.sender = sender
        received = 0
    }

    /// Whether this is the same material as another one of its id, however far either has come.
    package func isSame(as other: MaterialRecord) -> Bool {
        owner == other.owner && name == other.name && size == other.size
            && digest == other.digest && sender == other.sender
    }

    /// Goes along with its draft, which is submitted.
    package mutating func join(case serial: String) { owner = .matter(serial: serial) }

    /// Takes a part.
    ///
    /// - Throws: `partOutOfOrder` unless it begins where what has come ends, `outOfRange` when it goes
    ///   beyond the material's end.
    package mutating func take(_ count: Int, at offset: UInt64) throws(Refusal) {
        guard offset == UInt64(received) else { throw .partOutOfOrder(received: received) }
        guard Int64(count) <= size - received else {
            throw .outOfRange(field: "content", allowed: "\(size - received)")
        }
        received += Int64(count)
    }

    /// Whether all has come.
    package var isWhole: Bool { received == size }

    /// It is there whole, and what has come has this digest.
    ///
    /// - Throws: `digestMismatch`.
    /// - Precondition: `isWhole`.
    package mutating func complete(with digest: [UInt8], at now: Instant) throws(Refusal) {
        precondition(isWhole)
        guard digest == self.digest else { throw .digestMismatch }
        completed = now
    }
}

extension MaterialRecord {
    private static let byCase = Index("material_by_case", on: ["case_serial"])
    private static let byDraft = Index("material_by_draft", on: ["draft"])

    /// Finds the materials of a case or draft.
    package static func search(of owner: Owner, limit: Int) -> Search {
        switch owner {
        case .matter(let serial): Search(by: byCase, prefix: [.text(serial)], limit: limit)
        case .draft(let number): Search(by: byDraft, prefix: [.integer(number)], limit: limit)
        }
    }

    package static let table = Table(
        "material",
        key: [Column("id", .text)],
        columns: [
            // Empty while it is a draft's.
            Column("case_serial", .text), Column("name", .text, personal: true),
            Column("size", .integer), Column("digest", .digest), Column("sender", .text),
            Column("received", .integer),
            Column("completed_at", .instant, optional: true),
            Column("draft", .integer, optional: true),
        ],
        indexes: [byCase, byDraft]
    )

    package func write(to row: inout RowWriter) {
        switch owner {
        case .matter(let serial): row.text(serial)
        case .draft: row.text("")
        }
        row.text(name)
        row.integer(size)
        row.digest(digest)
        row.text(sender)
        row.integer(received)
        row.instant(completed)
        if case .draft(let number) = owner { row.integer(number) } else { row.null() }
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        let serial = try row.text()
        name = try row.text()
        size = try row.integer(in: 0...Self.longest)
        digest = try row.blob()
        sender = try row.text()
        received = try row.integer(in: 0...size)
        completed = try row.optionalInstant()
        owner = try row.optionalInteger().map(Owner.draft) ?? .matter(serial: serial)
    }
}

/// Some of a material's bytes.
package struct MaterialPartRecord: Record, Hashable {
    package struct Key: RecordKey {
        /// The material's id.
        package let material: String
        package let offset: Int64

        package init(_ material: String, _ offset: Int64) {
            self.material = material
            self.offset = offset
        }

        package func write(to row: inout RowWriter) {
            row.text(material)
            row.integer(offset)
        }

        package init(row: inout RowReader) throws(StoreError) {
            material = try row.text()
            offset = try row.integer()
        }
    }

    package static let table = Table(
        "material_part",
        key: [Column("material", .text), Column("offset", .integer)],
        columns: [Column("content", .blob, personal: true)]
    )
    /// They are read when a material is whole, and by who fetches it.
    package static let keptMax = 16

    package let key: Key
    package let content: [UInt8]

    package init(_ material: String, at offset: Int64, _ content: [UInt8]) {
        key = Key(material, offset)
        self.content = content
    }

    package func write(to row: inout RowWriter) { row.blob(content) }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        content = try row.blob()
    }
}
