package import CivilTime
package import Store

/// A case as it lies in the store, without its clocks (which are deadlines of their own).
package struct CaseRecord: Hashable, Sendable {
    /// The case serial.
    package let key: String
    package var trail: FileTrail
    package internal(set) var state: CaseState
    package let item: ItemVersionKey
    /// The department that answers for it.
    package let department: String
    /// The applicant's login.
    package let applicant: String
    package let channel: Channel
    package let submitted: Instant
    /// When what was last received came in: the submission, or the full resubmission.
    package internal(set) var arrived: Instant
    package let statutoryDays: Int32
    package let promisedDays: Int32
    package let isInstant: Bool
    package let isJoint: Bool
    /// 收件日.
    package internal(set) var receipt: CivilDate
    /// 受理日.
    package internal(set) var acceptance: CivilDate?
    /// What the one correction notice asked for; empty before it.
    package internal(set) var noticedItems: [String]
    /// Whether the applicant was told of an extension.
    package internal(set) var applicantNotified: Bool
    /// What the co-handlers want corrected, and the applicant hasn't; empty when nothing.
    package internal(set) var jointCorrections: [String]
    /// What the joint approval came to; nil before.
    package internal(set) var jointOutcome: JointRecord.Outcome?
    /// The end of an instant item's target in working minutes.
    package internal(set) var instantTarget: Instant?

    init(
        serial: CaseSerial,
        item: ItemRecord,
        applicant: String,
        channel: Channel,
        at now: Instant
    ) {
        key = serial.description
        trail = FileTrail()
        state = .received
        self.item = item.key
        department = item.department
        self.applicant = applicant
        self.channel = channel
        submitted = now
        arrived = now
        statutoryDays = item.statutoryDays
        promisedDays = item.promisedDays
        isInstant = item.isInstant
        isJoint = item.isJoint
        receipt = now.date
        noticedItems = []
        applicantNotified = false
        jointCorrections = []
    }
}

extension CaseRecord: FiledRecord {
    /// The cases of a department, by serial.
    package static let byDepartment = Index("case_by_department", on: ["department"])

    package static let table = Table(
        "case_file",
        key: [Column("serial", .text)],
        columns: [
            Column("version", .integer),
            Column("item", .text),
            Column("item_version", .integer),
            Column("department", .text),
            Column("applicant", .text),
            Column("channel", .choice(of: Channel.self)),
            Column("submitted", .instant),
            Column("arrived", .instant),
            Column("statutory_days", .integer),
            Column("promised_days", .integer),
            Column("instant", .flag),
            Column("joint", .flag),
            Column("receipt", .day),
            Column("acceptance", .day, optional: true),
            Column("noticed_items", .list(of: .text)),
            Column("applicant_notified", .flag),
            Column("instant_target", .instant, optional: true),
            Column("last_audit", .text),
            Column("clocks", .list(of: .integer)),
            Column("state", .choice(StoredCaseState.numbers)),
            Column("stage", .choice(of: CaseState.Stage.self), optional: true),
            Column("missing_items", .list(of: .text), optional: true),
            Column("pause_reason", .choice(of: PauseReason.self), optional: true),
            Column("planned_days", .integer, optional: true),
            Column("decision", .choice(of: Decision.Result.self), optional: true),
            // What people write in their own words may be about people.
            Column("reason", .text, optional: true, personal: true),
            Column("remedies", .text, optional: true, personal: true),
            Column("competent_agency", .text, optional: true),
            Column("joint_corrections", .list(of: .text), optional: true),
            Column("joint_outcome", .choice(of: JointRecord.Outcome.self), optional: true),
        ],
        indexes: [byDepartment]
    )

    package func write(to row: inout RowWriter) {
        row.integer(trail.version)
        item.write(to: &row)
        row.text(department)
        row.text(applicant)
        row.enumeration(channel)
        row.instant(submitted)
        row.instant(arrived)
        row.integer(Int64(statutoryDays))
        row.integer(Int64(promisedDays))
        row.flag(isInstant)
        row.flag(isJoint)
        row.day(receipt)
        row.day(acceptance)
        row.texts(noticedItems)
        row.flag(applicantNotified)
        row.instant(instantTarget)
        row.text(trail.lastAudit)
        row.list([trail.clockKeys.map(Value.integer)])
        StoredCaseState(state).write(to: &row)
        row.texts(jointCorrections.isEmpty ? nil : jointCorrections)
        row.enumeration(jointOutcome)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        trail = FileTrail()
        trail.version = try row.integer(in: FileTrail.versions)
        item = try ItemVersionKey(row: &row)
        department = try row.text()
        applicant = try row.text()
        channel = try row.enumeration(Channel.self)
        submitted = try row.instant()
        arrived = try row.instant()
        statutoryDays = try row.integer(in: ItemRecord.days)
        promisedDays = try row.integer(in: ItemRecord.days)
        isInstant = try row.flag()
        isJoint = try row.flag()
        receipt = try row.day()
        acceptance = try row.optionalDay()
        noticedItems = try row.texts()
        applicantNotified = try row.flag()
        instantTarget = try row.optionalInstant()
        trail.lastAudit = try row.text()
        trail.clockKeys = try row.clockKeys()
        state = try StoredCaseState(row: &row).state(row)
        jointCorrections = try row.optionalTexts() ?? []
        jointOutcome = try row.optionalInteger().flatMap { Int32(exactly: $0) }
            .flatMap(JointRecord.Outcome.init(rawValue:))
    }
}

/// A state laid out in columns: its number, and what belongs to it.
private struct StoredCaseState {
    static let numbers = Column.Choices(
        [
            1: "RECEIVED", 2: "WAIT_CORRECTION", 3: "ACTIVE", 4: "SUSPENDED", 5: "DECIDED",
            6: "DELIVERED", 7: "ARCHIVED", 8: "NOT_ACCEPTED", 9: "LAPSED", 10: "TERMINATED",
            11: "WITHDRAWN",
        ]
    )

    var number: Int64
    var stage: Int64?
    var missing: [String]?
    var pauseReason: Int64?
    var plannedDays: Int64?
    var decision: Int64?
    var reason: String?
    var remedies: String?
    var competentAgency: String?

    init(_ state: CaseState) {
        switch state {
        case .received: number = 1
        case .waitCorrection(let items):
            number = 2
            missing = items
        case .active(let current):
            number = 3
            stage = Int64(current.rawValue)
        case .suspended(let cause, let days, let from):
            number = 4
            stage = Int64(from.rawValue)
            pauseReason = Int64(cause.rawValue)
            plannedDays = Int64(days)
        case .decided: number = 5
        case .delivered: number = 6
        case .archived: number = 7
        case .notAccepted(let why, let agency):
            number = 8
            reason = why
            competentAgency = agency
        case .lapsed: number = 9
        case .terminated: number = 10
        case .withdrawn: number = 11
        }
        if let made = state.decision {
            decision = Int64(made.result.rawValue)
            reason = made.reason
            remedies = made.remedies
        }
    }

    init(row: inout RowReader) throws(StoreError) {
        number = try row.integer()
        stage = try row.optionalInteger()
        missing = try row.optionalTexts()
        pauseReason = try row.optionalInteger()
        plannedDays = try row.optionalInteger()
        decision = try row.optionalInteger()
        reason = try row.optionalText()
        remedies = try row.optionalText()
        competentAgency = try row.optionalText()
    }

    func write(to row: inout RowWriter) {
        row.choice(number)
        row.choice(stage)
        row.texts(missing)
        row.choice(pauseReason)
        row.integer(plannedDays)
        row.choice(decision)
        row.text(reason)
        row.text(remedies)
        row.text(competentAgency)
    }

    /// The state, or the error for columns that don't make one.
    func state(_ row: RowReader) throws(StoreError) -> CaseState {
        switch number {
        case 1: return .received
        case 2:
            if let missing { return .waitCorrection(missing: missing) }
        case 3:
            if let stage = known(stage, CaseState.Stage.self) { return .active(stage) }
        case 4:
            if let stage = known(stage, CaseState.Stage.self),
                let reason = known(pauseReason, PauseReason.self), let plannedDays
            {
                return .suspended(reason, plannedDays: Int32(clamping: plannedDays), from: stage)
            }
        case 5, 6, 7:
            if let result = known(decision, Decision.Result.self), let reason, let remedies {
                let decision = Decision(stored: result, reason: reason, remedies: remedies)
                return number == 5
                    ? .decided(decision) : number == 6 ? .delivered(decision) : .archived(decision)
            }
        case 8:
            if let reason { return .notAccepted(reason: reason, competentAgency: competentAgency) }
        case 9: return .lapsed
        case 10: return .terminated
        case 11: return .withdrawn
        default: break
        }
        throw row.mismatch("a case's state", .integer(number))
    }

    private func known<Known: RawRepresentable>(
        _ value: Int64?,
        _ type: Known.Type
    ) -> Known? where Known.RawValue == Int32 {
        value.flatMap { Int32(exactly: $0) }.flatMap(Known.init(rawValue:))
    }
}

/// The number of the newest case of an item on a day.
package struct CaseCounterRecord: Record, Hashable {
    /// Item code and day, as in the serials.
    package let key: String
    package var last: Int64

    package init(item: ItemCode, day: CivilDate, last: Int64) {
        key = "\(item)\(CaseSerial.compact(day))"
        self.last = last
    }

    package static let table = Table(
        "case_counter",
        key: [Column("prefix", .text)],
        columns: [Column("last", .integer)]
    )

    package func write(to row: inout RowWriter) { row.integer(last) }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        last = try row.integer(in: 0...Int64(CaseSerial.numberMax))
    }
}
