import BanjieProtocol
import CivilTime
import Deadlines
import Foundation
import Office
import Store
import StoreModel
import Testing

@testable import BanjieServer

@Suite struct EngineTests {
    private func arm(_ days: Int32, _ rungs: [BanjieProtocol.Rung] = [.expire]) -> ArmRequest {
        ArmRequest(limit: days, unit: .working, rungs: rungs, label: "x")
    }

    @Test func aRetriedCommandGetsTheFirstAnswerAlsoAfterARestart() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let first: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(5), id: "a")
        let head = try bench.store.head()
        let again = bench.run([bench.call(DeadlinesMethods.arm, arm(5), id: "a")]).first
        guard case .some(.some(.reply(let bytes, isReplay: true))) = again else {
            Issue.record("not a replay: \(String(describing: again))")
            return
        }
        #expect(bytes == first.encoded())
        #expect(try bench.store.head() == head)

        let restarted = try EngineBench(at: "2026-03-02T11:00:00", disk: bench.disk)
        let later: DeadlineView = try restarted.reply(DeadlinesMethods.arm, arm(5), id: "a")
        #expect(later == first)
        #expect(
            try restarted.refusal(DeadlinesMethods.arm, arm(6), id: "a") == .requestIdReused
        )
    }

    @Test func twoCommandsOfOneBatchWithOneIdAreOne() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let outcomes = bench.run([
            bench.call(DeadlinesMethods.arm, arm(5), id: "a"),
            bench.call(DeadlinesMethods.arm, arm(5), id: "a"),
        ])
        let replays = outcomes.map { outcome -> Bool? in
            if case .some(.reply(_, let isReplay)) = outcome { isReplay } else { nil }
        }
        #expect(replays == [false, true])
        #expect(try bench.store.count(DeadlineRecord.self) == 1)
    }

    @Test func aRefusedCommandLeavesNothingAndItsIdFree() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let before = try bench.store.head()
        let reason = try bench.refusal(DeadlinesMethods.arm, arm(-1), id: "a")
        #expect(reason == .outOfRange)
        #expect(try bench.store.head() == before)
        let _: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(5), id: "a")
    }

    @Test func aFailedCommitAnswersNobodyWithSuccessAndKeepsNothing() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        bench.store.nextCommitFailure = .notWritable("no room")
        #expect(try bench.refusal(DeadlinesMethods.arm, arm(5)) == .storeNotWritable)
        #expect(try bench.store.count(DeadlineRecord.self) == 0)
        #expect(bench.shared.current.status.writable == false)
        let _: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(5))
        #expect(bench.shared.current.status.writable)
        #expect(try bench.store.count(DeadlineRecord.self) == 1)
    }

    @Test func whatIsNotedForTheAuditLogOutlivesAFailedCommit() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let note = AuditNotes.Note(actor: "system", kind: "SIGN_IN_FAILED", subject: "person/li")
        #expect(bench.shared.notes.add(note))
        bench.store.nextCommitFailure = .notWritable("no room")
        #expect(try bench.refusal(DeadlinesMethods.arm, arm(5)) == .storeNotWritable)
        let _: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(5))
        let kinds = try bench.store.auditEntries(after: 0, limit: 10).map(\.draft.kind)
        #expect(kinds.filter { $0 == "SIGN_IN_FAILED" }.count == 1)
    }

    /// The first batch fails while others have run on top of it: what was acknowledged is there, and
    /// nothing else.
    @Test func whatRanOnTopOfAFailedBatchIsDroppedWithIt() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        bench.store.nextCommitFailure = .notWritable("no room")
        // Time for the engine to run ahead; whether it does changes no answer.
        bench.store.willCommit = { Thread.sleep(forTimeInterval: 0.02) }
        let calls = (0..<5 * Engine<Int>.batchMin).map { number in
            bench.call(DeadlinesMethods.arm, arm(5), id: String(format: "%04d", number))
        }
        let outcomes = bench.runToTheEnd(calls)
        var armed: Set<UInt64> = []
        var refused = 0
        for outcome in outcomes {
            switch try #require(outcome) {
            case .reply(let bytes, let isReplay):
                #expect(!isReplay)
                #expect(armed.insert(try DeadlineView(decoding: bytes).deadline).inserted)
            case .failure(let failure):
                #expect(failure.report.reason == .storeNotWritable)
                refused += 1
            }
        }
        #expect(refused >= Engine<Int>.batchMin && armed.count + refused == calls.count)
        let stored = try bench.store.find(DeadlineRecord.self, Search(limit: .max))
        #expect(Set(stored.map { UInt64($0.key) }) == armed)
        #expect(bench.shared.current.status.armed == UInt64(armed.count))
        #expect(bench.shared.current.status.commit == (try bench.store.head().commit))
    }

    @Test func batchesOnTheirOwnThreadAnswerAllInOrder() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let calls = (0..<3000).map { number in
            bench.call(DeadlinesMethods.arm, arm(5), id: String(format: "%04d", number / 2))
        }
        let outcomes = bench.runToTheEnd(calls)
        for (number, outcome) in outcomes.enumerated() {
            guard case .some(.reply(let bytes, let isReplay)) = outcome else {
                Issue.record("call \(number) wasn't answered")
                return
            }
            #expect(isReplay == (number % 2 == 1))
            #expect(try DeadlineView(decoding: bytes).deadline == UInt64(number / 2 + 1))
        }
        #expect(try bench.store.head().auditSequence == 1500)
        #expect(try AuditVerifier.verify(bench.store) == .intact(try bench.store.head().audit))
    }

    @Test func manyDueAtOneInstantFireOnceEachInOrder() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let count = Engine<Int>.sliceMax + 100
        _ = bench.run(
            (0..<count).map { _ in bench.call(DeadlinesMethods.arm, arm(1, [.red, .expire])) }
        )
        let moved = try bench.move(to: "2026-03-10T00:00:00")
        #expect(moved.fired == UInt64(2 * count))
        let firings = try bench.firings()
        #expect(firings.count == 2 * count)
        #expect(Set(firings.map { "\($0.deadline) \($0.rung)" }).count == 2 * count)
        #expect(Set(firings.map(\.at)) == [Instant("2026-03-04T00:00:00")])
        try bench.move(to: "2026-04-10T00:00:00")
        #expect(try bench.firings().count == 2 * count)
    }

    @Test func whatFellDueWhileDownFiresOnceDatedWhenItWasDue() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let _: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(1))
        let restarted = try EngineBench(at: "2026-03-20T10:00:00", disk: bench.disk)
        let fired = try restarted.settle { try restarted.firings().count == 1 }
        #expect(fired)
        #expect(try restarted.firings().map(\.at) == [Instant("2026-03-04T00:00:00")])
        let again = try EngineBench(at: "2026-03-21T10:00:00", disk: bench.disk)
        try again.move(to: "2026-03-22T10:00:00")
        #expect(try again.firings().count == 1)
    }

    @Test func aCommandSettlesWhatIsDueHoweverLateTheSchedulerIs() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let armed: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(1))
        let late = try EngineBench(at: "2026-03-04T00:00:00", disk: bench.disk)
        // The very first batch: nothing has fired yet.
        let reason = try late.refusal(
            DeadlinesMethods.complete,
            DeadlineRequest(deadline: armed.deadline)
        )
        #expect(reason == .wrongState)
    }

    @Test func onlyWhoArmedADeadlineChangesIt() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let armed: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(5))
        let other = Actor(login: "other", roles: [.staff], department: "LEAD")
        let request = DeadlineRequest(deadline: armed.deadline)
        #expect(try bench.refusal(DeadlinesMethods.complete, request, as: other) == .notOwner)
    }

    @Test func aCalendarChangeReplansEveryRunningClockAlsoAcrossARestart() throws {
        let bench = try EngineBench(at: "2026-06-01T10:00:00")
        for _ in 0..<3 {
            let _: DeadlineView = try bench.reply(DeadlinesMethods.arm, arm(10))
        }
        let made: CalendarVersionView = try bench.reply(
            CalendarMethods.change,
            ChangeCalendarRequest(
                off: [try #require(CivilDate("2026-06-08"))],
                reason: "台风停工"
            ),
            as: EngineBench.operator
        )
        #expect(made.version == 2)
        // The engine dies before the clocks have been re-planned.
        let restarted = try EngineBench(at: "2026-06-07T20:00:00", disk: bench.disk)
        let isDone = try restarted.settle {
            try restarted.store.load(CalendarRecord.self, 2)?.isReplanned ?? false
        }
        #expect(isDone)
        let records = try restarted.store.find(DeadlineRecord.self, Search(limit: 10))
        #expect(records.map(\.listedDue) == Array(repeating: CivilDate("2026-06-16"), count: 3))
        #expect(try restarted.store.load(CalendarRecord.self, 2)?.replannedClocks == 3)
        let reasons = try restarted.store.auditEntries(after: 0, limit: 100)
            .filter { $0.draft.kind == "CALENDAR_CHANGED" }.map(\.draft.detail)
        #expect(reasons == Array(repeating: "台风停工: 2026-06-15 to 2026-06-16", count: 3))
    }

    @Test func theVirtualClockNeverGoesBack() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let request = AdvanceClockRequest(to: try #require(Instant("2026-03-02T09:59:59")))
        let reason = try bench.refusal(AdminMethods.advanceClock, request, as: EngineBench.operator)
        #expect(reason == .clockNotVirtual)
    }

    @Test func aCalendarChangeNamesADay() throws {
        let bench = try EngineBench(at: "2026-03-02T10:00:00")
        let reason = try bench.refusal(
            CalendarMethods.change,
            ChangeCalendarRequest(reason: "nothing"),
            as: EngineBench.operator
        )
        #expect(reason == .outOfRange)
        #expect(try bench.store.head().commit == 0)
    }
}
