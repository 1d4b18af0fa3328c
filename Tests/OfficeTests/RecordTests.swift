import SeededRandom
import CivilTime
import Deadlines
import RuleTesting
import Store
import Testing
import WorkCalendar

@testable import Office

/// The office's records through rows and back, and rows that other hands have changed.
@Suite struct RecordTests {
    static let decision = Decision(stored: .deny, reason: "why", remedies: "how")
    static let states: [CaseState] =
        [
            .received, .waitCorrection(missing: []), .waitCorrection(missing: ["M1", "材料"]),
            .suspended(.expertReview, plannedDays: 10, from: .acceptedWithGap),
            .decided(decision), .delivered(decision), .archived(decision),
            .decided(Decision(stored: .grant, reason: "", remedies: "")),
            .notAccepted(reason: "why", competentAgency: nil),
            .notAccepted(reason: "why", competentAgency: "another"),
            .lapsed, .terminated, .withdrawn,
        ]
        + [CaseState.Stage.accepted, .acceptedWithGap, .deemedAccepted, .inReview, .joint].map {
            .active($0)
        }

    /// A case in each state, some with all that is optional and some with nothing of it.
    static let cases: [CaseRecord] = states.enumerated().map { number, state in
        var record = Matter(isInstant: number % 2 == 0, at: "2026-03-06T18:00").file.record
        record.state = state
        if number % 3 == 0 {
            record.acceptance = "2026-03-10"
            record.noticedItems = ["M1", "材料"]
            record.applicantNotified = true
        }
        return record
    }

    static let changes: [CalendarRecord] = {
        let changes: [CalendarRecord.Change] = [
            .days(off: ["2026-03-10"], work: ["2026-03-14", "2026-03-07"]),
            .days(off: [], work: []),
            .year(2027, off: ["2027-01-01"], makeUp: ["2027-01-09"]),
        ]
        return changes.enumerated().map { number, change in
            var record = CalendarRecord(
                version: CalendarVersion(rawValue: UInt32(number + 2)),
                since: "2026-03-09T20:00",
                reason: "台风",
                change: change
            )
            record.movedCases = Int64(number)
            record.replannedClocks = 7
            record.isReplanned = number == 1
            return record
        }
    }()

    static let card = CardRecord(
        deadline: 9,
        department: "LEAD",
        clock: .promised,
        firing: Firing(rung: .yellow, at: "2026-03-16T09:00"),
        subject: "1"
    )

    private func item() throws -> ItemRecord {
        try ItemRecord(
            code: Matter.itemCode,
            version: 3,
            name: "事项",
            department: "LEAD",
            statutoryDays: 20,
            promisedDays: 7,
            isInstant: true,
            isJoint: false,
            at: "2026-03-02T10:00"
        )
    }

    private func counter() throws -> CaseCounterRecord {
        CaseCounterRecord(item: try ItemCode(Matter.itemCode), day: "2026-03-02", last: 9999)
    }

    @Test func recordsComeBackAsTheyWereWritten() throws {
        for record in Self.cases { try comesBack(record) }
        for record in Self.changes { try comesBack(record) }
        try comesBack(Self.card)
        try comesBack(try item())
        try comesBack(try counter())
        try comesBack(ItemHeadRecord(code: Matter.itemCode, version: 1))
        try comesBack(DepartmentRecord(code: "LEAD", name: "牵头"))
        try comesBack(PostRecord(code: "P", name: "岗", department: "LEAD", rank: -3))
        try comesBack(CredentialRecord(login: "zhang", proof: .secret(digest: [0, 255])))
        try comesBack(CredentialRecord(login: "zhang", proof: .password(hash: "$scrypt$")))
        for roles in [Set(Role.allCases), [], [.operator]] {
            try comesBack(
                PersonRecord(
                    login: "zhang",
                    details: PersonDetails(name: PersonName("张")),
                    department: "",
                    post: "",
                    roles: roles
                )
            )
        }
    }

    private func comesBack<R: Record>(_ record: R) throws {
        let row = Row.values(of: record)
        #expect(row.count == R.table.columns.count)
        for (value, column) in zip(row, R.table.columns) {
            #expect(Self.fits(value, column), "\(R.table.name).\(column.name)")
        }
        #expect(try Row.roundTrip(record) == record)
    }

    @Test func rowsOfAnotherFormAreRefused() throws {
        for record in Self.cases { refusesOtherForms(record) }
        for record in Self.changes { refusesOtherForms(record) }
        refusesOtherForms(Self.card)
        refusesOtherForms(try item())
        refusesOtherForms(try counter())
        refusesOtherForms(ItemHeadRecord(code: Matter.itemCode, version: 1))
        refusesOtherForms(DepartmentRecord(code: "LEAD", name: "牵头"))
        refusesOtherForms(PostRecord(code: "P", name: "岗", department: "LEAD", rank: 1))
        refusesOtherForms(CredentialRecord(login: "zhang", proof: .secret(digest: [0, 255])))
        refusesOtherForms(
            PersonRecord(
                login: "zhang",
                details: PersonDetails(name: PersonName("张")),
                department: "",
                post: "",
                roles: []
            )
        )
    }

    /// Each column with a value of each kind that it doesn't hold, and each row cut short.
    private func refusesOtherForms<R: Record>(_ record: R) {
        let row = Row.values(of: record)
        for (index, column) in R.table.columns.enumerated() {
            let strange: [Value] = [.null, .integer(1), .text("1"), .blob([9])]
            for value in strange where !Self.fits(value, column) {
                var changed = row
                changed[index] = value
                #expect(throws: StoreError.self, "\(R.table.name).\(column.name) \(value)") {
                    try Row.read(R.self, key: record.key, changed)
                }
            }
        }
        for count in row.indices {
            #expect(throws: StoreError.self, "\(R.table.name), \(count) columns") {
                try Row.read(R.self, key: record.key, Array(row.prefix(count)))
            }
        }
    }

    @Test(
        arguments: [
            ("version", -1), ("version", .max), ("channel", 0), ("channel", 7), ("receipt", .max),
            ("statutory_days", -1), ("promised_days", 1 << 31), ("state", 0), ("state", 12),
            ("stage", 0), ("stage", 6), ("pause_reason", 9), ("decision", 3),
        ] as [(String, Int64)]
    )
    func aCaseWithANumberOutOfRangeIsRefused(_ column: String, _ number: Int64) throws {
        let index = try #require(CaseRecord.table.columns.firstIndex { $0.name == column })
        let record = try #require(
            Self.cases.first {
                switch ($0.state, column) {
                case (.active, "stage"), (.suspended, "pause_reason"), (.decided, "decision"): true
                case (_, "stage"), (_, "pause_reason"), (_, "decision"): false
                default: true
                }
            }
        )
        var row = Row.values(of: record)
        row[index] = .integer(number)
        #expect(throws: StoreError.self) { try Row.read(CaseRecord.self, key: record.key, row) }
    }

    @Test func theColumnsOfAStateMustBeThere() throws {
        for record in Self.cases {
            let row = Row.values(of: record)
            for name in ["stage", "missing_items", "pause_reason", "planned_days", "decision"] {
                let index = try #require(CaseRecord.table.columns.firstIndex { $0.name == name })
                guard row[index] != .null else { continue }
                var changed = row
                changed[index] = .null
                #expect(throws: StoreError.self, "\(record.state.name) without \(name)") {
                    try Row.read(CaseRecord.self, key: record.key, changed)
                }
            }
        }
    }

    /// Rows changed at random: refused, or read and then usable.
    @Test(arguments: seeds) func noRowTraps(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let record = Self.cases[.random(in: Self.cases.indices, using: &random)]
            let row = changed(Row.values(of: record), using: &random)
            if let read = try? Row.read(CaseRecord.self, key: record.key, row) { use(read) }
            let change = Self.changes[.random(in: Self.changes.indices, using: &random)]
            let days = changed(Row.values(of: change), using: &random)
            let version = [Int64.min, 0, 1, 2, .max].randomElement(using: &random) ?? 2
            if var read = try? Row.read(CalendarRecord.self, key: version, days) {
                _ = try? read.calendar(after: .builtIn)
                read.movedCases += 1000
                _ = UInt64(read.movedCases) + UInt64(read.replannedClocks)
            }
            let counter = changed(Row.values(of: try counter()), using: &random)
            if let read = try? Row.read(CaseCounterRecord.self, key: "", counter), read.last > 0 {
                _ = CaseSerial(
                    item: try ItemCode(Matter.itemCode),
                    day: .latest,
                    number: Int(read.last)
                )
            }
            let item = try item()
            let items = changed(Row.values(of: item), using: &random)
            if let read = try? Row.read(ItemRecord.self, key: item.key, items) { use(read) }
        }
    }

    private func changed(_ row: [Value], using random: inout SeededGenerator) -> [Value] {
        let integers: [Int64] = [.min, .max, -1, 0, 1, 2, 3, 4, 9, 255, 1 << 31, 1 << 32]
        var row = row
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let index = Int.random(in: row.indices, using: &random)
            switch row[index] {
            case .integer, .null:
                row[index] = .integer(integers.randomElement(using: &random) ?? 0)
            case .blob(var bytes) where !bytes.isEmpty:
                let bit: UInt8 = .random(in: 0...7, using: &random)
                bytes[.random(in: bytes.indices, using: &random)] ^= 1 << bit
                row[index] = .blob(bytes)
            default: row[index] = .text("")
            }
        }
        return row
    }

    /// What the server does with a case that it has read.
    private func use(_ record: CaseRecord) {
        let circumstances = Circumstances(
            now: "2026-03-20T10:00",
            calendars: .builtIn,
            policy: Policy()
        )
        _ = UInt64(record.trail.version)
        _ = record.trail.clockKeys.map(UInt64.init)
        let fresh = CaseFile(record: record, clocks: [])
        try? fresh.requireVersion(1)
        var file = fresh
        file.settle(in: circumstances)
        try? file.accept(by: Matter.clerk, in: circumstances)
        file = fresh
        try? file.acceptWithGap(supplementBy: .latest, by: Matter.clerk, in: circumstances)
        file = fresh
        try? file.resubmit(missing: [], by: Matter.zhang, in: circumstances)
        file = fresh
        try? file.extend(by: 5, reason: "", approvedBy: Matter.head, in: circumstances)
    }

    private func use(_ item: ItemRecord) {
        guard let code = try? ItemCode(Matter.itemCode) else { return }
        let circumstances = Circumstances(
            now: "2026-03-20T10:00",
            calendars: .builtIn,
            policy: Policy()
        )
        var file = CaseFile.submit(
            serial: CaseSerial(item: code, day: .latest, number: 1),
            item: item,
            applicant: "zhang",
            channel: .post,
            by: Matter.clerk,
            in: circumstances
        )
        try? file.accept(by: Matter.clerk, in: circumstances)
        _ = file.next(in: .builtIn)
    }

    private static func fits(_ value: Value, _ column: Column) -> Bool {
        switch (value, column.storage) {
        case (.null, _): column.isOptional
        case (.integer, .integer), (.text, .text), (.blob, .blob): true
        default: false
        }
    }

    // MARK: Cards

    @Test func aRungOfADeadlineHasOneCard() {
        var keys: Set<Int64> = []
        for deadline: Int64 in 1...100 {
            for rung in Rung.allCases {
                let card = CardRecord(
                    deadline: deadline,
                    department: "LEAD",
                    clock: .promised,
                    firing: Firing(rung: rung, at: "2026-03-16T09:00"),
                    subject: "1"
                )
                #expect(keys.insert(card.key).inserted)
            }
        }
    }

    @Test func cardsAreListedByTimeThenRungThenClock() {
        #expect(CardRecord.byDepartment.columns == ["department", "at", "rung", "clock"])
        let table = Set(CardRecord.table.columns.map(\.name))
        #expect(table.isSuperset(of: CardRecord.byDepartment.columns))
    }
}
