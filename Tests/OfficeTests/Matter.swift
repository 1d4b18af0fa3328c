import CivilTime
import Deadlines
import RuleTesting
import Store
import Testing
import WorkCalendar

@testable import Office

/// A matter at the window, told step by step.
///
/// Each step is settled up to its moment first, a refused one leaves the matter alone, and after
/// each the matter is stored and loaded again, as the server does.
struct Matter {
    static let clerk = Actor(login: "clerk", roles: [.staff], department: "LEAD")
    static let head = Actor(login: "head", roles: [.head], department: "LEAD")
    static let mayor = Actor(login: "mayor", roles: [.governmentHead], department: "GOV")
    static let zhang = Actor(login: "zhang", roles: [.applicant], department: "")

    static let itemCode = "91350100M000100Y431" + "000112345000"

    private(set) var file: CaseFile
    var calendars: CalendarTimeline
    var policy: Policy

    /// Submits the matter.
    init(
        statutory: Int32 = 20,
        promised: Int32 = 20,
        isInstant: Bool = false,
        isJoint: Bool = false,
        at now: Instant,
        calendars: CalendarTimeline = .builtIn,
        policy: Policy = Policy()
    ) {
        self.calendars = calendars
        self.policy = policy
        do {
            let item = try ItemRecord(
                code: Self.itemCode,
                version: 1,
                name: "item",
                department: "LEAD",
                statutoryDays: statutory,
                promisedDays: promised,
                isInstant: isInstant,
                isJoint: isJoint,
                at: .earliest
            )
            file = CaseFile.submit(
                serial: CaseSerial(item: try ItemCode(Self.itemCode), day: now.date, number: 1),
                item: item,
                applicant: "zhang",
                channel: .window,
                by: Self.zhang,
                in: Circumstances(now: now, calendars: calendars, policy: policy)
            )
        } catch {
            preconditionFailure("\(error)")
        }
        store()
    }

    /// A matter that was accepted when it was submitted.
    static func accepted(
        statutory: Int32 = 20,
        promised: Int32 = 20,
        isJoint: Bool = false,
        at now: Instant
    ) throws -> Matter {
        var matter = Matter(statutory: statutory, promised: promised, isJoint: isJoint, at: now)
        try matter.accept(at: now)
        return matter
    }

    /// Lets time pass until `now`.
    mutating func pass(to now: Instant) {
        file.settle(in: circumstances(now))
        store()
    }

    func circumstances(_ now: Instant) -> Circumstances {
        Circumstances(now: now, calendars: calendars, policy: policy)
    }

    mutating func run(
        at now: Instant,
        _ command: (inout CaseFile, Circumstances) throws(Refusal) -> Void
    ) throws(Refusal) {
        pass(to: now)
        var changed = file
        try command(&changed, circumstances(now))
        file = changed
        store()
    }

    /// Puts a record into the place of the stored one, for states that no command reaches yet.
    mutating func replace(state: CaseState) {
        var record = file.record
        record.state = state
        file = CaseFile(record: record, clocks: file.clocks)
    }

    /// Writes the case and its clocks, and expects to read the same.
    private mutating func store() {
        for index in file.clocks.indices where file.clocks[index].key == nil {
            file.assign(key: Int64(index + 1), toClock: index)
        }
        do {
            #expect(try Row.roundTrip(file.record) == file.record)
            for clock in file.clocks {
                let record = DeadlineRecord(
                    key: clock.key ?? 0,
                    kind: clock.kind,
                    owner: .file(CaseFile.kind, key: file.record.key),
                    label: "",
                    deadline: clock.deadline,
                    in: calendars
                )
                #expect(try Row.roundTrip(record) == record)
            }
        } catch {
            Issue.record(error)
        }
    }
}

// MARK: What people do

extension Matter {
    mutating func accept(at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.accept(by: Self.clerk, in: circumstances)
        }
    }

    mutating func acceptWithGap(by day: CivilDate, at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.acceptWithGap(supplementBy: day, by: Self.clerk, in: circumstances)
        }
    }

    mutating func supplyGap(at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.supplyGap(by: Self.zhang, in: circumstances)
        }
    }

    mutating func refuse(agency: String? = nil, at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.refuse(
                reason: "no permit is required",
                competentAgency: agency,
                by: Self.clerk,
                in: circumstances
            )
        }
    }

    mutating func notifyCorrection(_ items: [String], at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.notifyCorrection(items: items, by: Self.clerk, in: circumstances)
        }
    }

    mutating func resubmit(missing: [String] = [], at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.resubmit(missing: missing, by: Self.zhang, in: circumstances)
        }
    }

    mutating func beginReview(at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.beginReview(by: Self.clerk, in: circumstances)
        }
    }

    mutating func pause(for reason: PauseReason = .hearing, at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.pause(for: reason, plannedDays: 10, by: Self.clerk, in: circumstances)
        }
    }

    mutating func resume(at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.resume(by: Self.clerk, in: circumstances)
        }
    }

    /// Extends as the server does: the right by the record first.
    mutating func extend(
        by days: Int32,
        approver: Actor = head,
        at now: Instant
    ) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.requireHead(approver)
            try file.extend(
                by: days,
                reason: "complex",
                approvedBy: approver,
                in: circumstances
            )
        }
    }

    mutating func decide(_ result: Decision.Result, at now: Instant) throws(Refusal) {
        let remedies = result == .deny ? "reconsideration within 60 days" : ""
        let decision = try Decision(result, reason: "as the law says", remedies: remedies)
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.decide(decision, by: Self.clerk, in: circumstances)
        }
    }

    mutating func deliver(at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.deliver(by: Self.clerk, in: circumstances)
        }
    }

    mutating func withdraw(at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.withdraw(by: Self.zhang, in: circumstances)
        }
    }

    mutating func archive(at now: Instant) throws(Refusal) {
        try run(at: now) { (file, circumstances) throws(Refusal) in
            try file.archive(by: Self.clerk, in: circumstances)
        }
    }
}

// MARK: How it stands

extension Matter {
    var state: String { file.record.state.name }

    var receipt: CivilDate { file.record.receipt }

    var acceptance: CivilDate? { file.record.acceptance }

    var running: [ClockKind] { file.runningClocks.map(\.kind) }

    /// The due date of the newest clock of a kind.
    func due(_ kind: ClockKind, on today: CivilDate = "2026-12-31") -> CivilDate? {
        file.clock(kind)?.deadline.due(on: today, in: calendars)
    }

    func result(_ kind: ClockKind, at now: Instant) -> ClockResult? {
        file.clock(kind)?.deadline.result(at: now, in: calendars)
    }

    func overdueDays(_ kind: ClockKind, at now: Instant) -> Int? {
        file.clock(kind)?.deadline.overdueDays(at: now, in: calendars)
    }

    func used(_ kind: ClockKind, on today: CivilDate) -> Int? {
        file.clock(kind)?.deadline.used(at: today.start, in: calendars)
    }

    func remaining(_ kind: ClockKind, on today: CivilDate) -> Int? {
        file.clock(kind)?.deadline.remaining(at: today.start, in: calendars)
    }

    func isProvisional(on today: CivilDate) -> Bool {
        file.runningClocks.contains { $0.deadline.isProvisional(on: today, in: calendars) }
    }

    /// The cards in the order in which they were issued.
    var cards: [String] {
        file.history.firings.filter { $0.firing.rung != .expire }.map {
            "\(file.clocks[$0.clock].kind) \($0.firing.rung) \($0.firing.at)"
        }
    }

    /// What was audited, in order.
    var audits: [String] { file.history.audits.map { "\($0.at) \($0.kind)" } }
}

/// Records through rows and back.
enum Row {
    static func values(of record: some Record) -> [Value] {
        var writer = RowWriter()
        record.write(to: &writer)
        return writer.values
    }

    static func read<R: Record>(
        _ type: R.Type,
        key: R.Key,
        _ values: [Value]
    ) throws(StoreError) -> R {
        var reader = RowReader(table: R.table.name, values: values)
        return try R(key: key, row: &reader)
    }

    static func roundTrip<R: Record>(_ record: R) throws(StoreError) -> R {
        try read(R.self, key: record.key, values(of: record))
    }
}
