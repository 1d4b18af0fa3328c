package import CivilTime
import Deadlines
package import Store

/// What names a version of an item.
package struct ItemVersionKey: RecordKey {
    package let code: String
    /// From 1.
    package let version: Int64

    package init(code: String, version: Int64) {
        self.code = code
        self.version = version
    }

    package func write(to row: inout RowWriter) {
        row.text(code)
        row.integer(version)
    }

    package init(row: inout RowReader) throws(StoreError) {
        code = try row.text()
        version = try row.integer()
    }
}

/// 政务服务事项: a version of a service item; published, never edited.
package struct ItemRecord: Record, Hashable {
    package let key: ItemVersionKey
    package let name: String
    /// The department that answers for it.
    package let department: String
    /// 法定办结时限, in working days.
    package let statutoryDays: Int32
    /// 承诺办结时限, in working days.
    package let promisedDays: Int32
    /// 即办件.
    package let isInstant: Bool
    /// 联审联办.
    package let isJoint: Bool
    package let published: Instant

    /// What a stored limit can be, in working days.
    static let days: ClosedRange<Int32> = 0...Int32(Deadline.totalMax)

    /// Checks what is to be published.
    ///
    /// The law's limit is 20 working days (joint 45) unless another law sets a longer one
    /// (行政许可法 42), so that the statutory limit is the publisher's to state.
    ///
    /// - Throws: `badCode`, `promiseExceedsStatutory`.
    package init(
        code: String,
        version: Int64,
        name: String,
        department: String,
        statutoryDays: Int32,
        promisedDays: Int32,
        isInstant: Bool,
        isJoint: Bool,
        at now: Instant
    ) throws(Refusal) {
        do {
            _ = try ItemCode(code)
        } catch {
            throw .badCode(field: "code", problem: error)
        }
        guard promisedDays <= statutoryDays else {
            throw .promiseExceedsStatutory(
                promised: Int(promisedDays),
                statutory: Int(statutoryDays)
            )
        }
        key = ItemVersionKey(code: code, version: version)
        self.name = name
        self.department = department
        self.statutoryDays = statutoryDays
        self.promisedDays = promisedDays
        self.isInstant = isInstant
        self.isJoint = isJoint
        published = now
    }

    package static let table = Table(
        "item",
        key: [Column("code", .text), Column("version", .integer)],
        columns: [
            Column("name", .text), Column("department", .text), Column("statutory", .integer),
            Column("promised", .integer), Column("instant", .flag), Column("joint", .flag),
            Column("published", .instant),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.text(name)
        row.text(department)
        row.integer(Int64(statutoryDays))
        row.integer(Int64(promisedDays))
        row.flag(isInstant)
        row.flag(isJoint)
        row.instant(published)
    }

    package init(key: ItemVersionKey, row: inout RowReader) throws(StoreError) {
        self.key = key
        name = try row.text()
        department = try row.text()
        statutoryDays = try row.integer(in: Self.days)
        promisedDays = try row.integer(in: Self.days)
        isInstant = try row.flag()
        isJoint = try row.flag()
        published = try row.instant()
    }
}

/// The newest version of an item.
package struct ItemHeadRecord: Record, Hashable {
    /// The item code.
    package let key: String
    package var version: Int64

    package init(code: String, version: Int64) {
        key = code
        self.version = version
    }

    package static let table = Table(
        "item_head",
        key: [Column("code", .text)],
        columns: [Column("version", .integer)]
    )

    package func write(to row: inout RowWriter) { row.integer(version) }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        version = try row.integer(in: 1...Int64(UInt32.max))
    }
}
