package import CivilTime
package import Store

/// 申领: a certificate that was applied for and isn't issued yet.
package struct CertificateApplication: Record, Hashable {
    package enum Progress: Hashable, Sendable {
        /// 已申请
        case applied
        /// 考核合格
        case qualified(at: Instant)
    }

    /// The number that it is going to have.
    package let key: String
    package let holder: String
    package let department: String
    package let scope: [String]
    package let at: Instant
    package private(set) var progress = Progress.applied

    package init(
        number: String,
        for holder: String,
        of department: String,
        scope: [String],
        at: Instant
    ) {
        key = number
        self.holder = holder
        self.department = department
        self.scope = scope
        self.at = at
    }

    /// The state's name on the wire and in refusals.
    package var state: String {
        switch progress {
        case .applied: "APPLIED"
        case .qualified: "QUALIFIED"
        }
    }

    /// - Throws: `wrongState` when it has been found already; `notQualified`.
    package mutating func qualify(
        by qualification: Qualification,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .applied = progress else { throw .wrongState(state) }
        try qualification.require(by: circumstances.policy)
        progress = .qualified(at: circumstances.now)
    }

    /// - Throws: `wrongState` before the officer is qualified; `outOfRange` for another officer or scope than
    ///   it was applied for.
    package func requireIssuable(to holder: String, scope: [String]) throws(Refusal) {
        guard case .qualified = progress else { throw .wrongState(state) }
        guard holder == self.holder else {
            throw .outOfRange(field: "holder", allowed: self.holder)
        }
        guard Set(scope).isSubset(of: self.scope) else {
            throw .outOfRange(field: "scope", allowed: self.scope.joined(separator: ", "))
        }
    }

    package static let table = Table(
        "certificate_application",
        key: [Column("number", .text)],
        columns: [
            Column("holder", .text), Column("department", .text), Column("scope", .list(of: .text)),
            Column("at", .instant), Column("qualified", .instant, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.text(holder)
        row.text(department)
        row.texts(scope)
        row.instant(at)
        if case .qualified(let at) = progress { row.instant(at) } else { row.null() }
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        holder = try row.text()
        department = try row.text()
        scope = try row.texts()
        at = try row.instant()
        if let qualified = try row.optionalInstant() { progress = .qualified(at: qualified) }
    }
}
