package import CivilTime
package import Store

/// A co-handler as it lies in the store.
package struct CoHandlerRecord: Hashable, Sendable {
    package struct Key: RecordKey {
        package let caseSerial: String
        package let department: String

        package init(_ caseSerial: String, _ department: String) {
            self.caseSerial = caseSerial
            self.department = department
        }

        package func write(to row: inout RowWriter) {
            row.text(caseSerial)
            row.text(department)
        }

        package init(row: inout RowReader) throws(StoreError) {
            caseSerial = try row.text()
            department = try row.text()
        }
    }

    package let key: Key
    package let content: CoHandler
    /// The last day for its opinion, as far as it has work with the matter; nil otherwise.
    package let due: CivilDate?

    package init(_ content: CoHandler, of caseSerial: String, due: CivilDate?) {
        key = Key(caseSerial, content.department)
        self.content = content
        self.due = due
    }
}

extension CoHandlerRecord: Record {
    /// What departments have to give their opinion on, earliest due date first.
    package static let byWork = Index("co_handler_by_work", on: ["worker", "due"])

    package static let table = Table(
        "co_handler",
        key: [Column("case_serial", .text), Column("department", .text)],
        columns: [
            Column("worker", .text, optional: true),
            Column("due", .day, optional: true),
            Column("role", .choice(of: CoHandler.Role.self)),
            Column("round", .integer),
            Column("corrected", .list(of: .text)),
            Column("signed_at", .instant, optional: true),
            Column("standing", .choice(StoredStanding.numbers)),
            Column("standing_since", .instant, optional: true),
            Column("escalation", .choice(of: CoHandler.Escalation.self), optional: true),
            Column("reason", .text, optional: true, personal: true),
            Column("items", .list(of: .text), optional: true),
            Column("override_at", .instant, optional: true),
            Column("override_served", .instant, optional: true),
            Column("override_reason", .text, optional: true, personal: true),
        ],
        indexes: [byWork]
    )

    package func write(to row: inout RowWriter) {
        row.text(due == nil ? nil : key.department)
        row.day(due)
        row.enumeration(content.role)
        row.integer(content.round)
        row.texts(content.corrected)
        row.instant(content.signed)
        StoredStanding(content.standing).write(to: &row)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        _ = try row.optionalText()
        due = try row.optionalDay()
        var content = CoHandler(key.department, as: try row.enumeration(CoHandler.Role.self))
        content.round = try row.integer(in: 1...Int64(Int32.max))
        content.corrected = try row.texts()
        content.signed = try row.optionalInstant()
        content.standing = try StoredStanding(row: &row).standing(row)
        self.content = content
    }
}

/// A standing laid out in columns: its number, and what belongs to it.
private struct StoredStanding {
    static let numbers = Column.Choices(
        [
            1: "ASKED", 2: "AGREED", 3: "AGREED_TO_FORWARD", 4: "DISAGREED", 5: "CORRECTION",
            6: "AGREED_BY_DEFAULT", 7: "ESCALATED",
        ]
    )

    var number: Int64
    var since: Instant?
    var escalation: Int64?
    var reason: String?
    var items: [String]?
    var override: Opinion.Override?

    init(_ standing: CoHandler.Standing) {
        switch standing {
        case .asked: number = 1
        case .answered(let opinion, let at):
            since = at
            reason = opinion.reason
            switch opinion {
            case .agree(false, _): number = 2
            case .agree(true, _): number = 3
            case .disagree(_, let made):
                number = 4
                override = made
            case .correction(_, let wanted):
                number = 5
                items = wanted
            }
        case .agreedByDefault(let at):
            number = 6
            since = at
        case .escalated(let cause):
            number = 7
            escalation = Int64(cause.rawValue)
        }
    }

    func write(to row: inout RowWriter) {
        row.choice(number)
        row.instant(since)
        row.choice(escalation)
        row.text(reason)
        row.texts(items)
        row.instant(override?.at)
        row.instant(override?.served)
        row.text(override?.reason)
    }

    init(row: inout RowReader) throws(StoreError) {
        number = try row.integer()
        since = try row.optionalInstant()
        escalation = try row.optionalInteger()
        reason = try row.optionalText()
        items = try row.optionalTexts()
        let at = try row.optionalInstant()
        let served = try row.optionalInstant()
        let why = try row.optionalText()
        if let at, let why { override = Opinion.Override(reason: why, at: at, served: served) }
    }

    /// The standing, or the error for columns that don't make one.
    func standing(_ row: RowReader) throws(StoreError) -> CoHandler.Standing {
        switch (number, since, reason) {
        case (1, nil, _): return .asked
        case (2, let at?, let reason?):
            return .answered(.agree(forwarded: false, remark: reason), at: at)
        case (3, let at?, let reason?):
            return .answered(.agree(forwarded: true, remark: reason), at: at)
        case (4, let at?, let reason?):
            return .answered(.disagree(reason: reason, override), at: at)
        case (5, let at?, let reason?):
            if let items { return .answered(.correction(reason: reason, items: items), at: at) }
        case (6, let at?, _): return .agreedByDefault(at: at)
        case (7, _, _):
            let cause = escalation.flatMap { Int32(exactly: $0) }
                .flatMap(CoHandler.Escalation.init(rawValue:))
            if let cause { return .escalated(cause) }
        default: break
        }
        throw row.mismatch("where a co-handler stands", .integer(number))
    }
}
