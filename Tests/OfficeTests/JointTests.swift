import CivilTime
import Deadlines
import RuleTesting
import SeededRandom
import Store
import Testing
import WorkCalendar

@testable import Office

/// A joint approval of three departments, told step by step; after each step it is stored and loaded
/// again, as the server does.
private struct Approval {
    static let office = Actor(login: "office", roles: [.staff, .office], department: "OFFICE")

    private(set) var file: JointFile

    init(at now: Instant) throws {
        let matter = try Matter.accepted(statutory: 45, promised: 45, isJoint: true, at: now)
        file = try JointFile.open(
            matter.file,
            asking: [("A", .consult), ("B", .licensor), ("C", .consult)],
            opinionDays: 5,
            by: Matter.clerk,
            in: matter.circumstances(now)
        )
        store()
    }

    static func clerk(of department: String) -> Actor {
        Actor(login: "clerk-\(department)", roles: [.staff], department: department)
    }

    mutating func run(
        at now: Instant,
        _ command: (inout JointFile, Circumstances) throws(Refusal) -> Void
    ) throws(Refusal) {
        let circumstances = Circumstances(now: now, calendars: .builtIn, policy: Policy())
        file.matter.settle(in: circumstances)
        file.settle(in: circumstances)
        file.followMatter(in: circumstances)
        var changed = file
        try command(&changed, circumstances)
        changed.followMatter(in: circumstances)
        file = changed
        store()
    }

    /// Writes the record and the co-handlers, and expects to read the same.
    private mutating func store() {
        for index in file.clocks.indices where file.clocks[index].key == nil {
            file.assign(key: Int64(index + 1), toClock: index)
        }
        do {
            #expect(try Row.roundTrip(file.record) == file.record)
            for coHandler in file.coHandlers {
                let record = CoHandlerRecord(coHandler, of: file.record.key, due: "2026-06-23")
                #expect(try Row.roundTrip(record) == record)
            }
        } catch {
            Issue.record(error)
        }
    }
}

@Suite struct JointTests {
    private enum Command: CaseIterable {
        case dispatch, sign, agree, forward, disagree, correct, decline, override, acknowledge
        case release, replace, conclude, call, record
        case resubmitPartly, resubmit, pause, resume, withdraw

        func run(
            _ file: inout JointFile,
            _ department: String,
            _ circumstances: Circumstances
        ) throws(Refusal) {
            let clerk = Approval.clerk(of: department)
            switch self {
            case .dispatch: try file.dispatch(by: Matter.clerk, in: circumstances)
            case .sign: try file.sign(by: clerk, in: circumstances)
            case .agree:
                try file.give(.agree(forwarded: false, remark: ""), by: clerk, in: circumstances)
            case .forward:
                try file.give(.agree(forwarded: true, remark: "上报"), by: clerk, in: circumstances)
            case .disagree:
                try file.give(.disagree(reason: "噪声", nil), by: clerk, in: circumstances)
            case .correct:
                let items = ["图纸", "\(department) 的说明"]
                try file.give(.correction(reason: "", items: items), by: clerk, in: circumstances)
            case .decline: try file.decline(reason: "", by: clerk, in: circumstances)
            case .override:
                try file.requireConsulted(department)
                try file.override(department, reason: "已论证", by: Matter.clerk, in: circumstances)
            case .acknowledge: try file.acknowledgeOverride(by: clerk, in: circumstances)
            case .release:
                try file.assign(
                    department,
                    replacedBy: nil,
                    by: Approval.office,
                    in: circumstances
                )
            case .replace:
                try file.assign(
                    department,
                    replacedBy: "\(department)2",
                    by: Approval.office,
                    in: circumstances
                )
            case .conclude: try file.conclude(by: Matter.clerk, in: circumstances)
            case .call:
                try file.callVisit(
                    at: circumstances.now,
                    place: "城东路 1 号",
                    departments: [],
                    by: Matter.clerk,
                    in: circumstances
                )
            case .record:
                try file.recordVisit(
                    findings: "一致",
                    attended: [],
                    by: Matter.clerk,
                    in: circumstances
                )
            case .resubmitPartly:
                let missing = Array(file.matter.record.jointCorrections.suffix(1))
                try file.matter.resubmit(missing: missing, by: Matter.zhang, in: circumstances)
            case .resubmit:
                try file.matter.resubmit(missing: [], by: Matter.zhang, in: circumstances)
            case .pause:
                try file.matter.pause(
                    for: .hearing,
                    plannedDays: 3,
                    by: Matter.clerk,
                    in: circumstances
                )
            case .resume: try file.matter.resume(by: Matter.clerk, in: circumstances)
            case .withdraw: try file.matter.withdraw(by: Matter.zhang, in: circumstances)
            }
        }
    }

    /// What leads on is commoner than what ends it all.
    private static let commands =
        Command.allCases + Command.allCases.filter { $0 != .withdraw }
        + [.sign, .sign, .agree, .agree, .correct, .resubmit, .release, .conclude, .conclude]

    /// Whatever is done in whatever order, the co-handlers, their clocks and the case agree.
    @Test(arguments: seeds) func thePartsAgree(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var reached: Set<JointFile.State> = []
        for number in 0..<150 {
            var now: Instant = "2026-06-15T10:00"
            var approval = try Approval(at: now)
            var departments = ["A", "B", "C"]
            for step in 0..<40 {
                // What ends it all is rare, and what begins it comes first.
                let command =
                    step == 0 ? .dispatch : Self.commands.randomElement(using: &random) ?? .sign
                let department = departments.randomElement(using: &random) ?? "A"
                try? approval.run(at: now) { (file, circumstances) throws(Refusal) in
                    try command.run(&file, department, circumstances)
                }
                departments = approval.file.coHandlers.map(\.department)
                reached.insert(approval.file.state)
                check(approval.file, "seed \(seed), approval \(number), step \(step), \(command)")
                now = now.adding(seconds: .random(in: 1...90_000, using: &random))
            }
        }
        guard fixedSeeds.contains(seed) else { return }
        #expect(reached.isSuperset(of: [.dispatched, .collecting, .correction, .escalated]))
        #expect(reached.isSuperset(of: [.concluded, .cancelled]))
    }

    private func check(_ file: JointFile, _ name: Comment) {
        let isWithCoHandlers = file.record.progress == .dispatched
        for coHandler in file.coHandlers {
            let runs = file.runningIndex(.opinion, of: coHandler.department) != nil
            #expect(runs == (isWithCoHandlers && coHandler.standing == .asked), name)
            if let override = coHandler.override {
                let owed = file.runningIndex(.delivery, of: coHandler.department) != nil
                let isCancelled = file.state == .cancelled
                // Overdue reasons are still owed, by a clock that runs on.
                #expect(owed == (override.served == nil && !isCancelled), name)
            }
        }
        switch file.record.progress {
        case .open, .dispatched, .correcting:
            switch file.matter.record.state {
            case .active(.joint), .suspended(_, _, from: .joint): break
            default: Issue.record("\(name): the case is \(file.matter.record.state.name)")
            }
        case .concluded(let outcome, _):
            #expect(file.matter.record.jointOutcome == outcome, name)
            #expect(file.awaiting.isEmpty, name)
        case .cancelled:
            #expect(file.runningClocks.isEmpty, name)
        }
        let wanted = file.coHandlers.compactMap(\.corrections).joined()
        if file.record.progress == .correcting {
            #expect(!file.matter.record.jointCorrections.isEmpty, name)
            #expect(Set(file.matter.record.jointCorrections).isSubset(of: wanted), name)
        }
        let isPaused = if case .suspended = file.matter.record.state { true } else { false }
        for clock in file.runningClocks where clock.kind == .opinion {
            #expect(clock.deadline.isPaused == isPaused, name)
        }
        #expect(file.record.trail.version == Int64(file.history.audits.count), name)
    }

    @Test func rowsOfOtherHandsAreRefused() throws {
        let approval = try Approval(at: "2026-06-15T10:00")
        let record = CoHandlerRecord(CoHandler("A", as: .consult), of: "1", due: nil)
        func refuses<R: Record>(_ record: R, _ column: String, _ value: Value) {
            var values = Row.values(of: record)
            guard let index = R.table.columns.firstIndex(where: { $0.name == column }) else {
                Issue.record("no column \(column)")
                return
            }
            values[index] = value
            #expect(throws: StoreError.self, "\(column) \(value)") {
                try Row.read(R.self, key: record.key, values)
            }
        }
        for number: Int64 in [-1, 0, 8, .max] {
            refuses(record, "standing", .integer(number))
            refuses(record, "role", .integer(number))
            refuses(approval.file.record, "progress", .integer(number))
        }
        for number: Int64 in 2...7 { refuses(record, "standing", .integer(number)) }
        for number: Int64 in 4...5 {
            refuses(approval.file.record, "progress", .integer(number))
        }
        refuses(record, "round", .integer(0))
        refuses(record, "corrected", .blob([1, 2, 3]))
        refuses(approval.file.record, "version", .integer(-1))
        refuses(approval.file.record, "clocks", .blob([9]))
        refuses(approval.file.record, "opinion_days", .integer(.max))
    }
}
