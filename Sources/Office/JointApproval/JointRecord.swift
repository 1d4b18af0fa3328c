package import CivilTime
package import Store

/// A joint approval as it lies in the store, without its co-handlers and clocks.
package struct JointRecord: Hashable, Sendable {
    /// What it came to. Raw values are stored.
    package enum Outcome: Int32, Hashable, Sendable, CaseIterable {
        case agreed = 1
        case refused = 2
    }

    package enum Progress: Hashable, Sendable {
        /// 已发起
        case open
        /// 已分送: the co-handlers have it.
        case dispatched
        /// 待补正: all have answered, and the applicant is asked to correct what some want corrected.
        case correcting
        /// 已汇总
        case concluded(Outcome, at: Instant)
        /// 已取消: the case has ended.
        case cancelled(at: Instant)
    }

    /// 联合踏勘: a visit to the site.
    package struct Visit: Hashable, Sendable {
        package let at: Instant
        package let place: String
        package let departments: [String]
        /// What was found and who came; nil before.
        package internal(set) var report: Report?

        package struct Report: Hashable, Sendable {
            package let findings: String
            package let attended: [String]
        }
    }

    /// The case serial.
    package let key: String
    package var trail = FileTrail()
    /// The department that leads.
    package let lead: String
    /// How many working days each co-handler has.
    package let opinionDays: Int32
    package internal(set) var progress = Progress.open
    /// The visit called for last.
    package internal(set) var visit: Visit?

    init(case serial: String, lead: String, opinionDays: Int32) {
        key = serial
        self.lead = lead
        self.opinionDays = opinionDays
    }
}

extension JointRecord: FiledRecord {
    private static let steps = Column.Choices(
        [1: "OPEN", 2: "DISPATCHED", 3: "CORRECTING", 4: "CONCLUDED", 5: "CANCELLED"]
    )

    package static let table = Table(
        "joint",
        key: [Column("case_serial", .text)],
        columns: FileTrail.columns + [
            Column("lead", .text),
            Column("opinion_days", .integer),
            Column("progress", .choice(steps)),
            Column("outcome", .choice(of: Outcome.self), optional: true),
            Column("ended_at", .instant, optional: true),
            Column("visit_at", .instant, optional: true),
            Column("visit_place", .text, optional: true, personal: true),
            Column("visit_departments", .list(of: .text), optional: true),
            Column("visit_findings", .text, optional: true, personal: true),
            Column("visit_attended", .list(of: .text), optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        trail.write(to: &row)
        row.text(lead)
        row.integer(Int64(opinionDays))
        let (number, outcome, end): (Int64, Outcome?, Instant?) =
            switch progress {
            case .open: (1, nil, nil)
            case .dispatched: (2, nil, nil)
            case .correcting: (3, nil, nil)
            case .concluded(let outcome, let at): (4, outcome, at)
            case .cancelled(let at): (5, nil, at)
            }
        row.choice(number)
        row.enumeration(outcome)
        row.instant(end)
        row.instant(visit?.at)
        row.text(visit?.place)
        row.texts(visit?.departments)
        row.text(visit?.report?.findings)
        row.texts(visit?.report?.attended)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        trail = try FileTrail(row: &row)
        lead = try row.text()
        opinionDays = try row.integer(in: ItemRecord.days)
        let number = try row.integer()
        let outcome = try row.optionalInteger().flatMap { Int32(exactly: $0) }
            .flatMap(Outcome.init(rawValue:))
        let end = try row.optionalInstant()
        switch (number, outcome, end) {
        case (1, nil, nil): progress = .open
        case (2, nil, nil): progress = .dispatched
        case (3, nil, nil): progress = .correcting
        case (4, let outcome?, let end?): progress = .concluded(outcome, at: end)
        case (5, nil, let end?): progress = .cancelled(at: end)
        default: throw row.mismatch("the progress of a joint approval", .integer(number))
        }
        let at = try row.optionalInstant()
        let (place, departments) = (try row.optionalText(), try row.optionalTexts())
        let (findings, attended) = (try row.optionalText(), try row.optionalTexts())
        guard let at, let place, let departments else { return }
        visit = Visit(at: at, place: place, departments: departments)
        if let findings, let attended {
            visit?.report = Visit.Report(findings: findings, attended: attended)
        }
    }
}
