package import CivilTime
package import Deadlines
package import Store

/// 督办卡: a card that a department bears, issued once for good.
package struct CardRecord: Record, Hashable {
    /// The deadline's key and the rung, so that a rung can't be issued twice.
    package let key: Int64
    package let department: String
    package let at: Instant
    package let rung: Rung
    package let clock: ClockKind
    /// The serial of the case; of a file that is about none, its name and key: `inquiry/12`.
    package let subject: String
    /// Who took it back, when and why; nil when it stands.
    package private(set) var revocation: Revocation?

    package struct Revocation: Hashable, Sendable {
        package let by: String
        package let at: Instant
        package let reason: String
    }

    package init(
        deadline: Int64,
        department: String,
        clock: ClockKind,
        firing: Firing,
        subject: String
    ) {
        key = Self.key(deadline: deadline, rung: firing.rung)
        self.department = department
        at = firing.at
        rung = firing.rung
        self.clock = clock
        self.subject = subject
    }

    /// 撤销: it stays on record, and no longer counts.
    ///
    /// - Throws: `cardRevoked`.
    package mutating func revoke(
        reason: String,
        by actor: Actor,
        at now: Instant
    ) throws(Refusal) {
        guard revocation == nil else { throw .cardRevoked }
        revocation = Revocation(by: actor.login, at: now, reason: reason)
    }

    package static func key(deadline: Int64, rung: Rung) -> Int64 {
        deadline << 3 | Int64(rung.rawValue)
    }

    /// A department's cards in order of time, ties by rung and clock.
    package static let byDepartment = Index(
        "card_by_department",
        on: ["department", "at", "rung", "clock"]
    )

    package static let table = Table(
        "card",
        key: [Column("id", .integer)],
        columns: [
            Column("department", .text), Column("at", .instant),
            Column("rung", .choice(of: Rung.self)),
            Column("clock", .choice(of: ClockKind.self)), Column("case_serial", .text),
            Column("revoked_by", .text, optional: true),
            Column("revoked_at", .instant, optional: true),
            Column("revoked_why", .text, optional: true),
        ],
        indexes: [byDepartment]
    )

    package func write(to row: inout RowWriter) {
        row.text(department)
        row.instant(at)
        row.enumeration(rung)
        row.enumeration(clock)
        row.text(subject)
        row.text(revocation?.by)
        row.instant(revocation?.at)
        row.text(revocation?.reason)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        department = try row.text()
        at = try row.instant()
        let rungNumber = try row.integer(as: Int.self)
        guard let rung = Rung(rawValue: rungNumber) else {
            throw row.mismatch("a rung", .integer(Int64(rungNumber)))
        }
        self.rung = rung
        clock = try row.enumeration(ClockKind.self)
        subject = try row.text()
        let (login, at, reason) = (
            try row.optionalText(), try row.optionalInstant(), try row.optionalText()
        )
        if let login, let at, let reason {
            revocation = Revocation(by: login, at: at, reason: reason)
        }
    }
}
