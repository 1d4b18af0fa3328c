package import CivilTime
package import Store

/// A line of the power-and-duty list (权责清单): what a department may decide, and what that obliges it to.
///
/// Source: 中办发〔2015〕21号, which has every department publish its own.
package struct PowerRecord: Record, Hashable {
    /// 行政权力类别.
    package enum Kind: Int32, Hashable, Sendable, CaseIterable {
        case licence = 1
        case penalty = 2
        case coercion = 3
        case levy = 4
        case payment = 5
        case inspection = 6
        case confirmation = 7
        case reward = 8
        case ruling = 9
        case other = 10
    }

    package struct Revocation: Hashable, Sendable {
        /// The first day on which the power no longer stands.
        package let from: CivilDate
        package let reason: String
    }

    /// Its code.
    package let key: String
    package let department: String
    package let kind: Kind
    package let name: String
    /// 设定依据
    package let basis: [String]
    /// 责任事项
    package let duties: [String]
    /// 责任岗位; nil where none is named.
    package let post: String?
    /// 追责情形
    package let accountability: [String]
    package private(set) var revocation: Revocation?

    package init(
        code: String,
        department: String,
        kind: Kind,
        name: String,
        basis: [String],
        duties: [String],
        post: String?,
        accountability: [String]
    ) {
        key = code
        self.department = department
        self.kind = kind
        self.name = name
        self.basis = basis
        self.duties = duties
        self.post = post
        self.accountability = accountability
    }

    /// - Throws: `wrongState` when it no longer stands.
    package mutating func revoke(from day: CivilDate, reason: String) throws(Refusal) {
        guard revocation == nil else { throw .wrongState("REVOKED") }
        revocation = Revocation(from: day, reason: reason)
    }

    package static let table = Table(
        "power",
        key: [Column("code", .text)],
        columns: [
            Column("department", .text), Column("kind", .choice(of: Kind.self)),
            Column("name", .text),
            Column("basis", .list(of: .text)), Column("duties", .list(of: .text)),
            Column("post", .text, optional: true),
            Column("accountability", .list(of: .text)), Column("revoked", .day, optional: true),
            Column("reason", .text, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.text(department)
        row.enumeration(kind)
        row.text(name)
        row.texts(basis)
        row.texts(duties)
        row.text(post)
        row.texts(accountability)
        row.day(revocation?.from)
        row.text(revocation?.reason)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        department = try row.text()
        kind = try row.enumeration(Kind.self)
        name = try row.text()
        basis = try row.texts()
        duties = try row.texts()
        post = try row.optionalText()
        accountability = try row.texts()
        let day = try row.optionalDay()
        let reason = try row.optionalText()
        guard let day, let reason else { return }
        revocation = Revocation(from: day, reason: reason)
    }
}
