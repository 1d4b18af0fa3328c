package import CivilTime
package import Store

/// 表扬 or 通报批评: what is said of a department for all to see.
package struct NoticeRecord: Record, Hashable {
    package enum Kind: Int32, Hashable, Sendable, CaseIterable {
        /// 表扬
        case commendation = 1
        /// 通报批评
        case criticism = 2
    }

    package let key: Int64
    package let kind: Kind
    package let department: String
    package let reason: String
    package let at: Instant

    package init(number: Int64, _ kind: Kind, of department: String, reason: String, at: Instant) {
        key = number
        self.kind = kind
        self.department = department
        self.reason = reason
        self.at = at
    }

    package static let table = Table(
        "notice",
        key: [Column("id", .integer)],
        columns: [
            Column("kind", .choice(of: Kind.self)), Column("department", .text),
            Column("reason", .text),
            Column("at", .instant),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.enumeration(kind)
        row.text(department)
        row.text(reason)
        row.instant(at)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        kind = try row.enumeration(Kind.self)
        department = try row.text()
        reason = try row.text()
        at = try row.instant()
    }
}
