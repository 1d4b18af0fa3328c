package import CivilTime
package import Store

/// What somebody has of a plan: hours by session, marks of the exam and of the one resit.
package struct EnrolmentRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let login: String
        package let plan: Int64

        package init(_ login: String, _ plan: Int64) {
            self.login = login
            self.plan = plan
        }

        package func write(to row: inout RowWriter) {
            row.text(login)
            row.integer(plan)
        }

        package init(row: inout RowReader) throws(StoreError) {
            login = try row.text()
            plan = try row.integer()
        }
    }

    /// An exam has one resit (补考).
    package static let marksMax = 2

    package let key: Key
    /// One for each session of the plan.
    package private(set) var hours: [Int32]
    package private(set) var marks: [Int32] = []
    /// When the exam was passed.
    package private(set) var passed: Instant?

    package init(_ key: Key, of plan: TrainingPlanRecord) {
        self.key = key
        hours = Array(repeating: 0, count: plan.sessions.count)
    }

    /// Whether the exam was passed, or can't be any more; nil while that is open.
    package func outcome(of plan: TrainingPlanRecord) -> Bool? {
        if passed != nil { return true }
        return plan.passMark != nil && marks.count == Self.marksMax ? false : nil
    }

    /// Records how long somebody was at a session; returns by how many hours that changes what is known, and
    /// the year in which they count.
    ///
    /// - Throws: `outOfRange` for no session of the plan, one that is to come, or more hours than it has.
    package mutating func attend(
        _ number: Int32,
        hours count: Int32,
        of plan: TrainingPlanRecord,
        on today: CivilDate
    ) throws(Refusal) -> (hours: Int32, year: Int) {
        let index = Int(number) - 1
        guard plan.sessions.indices.contains(index), hours.indices.contains(index) else {
            throw .outOfRange(field: "session", allowed: "1…\(plan.sessions.count)")
        }
        let session = plan.sessions[index]
        guard session.day <= today else {
            throw .outOfRange(field: "session", allowed: "one that has been, not of \(session.day)")
        }
        guard (0...session.hours).contains(count) else {
            throw .outOfRange(field: "hours", allowed: "0…\(session.hours)")
        }
        defer { hours[index] = count }
        return (count - hours[index], session.day.year)
    }

    /// Records a mark.
    ///
    /// - Throws: `wrongState` when the plan has no exam, or it was passed; `resatAlready`.
    package mutating func sit(
        _ mark: Int32,
        of plan: TrainingPlanRecord,
        at now: Instant
    ) throws(Refusal) {
        guard let passMark = plan.passMark else { throw .wrongState("NO_EXAM") }
        guard passed == nil else { throw .wrongState("PASSED") }
        guard marks.count < Self.marksMax else { throw .resatAlready }
        marks.append(mark)
        if mark >= passMark { passed = now }
    }

    package static let table = Table(
        "enrolment",
        key: [Column("login", .text), Column("plan", .integer)],
        columns: [
            Column("hours", .list(of: .integer)), Column("marks", .list(of: .integer)),
            Column("passed", .instant, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.list([hours.map { .integer(Int64($0)) }])
        row.list([marks.map { .integer(Int64($0)) }])
        row.instant(passed)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        hours = try row.integers().map { Int32(clamping: $0) }
        marks = try row.integers().map { Int32(clamping: $0) }
        passed = try row.optionalInstant()
    }
}

/// 学时: how many hours somebody attended in a year.
package struct TrainingHoursRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let login: String
        package let year: Int32

        package init(_ login: String, _ year: Int32) {
            self.login = login
            self.year = year
        }

        package func write(to row: inout RowWriter) {
            row.text(login)
            row.integer(Int64(year))
        }

        package init(row: inout RowReader) throws(StoreError) {
            login = try row.text()
            year = try row.integer(as: Int32.self)
        }
    }

    package let key: Key
    package private(set) var hours: Int32 = 0

    package init(_ key: Key) { self.key = key }

    package mutating func add(_ count: Int32) { hours = max(0, hours + count) }

    package static let table = Table(
        "training_hours",
        key: [Column("login", .text), Column("year", .integer)],
        columns: [Column("hours", .integer)]
    )

    package func write(to row: inout RowWriter) { row.integer(Int64(hours)) }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        hours = try row.integer(in: 0...Int32.max / 2)
    }
}
