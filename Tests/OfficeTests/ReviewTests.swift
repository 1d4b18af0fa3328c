import CivilTime
import Deadlines
import RuleTesting
import SeededRandom
import Store
import Testing
import WorkCalendar

@testable import Office

@Suite struct ReviewTests {
    private enum Command: CaseIterable {
        case rateWell, rateBadly, supplement, verify, verifyComplex, report, explain
        case satisfied, dissatisfied, close, appeal, dismiss, exclude

        func run(_ file: inout ReviewFile, _ circumstances: Circumstances) throws(Refusal) {
            let (clerk, zhang) = (Matter.clerk, Matter.zhang)
            switch self {
            case .rateWell:
                try file.rate(3, text: "", isAnonymous: false, by: zhang, in: circumstances)
            case .rateBadly:
                try file.rate(5, text: "慢", isAnonymous: true, by: zhang, in: circumstances)
            case .supplement:
                try file.supplement("仍慢", windowIsOpen: true, by: zhang, in: circumstances)
            case .verify: try file.verify(isComplex: false, by: clerk, in: circumstances)
            case .verifyComplex: try file.verify(isComplex: true, by: clerk, in: circumstances)
            case .report:
                try file.answer("已办", isExplanation: false, by: clerk, in: circumstances)
            case .explain:
                try file.answer("无误", isExplanation: true, by: clerk, in: circumstances)
            case .satisfied: try file.followUp(isSatisfied: true, by: clerk, in: circumstances)
            case .dissatisfied: try file.followUp(isSatisfied: false, by: clerk, in: circumstances)
            case .close: try file.close(by: clerk, in: circumstances)
            case .appeal: try file.appeal(reason: "恶意", by: clerk, in: circumstances)
            case .dismiss:
                try file.judgeAppeal(excludes: false, reason: "不成立", by: clerk, in: circumstances)
            case .exclude:
                try file.judgeAppeal(excludes: true, reason: "成立", by: clerk, in: circumstances)
            }
        }
    }

    /// What leads far is commoner.
    private static let commands =
        Command.allCases + Command.allCases.filter { $0 != .exclude && $0 != .appeal }
        + [.rateBadly, .verify, .report, .dissatisfied]

    private static func invited(at now: Instant) throws -> ReviewFile {
        var matter = try Matter.accepted(at: now)
        try matter.decide(.grant, at: now)
        try matter.deliver(at: now)
        return ReviewFile.invite(of: matter.file, by: "clerk", from: "window", at: now)
    }

    /// Whatever is done in whatever order: clocks run while something is due, figures fit, rows come back.
    @Test(arguments: seeds) func theStatesHoldTogether(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var reached: Set<ReviewFile.State> = []
        for number in 0..<600 {
            var now: Instant = "2026-06-01T10:00"
            var file = try Self.invited(at: now)
            var tally = ReviewTally(ReviewTally.Key(of: file.record))
            var counted: ReviewRecord?
            if number % 10 == 0 { file.closeWindow(at: now) }
            for step in 0..<20 {
                let circumstances = Circumstances(
                    now: now,
                    calendars: .builtIn,
                    policy: Policy()
                )
                file.settle(in: circumstances)
                let command = Self.commands.randomElement(using: &random) ?? .close
                var changed = file
                do {
                    try command.run(&changed, circumstances)
                    file = changed
                } catch {}
                for index in file.clocks.indices where file.clocks[index].key == nil {
                    file.assign(key: Int64(index + 1), toClock: index)
                }
                #expect(try Row.roundTrip(file.record) == file.record)
                tally.count(file.record, insteadOf: counted)
                counted = file.record
                check(file, tally, "seed \(seed), review \(number), step \(step), \(command)")
                reached.insert(file.state)
                now = now.adding(seconds: .random(in: 1...90_000, using: &random))
            }
            #expect(try Row.roundTrip(tally) == tally)
        }
        guard fixedSeeds.contains(seed) else { return }
        #expect(reached.isSuperset(of: [.rated, .negative, .rectifying, .explained, .followUp]))
        #expect(reached.isSuperset(of: [.appealed, .excluded, .closed, .supervised]))
        #expect(reached.contains(.closedUnrated))
    }

    private func check(_ file: ReviewFile, _ tally: ReviewTally, _ name: Comment) {
        let running = file.runningClocks.map(\.kind)
        switch file.state {
        case .negative: #expect(running == [.verify], name)
        case .rectifying: #expect(running == [.rectify], name)
        case .appealed:
            let areAllPaused = file.runningClocks.allSatisfy(\.deadline.isPaused)
            #expect(areAllPaused, name)
        default: #expect(running.isEmpty, name)
        }
        let counts = [tally.invited, tally.rated, tally.satisfied]
        let expected: [Int64] =
            switch file.state {
            case .excluded: [0, 0, 0]
            case .invited, .closedUnrated: [1, 0, 0]
            case .rated: [1, 1, 1]
            default: [1, 1, 0]
            }
        #expect(counts == expected, name)
        #expect(
            file.clocks.filter { $0.kind == .rectify }.count <= 2,
            "\(name): back to rectifying once"
        )
        #expect(!file.history.audits.contains { $0.actor == file.record.applicant }, name)
    }

    @Test func nobodyReviewsTheirOwnWork() throws {
        let file = try Self.invited(at: "2026-06-01T10:00")
        try file.requireApplicant(Matter.zhang)
        #expect(throws: Refusal.notApplicant) { try file.requireApplicant(Matter.clerk) }
        let own = ReviewFile.invite(
            of: try Matter.accepted(at: "2026-06-01T10:00").file,
            by: "zhang",
            from: "window",
            at: "2026-06-01T10:00"
        )
        #expect(throws: Refusal.notApplicant) { try own.requireApplicant(Matter.zhang) }
    }

    @Test func whoIsReviewedDoesNotSeeWhoSaidIt() throws {
        let file = try Self.invited(at: "2026-06-01T10:00")
        let supervisor = Actor(login: "s", roles: [.supervisor], department: "LEAD")
        #expect(file.mayIdentify(Matter.zhang) && file.mayIdentify(supervisor))
        #expect(!file.mayIdentify(Matter.clerk) && !file.mayIdentify(Matter.head))
    }

    @Test func rowsOfOtherHandsAreRefused() throws {
        var file = try Self.invited(at: "2026-06-01T10:00")
        let circumstances = Circumstances(
            now: "2026-06-01T11:00",
            calendars: .builtIn,
            policy: Policy()
        )
        try file.rate(5, text: "", isAnonymous: false, by: Matter.zhang, in: circumstances)
        let columns = ReviewRecord.table.columns.map(\.name)
        func refuses(_ changes: [String: Value]) {
            var values = Row.values(of: file.record)
            for (name, value) in changes {
                guard let index = columns.firstIndex(of: name) else {
                    Issue.record("no column \(name)")
                    return
                }
                values[index] = value
            }
            #expect(throws: StoreError.self, "\(changes)") {
                try Row.read(ReviewRecord.self, key: file.record.key, values)
            }
        }
        for number: Int64 in [-1, 0, 1, 2, 3, 5, 6, 7, .max] {
            refuses(["progress": .integer(number)])
        }
        for number: Int64 in [-1, 0, 2, 3, 4, 5, 6, 7, .max] {
            refuses(["handling": .integer(number)])
        }
        refuses(["grade": .integer(6)])
        refuses(["grade": .null])
        refuses(["handling": .null])
        refuses(["delivered": .integer(.max)])
        refuses(["version": .integer(-1)])
    }
}
