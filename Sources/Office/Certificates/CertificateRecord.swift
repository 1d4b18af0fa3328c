package import CivilTime
package import Store

/// An officer's certificate (行政执法证) as it lies in the store, without its clocks.
package struct CertificateRecord: Hashable, Sendable {
    /// Whether it is in its holder's hands.
    package enum Custody: Hashable, Sendable {
        case held
        /// 暂扣
        case suspended(reason: String)
        /// 已挂失
        case lost
        /// 已吊销
        case revoked(reason: String)
        /// 已注销
        case surrendered(reason: String)
    }

    /// Its number.
    package let key: String
    package var trail = FileTrail()
    /// The officer's login.
    package let holder: String
    package let department: String
    /// 执法范围.
    package let scope: [String]
    package let issued: CivilDate
    /// Its last day.
    package internal(set) var validTo: CivilDate
    package internal(set) var custody = Custody.held
    /// Whether its last day is over.
    package internal(set) var isExpired = false
    /// The earliest year whose check isn't recorded (年审).
    package internal(set) var nextCheck: Int32
    /// Whether that is overdue, so that it isn't valid until then.
    package internal(set) var isUnchecked = false
    /// When it was issued or renewed last.
    package internal(set) var renewed: Instant
    /// How often it was replaced after a loss.
    package internal(set) var replaced: Int64 = 0

    init(
        number: String,
        holder: String,
        department: String,
        scope: [String],
        validTo: CivilDate,
        issued: Instant
    ) {
        key = number
        self.holder = holder
        self.department = department
        self.scope = scope
        self.issued = issued.date
        renewed = issued
        self.validTo = validTo
        nextCheck = Int32(issued.date.year)
    }

    /// By when the check of a year is recorded: 31 March of the next.
    package static func checkDue(ofYear year: Int32) -> CivilDate {
        CivilDate(year: Int(year) + 1, month: 3, day: 31) ?? .latest
    }

    /// Whether nothing can become of it any more.
    package var isOver: Bool {
        switch custody {
        case .revoked, .surrendered: true
        case .held, .suspended, .lost: isExpired
        }
    }
}

extension CertificateRecord: FiledRecord {
    package static let byHolder = Index("certificate_by_holder", on: ["holder"])

    private static let custodies = Column.Choices(
        [1: "HELD", 2: "SUSPENDED", 3: "LOST", 4: "REVOKED", 5: "SURRENDERED"]
    )

    package static let table = Table(
        "certificate",
        key: [Column("number", .text)],
        columns: FileTrail.columns + [
            Column("holder", .text),
            Column("department", .text),
            Column("scope", .list(of: .text)),
            Column("issued", .day),
            Column("valid_to", .day),
            Column("custody", .choice(custodies)),
            Column("reason", .text, optional: true, personal: true),
            Column("expired", .flag),
            Column("next_check", .integer),
            Column("unchecked", .flag),
            Column("replaced", .integer),
            Column("renewed", .instant),
        ],
        indexes: [byHolder]
    )

    package func write(to row: inout RowWriter) {
        trail.write(to: &row)
        row.text(holder)
        row.text(department)
        row.texts(scope)
        row.day(issued)
        row.day(validTo)
        let (number, reason): (Int64, String?) =
            switch custody {
            case .held: (1, nil)
            case .suspended(let reason): (2, reason)
            case .lost: (3, nil)
            case .revoked(let reason): (4, reason)
            case .surrendered(let reason): (5, reason)
            }
        row.choice(number)
        row.text(reason)
        row.flag(isExpired)
        row.integer(Int64(nextCheck))
        row.flag(isUnchecked)
        row.integer(replaced)
        row.instant(renewed)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        trail = try FileTrail(row: &row)
        holder = try row.text()
        department = try row.text()
        scope = try row.texts()
        issued = try row.day()
        validTo = try row.day()
        let number = try row.integer()
        let reason = try row.optionalText()
        switch (number, reason) {
        case (1, nil): custody = .held
        case (2, let reason?): custody = .suspended(reason: reason)
        case (3, nil): custody = .lost
        case (4, let reason?): custody = .revoked(reason: reason)
        case (5, let reason?): custody = .surrendered(reason: reason)
        default: throw row.mismatch("who has a certificate", .integer(number))
        }
        isExpired = try row.flag()
        nextCheck = try row.integer(in: 1...Int32(9999))
        isUnchecked = try row.flag()
        replaced = try row.integer(in: 0...Int64(UInt32.max))
        renewed = try row.instant()
    }
}

/// 执法检查.
package struct InspectionRecord: Record, Hashable {
    package let key: Int64
    package let at: Instant
    package let scope: String
    package let findings: String
    /// The officers' logins.
    package let officers: [String]

    package init(
        number: Int64,
        at: Instant,
        scope: String,
        findings: String,
        officers: [String]
    ) {
        key = number
        self.at = at
        self.scope = scope
        self.findings = findings
        self.officers = officers
    }

    package static let table = Table(
        "inspection",
        key: [Column("number", .integer)],
        columns: [
            Column("at", .instant), Column("scope", .text),
            Column("findings", .text, personal: true), Column("officers", .list(of: .text)),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.instant(at)
        row.text(scope)
        row.text(findings)
        row.texts(officers)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        at = try row.instant()
        scope = try row.text()
        findings = try row.text()
        officers = try row.texts()
    }
}

/// 公告: what has become of a certificate, for everybody to read.
package struct AnnouncementRecord: Record, Hashable {
    package let key: Int64
    package let at: Instant
    package let certificate: String
    package let department: String
    /// The past tense of what happened.
    package let what: String

    package init(
        number: Int64,
        at: Instant,
        certificate: String,
        department: String,
        what: String
    ) {
        key = number
        self.at = at
        self.certificate = certificate
        self.department = department
        self.what = what
    }

    package static let table = Table(
        "announcement",
        key: [Column("number", .integer)],
        columns: [
            Column("at", .instant), Column("certificate", .text), Column("department", .text),
            Column("what", .text),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.instant(at)
        row.text(certificate)
        row.text(department)
        row.text(what)
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        at = try row.instant()
        certificate = try row.text()
        department = try row.text()
        what = try row.text()
    }
}
