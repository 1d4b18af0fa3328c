import BanjieProtocol
import CivilTime
import Foundation
import Office
import Store
import StoreModel
import Synchronization
import Testing
import Wire
import WorkCalendar

@testable import BanjieServer

/// An engine over a model store, stepped by the test: no thread, no socket, a clock that stands still.
final class EngineBench {
    let disk: ModelDisk
    let clock: ServerClock
    let shared: SharedState
    private(set) var store: ModelStore
    private var engine: Engine<Int>
    private let answers = Answers()
    private var lastTicket = 0

    private final class Answers: Sendable {
        let all = Mutex<[Int: EngineOutcome]>([:])
    }

    static let staff = Actor(login: "clerk", roles: [.staff], department: "LEAD")
    static let `operator` = Actor(login: "operator", roles: [.operator], department: "")

    init(at start: String, disk: ModelDisk = ModelDisk()) throws {
        guard let instant = Instant(start) else { throw BenchError.badInstant(start) }
        self.disk = disk
        clock = ServerClock(virtual: instant)
        shared = SharedState(
            calendars: CalendarTimeline(.builtIn),
            clock: clock,
            policy: Policy()
        )
        store = ModelStore(disk: disk)
        let answers = answers
        engine = try Engine(
            store: store,
            shared: shared,
            gapMax: nil,
            replySeconds: 30 * 86_400,
            log: { _ in },
            exit: EngineExit(
                deliver: { batch in
                    answers.all.withLock { all in
                        for answer in batch { all[answer.ticket] = answer.outcome }
                    }
                }
            )
        )
    }

    enum BenchError: Error {
        case badInstant(String)
        case noAnswer
        case failed(EngineFailure)
    }

    /// A call of a method, as the router would hand it over.
    func call(
        _ method: MethodDescriptor,
        _ request: some Message,
        as actor: Actor = staff,
        id: String = ""
    ) -> EngineCall<Int> {
        lastTicket += 1
        return EngineCall(
            method: method.id,
            body: request.encoded(),
            actor: actor,
            requestID: Array(id.utf8),
            language: .english,
            ticket: lastTicket
        )
    }

    /// Runs a batch of commands and returns what came of each.
    func run(_ calls: [EngineCall<Int>]) -> [EngineOutcome?] {
        engine.step(calls)
        return answers.all.withLock { all in calls.map { all[$0.ticket] } }
    }

    /// Runs commands with commits on a thread of their own, and ends the engine.
    func runToTheEnd(_ calls: [EngineCall<Int>]) -> [EngineOutcome?] {
        let inbox = Inbox<EngineCall<Int>>(capacity: calls.count)
        #expect(inbox.add(calls) == calls.count)
        inbox.close()
        engine.run(inbox)
        return answers.all.withLock { all in calls.map { all[$0.ticket] } }
    }

    /// Runs one command that must succeed.
    func reply<Reply: Message>(
        _ method: MethodDescriptor,
        _ request: some Message,
        as actor: Actor = staff,
        id: String = ""
    ) throws -> Reply {
        switch run([call(method, request, as: actor, id: id)]).first {
        case .some(.some(.reply(let bytes, _))): return try Reply(decoding: bytes)
        case .some(.some(.failure(let failure))): throw BenchError.failed(failure)
        default: throw BenchError.noAnswer
        }
    }

    /// Runs one command that must be refused, and returns the reason.
    func refusal(
        _ method: MethodDescriptor,
        _ request: some Message,
        as actor: Actor = staff,
        id: String = ""
    ) throws -> Reason {
        guard
            case .some(.some(.failure(let failure))) = run([
                call(method, request, as: actor, id: id)
            ]).first
        else { throw BenchError.noAnswer }
        return failure.report.reason
    }

    /// Moves the clock; everything that fell due fires.
    @discardableResult
    func move(to instant: String) throws -> ClockMoved {
        guard let target = Instant(instant) else { throw BenchError.badInstant(instant) }
        return try reply(
            AdminMethods.advanceClock,
            AdvanceClockRequest(to: target),
            as: Self.operator
        )
    }

    /// Steps without calls until a condition holds; false when it doesn't within a bound.
    func settle(until holds: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<1000 {
            if try holds() { return true }
            engine.step([])
        }
        return false
    }

    /// Every rung that fired, in order.
    func firings() throws -> [BanjieProtocol.Firing] {
        try store.events(
            after: 0,
            topics: EventTopic.mask(EventTopic.fired),
            limit: 100_000
        ).map { try BanjieProtocol.Firing(decoding: $0.draft.payload) }
    }
}
