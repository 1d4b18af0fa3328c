package import CivilTime
package import Store
package import WorkCalendar

/// Who answers for a deadline, and who alone may change it.
package enum DeadlineOwner: Hashable, Sendable {
    /// Armed through the scheduler's own service by this login.
    case client(login: String)
    /// A file of the office, by its key.
    case file(FileKind, key: String)
}

/// What a file of the office is about: its number is stored, and each module has its own.
package struct FileKind: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    /// - Precondition: from 1; 0 stands for clients.
    package init(rawValue: Int64) {
        precondition(rawValue > 0)
        self.rawValue = rawValue
    }
}

/// A deadline as it lies in the store.
package struct DeadlineRecord: Hashable, Sendable {
    package let key: Int64
    package let kind: ClockKind
    package let owner: DeadlineOwner
    /// The owner's own name for it.
    package let label: String
    package var deadline: Deadline
    /// What fires next, and the last day by which the running ones are listed; set by `replanned`.
    package private(set) var nextAt: Instant?
    package private(set) var listedDue: CivilDate?

    package init(
        key: Int64,
        kind: ClockKind,
        owner: DeadlineOwner,
        label: String,
        deadline: Deadline,
        in calendars: CalendarTimeline
    ) {
        self.key = key
        self.kind = kind
        self.owner = owner
        self.label = label
        self.deadline = deadline
        index(in: calendars)
    }

    /// Brings what it is found by up to date with the deadline; due before it is saved.
    package mutating func index(in calendars: CalendarTimeline) {
        guard deadline.isRunning else {
            nextAt = nil
            listedDue = nil
            return
        }
        let term = deadline.term(on: deadline.plannedAt.date, in: calendars)
        let calendar = calendars.calendar(deadline.calendarVersion)
        nextAt = deadline.next(in: calendar, term: term)?.at
        listedDue = term.due
    }
}

extension DeadlineRecord: Record {
    /// The running deadlines, earliest due date first.
    package static let byDue = Index("deadline_by_due", on: ["listed_due"], carrying: "next_at")

    private static let units = Column.Choices(
        [1: "WORKING_DAYS", 2: "NATURAL_DAYS", 3: "WORKING_MINUTES", 4: "THROUGH"]
    )
    private static let states = Column.Choices(
        [1: "RUNNING", 2: "COMPLETED", 3: "CANCELLED", 4: "EXPIRED"]
    )
    private static let extensionColumns = [
        Column("amount", .integer), Column("at", .instant), Column("reason", .text),
    ]
    private static let pauseColumns = [
        Column("from", .instant), Column("to", .instant, optional: true), Column("reason", .text),
    ]

    package static let table = Table(
        "deadline",
        key: [Column("id", .integer)],
        columns: [
            Column("kind", .choice(of: ClockKind.self)),
            Column("owner_kind", .integer),
            Column("owner", .text),
            Column("label", .text),
            Column("unit", .choice(units)),
            // Of THROUGH the day, as days since 1970-01-01.
            Column("amount", .integer),
            Column("start", .instant),
            Column("rungs", .set(of: Rung.self)),
            Column("calendar", .integer),
            Column("planned_at", .instant),
            Column("state", .choice(states)),
            Column("ended_at", .instant, optional: true),
            Column("remind_at", .instant, optional: true),
            Column("yellow_at", .instant, optional: true),
            Column("red_at", .instant, optional: true),
            Column("expire_at", .instant, optional: true),
            Column("next_at", .instant, optional: true),
            Column("listed_due", .day, optional: true),
            Column("extensions", .rows(extensionColumns), optional: true),
            Column("pauses", .rows(pauseColumns), optional: true),
        ],
        indexes: [byDue]
    )

    package func write(to row: inout RowWriter) {
        row.enumeration(kind)
        switch owner {
        case .client(let login):
            row.integer(0)
            row.text(login)
        case .file(let kind, let key):
            row.integer(kind.rawValue)
            row.text(key)
        }
        row.text(label)
        switch deadline.ledger.budget {
        case .workingDays(let days):
            row.choice(1)
            row.integer(Int64(days))
        case .naturalDays(let days):
            row.choice(2)
            row.integer(Int64(days))
        case .workingMinutes(let minutes):
            row.choice(3)
            row.integer(Int64(minutes))
        case .through(let day):
            row.choice(4)
            row.integer(Int64(day.daysSinceEpoch))
        }
        row.instant(deadline.ledger.start)
        row.set(bits: Int64(deadline.rungs.rawValue))
        row.integer(Int64(deadline.calendarVersion.rawValue))
        row.instant(deadline.plannedAt)
        switch deadline.state {
        case .running: row.choice(1)
        case .completed: row.choice(2)
        case .cancelled: row.choice(3)
        case .expired: row.choice(4)
        }
        row.instant(deadline.endedAt)
        for rung in Rung.allCases { row.instant(deadline.instant(of: rung)) }
        row.instant(nextAt)
        row.day(listedDue)
        if deadline.ledger.extensions.isEmpty {
            row.null()
        } else {
            row.list(
                deadline.ledger.extensions.map {
                    [.integer(Int64($0.amount)), .integer($0.at.unixSeconds), .text($0.reason)]
                }
            )
        }
        if deadline.ledger.pauses.isEmpty {
            row.null()
        } else {
            row.list(
                deadline.ledger.pauses.map {
                    [
                        .integer($0.from.unixSeconds),
                        $0.to.map { .integer($0.unixSeconds) } ?? .null,
                        .text($0.reason),
                    ]
                }
            )
        }
    }

    package init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        let kindNumber = try row.integer(as: Int32.self)
        guard let kind = ClockKind(rawValue: kindNumber) else {
            throw row.mismatch("a clock kind", .integer(Int64(kindNumber)))
        }
        self.kind = kind
        let ownerKind = try row.integer()
        let ownerName = try row.text()
        switch ownerKind {
        case 0: owner = .client(login: ownerName)
        case 1...: owner = .file(FileKind(rawValue: ownerKind), key: ownerName)
        default: throw row.mismatch("an owner kind", .integer(ownerKind))
        }
        label = try row.text()
        let unit = try row.integer()
        let amount = try row.integer(
            in: unit == 4 ? Int32.min...Int32.max : 0...Int32(Deadline.totalMax)
        )
        let budget: Budget
        switch unit {
        case 1: budget = .workingDays(Int(amount))
        case 2: budget = .naturalDays(Int(amount))
        case 3: budget = .workingMinutes(Int(amount))
        case 4: budget = .through(CivilDate(daysSinceEpoch: amount))
        default: throw row.mismatch("a unit", .integer(unit))
        }
        let start = try row.instant()
        let rungs = RungSet(rawValue: try row.integer(as: UInt8.self))
        let calendar = CalendarVersion(rawValue: try row.integer(as: UInt32.self))
        let plannedAt = try row.instant()
        let stateNumber = try row.integer()
        let endedAt = try row.optionalInstant()
        let state: Deadline.State
        switch (stateNumber, endedAt) {
        case (1, nil): state = .running
        case (2, let at?): state = .completed(at: at)
        case (3, let at?): state = .cancelled(at: at)
        case (4, let at?): state = .expired(at: at)
        default: throw row.mismatch("a state and its end", .integer(stateNumber))
        }
        var fired: [Firing] = []
        for rung in Rung.allCases {
            if let at = try row.optionalInteger() {
                fired.append(Firing(rung: rung, at: Instant(unixSeconds: at)))
            }
        }
        fired.sort()
        nextAt = try row.optionalInstant()
        listedDue = try row.optionalDay()
        let given = unit == 4 ? 0 : Int(amount)
        deadline = Deadline(
            ledger: Ledger(
                budget: budget,
                start: start,
                extensions: try Self.extensions(from: &row, most: Deadline.totalMax - given),
                pauses: try Self.pauses(from: &row)
            ),
            rungs: rungs,
            calendarVersion: calendar,
            plannedAt: plannedAt,
            state: state,
            fired: fired
        )
    }

    /// - Parameter most: the most by which a budget can have grown.
    private static func extensions(
        from row: inout RowReader,
        most: Int
    ) throws(StoreError) -> [Ledger.Extension] {
        guard let bytes = try row.optionalBlob() else { return [] }
        var left = Int64(most)
        var extensions: [Ledger.Extension] = []
        for values in try ValueList.decode(bytes) {
            guard values.count == 3, case .integer(let amount) = values[0],
                case .integer(let at) = values[1], case .text(let reason) = values[2],
                amount > 0, amount <= left
            else { throw row.mismatch("an extension", .blob(bytes)) }
            left -= amount
            extensions.append(
                .init(amount: Int(amount), at: Instant(unixSeconds: at), reason: reason)
            )
        }
        return extensions
    }

    private static func pauses(from row: inout RowReader) throws(StoreError) -> [Ledger.Pause] {
        guard let bytes = try row.optionalBlob() else { return [] }
        var pauses: [Ledger.Pause] = []
        for values in try ValueList.decode(bytes) {
            guard values.count == 3, case .integer(let from) = values[0],
                case .text(let reason) = values[2]
            else { throw row.mismatch("a pause", .blob(bytes)) }
            let to: Instant?
            switch values[1] {
            case .null: to = nil
            case .integer(let seconds): to = Instant(unixSeconds: seconds)
            default: throw row.mismatch("a pause's end", values[1])
            }
            pauses.append(.init(from: Instant(unixSeconds: from), to: to, reason: reason))
        }
        return pauses
    }
}
