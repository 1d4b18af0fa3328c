import SeededRandom
import CivilTime
import RuleTesting
import Store
import Testing
import WorkCalendar

@testable import Deadlines

/// Deadlines through rows and back, and rows that other hands have changed.
@Suite struct DeadlineRecordTests {
    /// One of every budget, owner and state, with and without pauses, extensions and firings.
    static let records: [DeadlineRecord] = {
        let budgets: [Budget] = [
            .workingDays(10), .naturalDays(0), .workingMinutes(30), .through("2026-03-20"),
        ]
        let states: [Deadline.State] = [
            .running, .completed(at: "2026-03-09T10:00"), .cancelled(at: "2026-03-09T10:00"),
            .expired(at: "2026-03-17"),
        ]
        let ledgers = budgets.flatMap { budget in
            [
                Ledger(budget, from: "2026-03-02T10:00"),
                Ledger(
                    budget,
                    from: "2026-03-02T10:00",
                    pauses: [
                        ("2026-03-03T10:00", "2026-03-04T10:00"), ("2026-03-05T10:00", nil),
                    ],
                    extended: [1, 2]
                ),
            ]
        }
        return ledgers.enumerated().flatMap { number, ledger in
            states.map { state in
                DeadlineRecord(
                    key: Int64(number),
                    kind: ClockKind.allCases[number],
                    owner: number % 2 == 0
                        ? .client(login: "甲") : .file(FileKind(rawValue: 1), key: "1-2"),
                    label: "label \(number)",
                    deadline: Deadline(
                        ledger: ledger,
                        rungs: .all,
                        calendarVersion: .builtIn,
                        plannedAt: "2026-03-02T10:00",
                        state: state,
                        fired: number % 3 == 0 ? [] : DeadlineTests.onTime
                    ),
                    in: .builtIn
                )
            }
        }
    }()

    @Test(arguments: records.indices) func comesBackAsItWasWritten(_ index: Int) throws {
        let record = Self.records[index]
        #expect(try Self.read(Self.row(of: record), key: record.key) == record)
    }

    /// A reminder that an extension makes due at the moment of a yellow card, after that.
    @Test func rungsOfOneInstantComeBackAsTheyWere() throws {
        var clock = Deadline(.workingDays(1), .all, from: "2026-03-02T10:00", in: .builtIn)
        let moment: Instant = "2026-03-03T09:00"
        #expect(clock.settle(through: moment, in: .builtIn) == [yellow(moment)])
        try clock.extend(by: 1, at: moment, reason: "complex", in: .builtIn)
        #expect(clock.settle(through: moment, in: .builtIn) == [remind(moment)])
        let record = DeadlineRecord(
            key: 1,
            kind: .free,
            owner: .client(login: "a"),
            label: "",
            deadline: clock,
            in: .builtIn
        )
        #expect(try Self.read(Self.row(of: record), key: record.key) == record)
    }

    @Test func hasAColumnForEachValue() {
        for record in Self.records {
            let row = Self.row(of: record)
            #expect(row.count == DeadlineRecord.table.columns.count)
            for (value, column) in zip(row, DeadlineRecord.table.columns) {
                switch (value, column.storage) {
                case (.null, _): #expect(column.isOptional, "\(column.name)")
                case (.integer, .integer), (.text, .text), (.blob, .blob): break
                default: Issue.record("\(column.name) holds \(value)")
                }
            }
        }
    }

    @Test func isIndexedByWhatFiresNextAndByItsDueDate() throws {
        var clock = Deadline(.workingDays(10), .all, from: "2026-03-02T10:00", in: .builtIn)
        var record = DeadlineRecord(
            key: 1,
            kind: .free,
            owner: .client(login: "a"),
            label: "",
            deadline: clock,
            in: .builtIn
        )
        #expect(record.nextAt == "2026-03-13T09:00")
        #expect(record.listedDue == "2026-03-16")
        try clock.pause(at: "2026-03-05T10:00", reason: "hearing")
        record.deadline = clock
        record.index(in: .builtIn)
        #expect(record.nextAt == nil)
        #expect(record.listedDue == "2026-03-16")
        try clock.resume(at: "2026-03-06T10:00")
        try clock.complete(at: "2026-03-06T10:00")
        record.deadline = clock
        record.index(in: .builtIn)
        #expect(record.nextAt == nil)
        #expect(record.listedDue == nil)
    }

    // MARK: Rows that other hands have changed

    @Test func anotherKindOfValueIsRefused() {
        let row = Self.row(of: Self.records[4])
        let strange: [Value] = [.null, .integer(1), .text("1"), .blob([1])]
        for (index, column) in DeadlineRecord.table.columns.enumerated() {
            for value in strange where !Self.fits(value, column) {
                var changed = row
                changed[index] = value
                Self.expectRefusal(changed, "\(column.name) \(value)")
            }
        }
    }

    @Test func missingColumnsAreRefused() {
        let row = Self.row(of: Self.records[4])
        for count in row.indices { Self.expectRefusal(Array(row.prefix(count)), "\(count)") }
    }

    @Test(
        arguments: [
            ("kind", -1), ("kind", 0), ("kind", 1 << 40), ("owner_kind", -1), ("unit", 0),
            ("unit", 5),
            ("amount", -1), ("amount", 10_000_001), ("amount", 1 << 40), ("rungs", 256),
            ("calendar", -1), ("calendar", 1 << 40), ("state", 0), ("state", 5), ("ended_at", 0),
        ] as [(String, Int64)]
    )
    func numbersOutOfRangeAreRefused(_ column: String, _ number: Int64) throws {
        var row = Self.row(of: Self.records[0])
        let index = try #require(DeadlineRecord.table.columns.firstIndex { $0.name == column })
        row[index] = .integer(number)
        Self.expectRefusal(row, "\(column) \(number)")
    }

    @Test(
        arguments: [
            [[]], [[.integer(1), .integer(1)]], [[.text("1"), .integer(1), .text("")]],
            [[.integer(1), .text("1"), .text("")]], [[.integer(1), .integer(1), .integer(1)]],
            [[.integer(0), .integer(1), .text("")]], [[.integer(-5), .integer(1), .text("")]],
            [[.integer(.max), .integer(1), .text("")], [.integer(.max), .integer(1), .text("")]],
            [[.integer(9_999_999), .integer(1), .text("")]],
        ] as [[[Value]]]
    )
    func extensionsThatArentOnesAreRefused(_ list: [[Value]]) {
        var row = Self.row(of: Self.records[0])
        row[row.count - 2] = .blob(ValueList.encode(list))
        Self.expectRefusal(row, "\(list)")
    }

    @Test(
        arguments: [
            [[]], [[.integer(1), .null]], [[.text("1"), .null, .text("")]],
            [[.integer(1), .text("1"), .text("")]], [[.integer(1), .null, .null]],
        ] as [[[Value]]]
    )
    func pausesThatArentOnesAreRefused(_ list: [[Value]]) {
        var row = Self.row(of: Self.records[0])
        row[row.count - 1] = .blob(ValueList.encode(list))
        Self.expectRefusal(row, "\(list)")
    }

    /// Rows changed at random: refused, or read and then usable.
    @Test(arguments: seeds) func noRowTraps(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let integers: [Int64] = [
            .min, .max, -1, 0, 1, 2, 3, 4, 5, 16, 255, 1_772_000_000, 1 << 31, 1 << 32,
        ]
        let calendar = try #require(
            DeadlineRecord.table.columns.firstIndex { $0.name == "calendar" }
        )
        for _ in 0..<500 {
            var row = Self.row(of: Self.records[.random(in: 0..<32, using: &random)])
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: row.indices, using: &random)
                switch (row[index], Int.random(in: 0...5, using: &random)) {
                // Versions that never were are for whoever holds the calendars to refuse.
                case (.integer, 0...3) where index != calendar:
                    row[index] = .integer(integers.randomElement(using: &random) ?? 0)
                case (.blob(var bytes), 0...3) where !bytes.isEmpty:
                    let bit: UInt8 = .random(in: 0...7, using: &random)
                    bytes[.random(in: bytes.indices, using: &random)] ^= 1 << bit
                    row[index] = .blob(bytes)
                case (_, 4): row[index] = .null
                case (_, 5): row[index] = .text("\u{0}")
                default: break
                }
            }
            guard let record = try? Self.read(row, key: 1) else { continue }
            var deadline = record.deadline
            for today in [CivilDate.earliest, "2026-03-10", .latest] {
                _ = deadline.due(on: today, in: .builtIn)
                _ = deadline.used(at: today.start, in: .builtIn)
                _ = deadline.remaining(at: today.start, in: .builtIn)
                _ = deadline.overdueDays(at: today.start, in: .builtIn)
            }
            _ = deadline.settle(through: .latest, in: .builtIn)
            try? deadline.extend(by: 1, at: .earliest, reason: "", in: .builtIn)
            try? deadline.resume(at: .earliest)
            try? deadline.pause(at: .latest, reason: "")
        }
    }

    private static func row(of record: DeadlineRecord) -> [Value] {
        var writer = RowWriter()
        record.write(to: &writer)
        return writer.values
    }

    private static func read(_ row: [Value], key: Int64) throws(StoreError) -> DeadlineRecord {
        var reader = RowReader(table: "deadline", values: row)
        return try DeadlineRecord(key: key, row: &reader)
    }

    private static func fits(_ value: Value, _ column: Column) -> Bool {
        switch (value, column.storage) {
        case (.null, _): column.isOptional
        case (.integer, .integer), (.text, .text), (.blob, .blob): true
        default: false
        }
    }

    private static func expectRefusal(_ row: [Value], _ name: Comment) {
        #expect(throws: StoreError.self, name) { _ = try read(row, key: 1) }
    }
}
