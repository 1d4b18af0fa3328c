package import CivilTime
package import Store

/// 材料: something that belongs to a case, as far as it has come.
package struct MaterialRecord: Record, Hashable {
    /// The longest material, in bytes: what a scanned document of many pages takes.
    package static let longest: Int64 = 20 << 20

    /// The id that its sender gave it, in hexadecimal.
    package let key: String
    package let caseSerial: String
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
        of caseSerial: String,
        name: String,
        size: UInt64,
        digest: [UInt8],
        sender: String
    ) throws(Refusal) {
        guard let length = Int64(exactly: size), length <= Self.longest else {
            throw .outOfRange(field: "size", allowed: "0…\(Self.longest)")
        }
        key = id
        self.caseSerial = caseSerial
        self.name = name
        self.size = length
        self.digest = digest
        self.sender = sender
        received = 0
    }

    /// Whether this is the same material as another one of its id, however far either has come.
    package func isSame(as other: MaterialRecord) -> Bool {
        caseSerial == other.caseSerial && name == other.name && size == other.size
            && digest == other.digest && sender == other.sender
    }

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
    package static let byCase = Index("material_by_case", on: ["case_serial"])

    package static let table = Table(
        "material",
        key: [Column("id", .text)],
        columns: [
            Column("case_serial", .text), Column("name", .text, personal: true),
            Column("size", .integer), Column("digest", .digest), Column("sender", .text),
            Column("received", .integer),
            Column("completed_at", .instant, optional: true),
        ],
        indexes: [byCase]
    )

    package func write(to row: inout RowWriter) {
        row.text(caseSerial)
        row.text(name)
        row.integer(size)
        row.digest(digest)
        row.text(sender)
        row.integer(received)
        row.instant(completed)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        caseSerial = try row.text()
        name = try row.text()
        size = try row.integer(in: 0...Self.longest)
        digest = try row.blob()
        sender = try row.text()
        received = try row.integer(in: 0...size)
        completed = try row.optionalInstant()
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
