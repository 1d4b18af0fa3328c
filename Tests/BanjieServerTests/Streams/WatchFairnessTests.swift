import BanjieProtocol
import CivilTime
import Office
import Store
import StoreModel
import Testing
import Transport
import WorkCalendar

@testable import BanjieServer
@testable import Transport

/// Whoever reads a long log lets others have their turns meanwhile.
@Suite struct WatchFairnessTests {
    private static let backlog = 100_000

    /// The watches' own snapshots, with the turns counted.
    private final class CountedTurns: StreamContexts {
        private let contexts: WatchContexts
        var taken: [CallTicket: Int] = [:]
        var mostLooks = 0

        init(_ contexts: WatchContexts) { self.contexts = contexts }

        func atOnce(_ body: () -> Void) throws(StoreError) { try contexts.atOnce(body) }

        func turn<Result>(
            of stream: CallTicket,
            for caller: StreamCaller,
            _ body: (inout WatchContext) throws(DispatchFailure<HandlerFailure>) -> Result
        ) throws(DispatchFailure<HandlerFailure>) -> Result {
            taken[stream, default: 0] += 1
            return try contexts.turn(of: stream, for: caller) {
                (context) throws(DispatchFailure<HandlerFailure>) in
                let result = try body(&context)
                mostLooks = max(mostLooks, WatchContext.looksPerTurn - context.looksLeft)
                return result
            }
        }
    }

    private static func store(firings: Int, at instant: Instant) throws -> ModelStore {
        let store = ModelStore()
        let unit = try UnitOfWork(store: store)
        let payload = Firing(label: "often").encoded()
        unit.beginCommand()
        for _ in 0..<firings {
            unit.publish(EventDraft(topic: EventTopic.fired, payload: payload))
        }
        unit.acceptCommand(reply: nil)
        _ = try unit.commit(at: instant)
        return store
    }

    private static func opening(
        _ connection: UInt32,
        _ request: WatchFiredRequest
    ) -> StreamOpening {
        let ticket = CallTicket(
            connection: ConnectionID(reactor: 0, index: connection, generation: 1),
            stream: 1,
            slot: 0
        )
        let observed = ObservedCall(
            methodID: DeadlinesMethods.watch.id,
            method: nil,
            connection: ticket.connection,
            receivedAt: MonotonicTime.now(),
            deadline: .never,
            trace: nil
        )
        return StreamOpening(
            method: DeadlinesMethods.watch,
            body: request.encoded(),
            caller: StreamCaller(
                actor: Actor(login: "clerk", roles: [.staff], department: "LEAD"),
                language: .english
            ),
            room: .max,
            call: HeldCall(ticket: ticket, observed: observed)
        )
    }

    /// - Parameter label: of what is sought in a log where all is "often".
    @Test(arguments: ["often", "never"])
    func theWholeLogIsReadInTurns(label: String) throws {
        let morning = try #require(Instant("2026-03-02T10:00:00"))
        let store = try Self.store(firings: Self.backlog, at: morning)
        let shared = SharedState(
            calendars: CalendarTimeline(.builtIn),
            clock: ServerClock(virtual: morning),
            policy: Policy()
        )
        let turns = CountedTurns(
            try WatchContexts(try store.makeReader(), shared: shared, connections: { 0 })
        )
        var table = StreamTable(open: ServiceRegistry.openWatch)
        var batch = ReplyBatch()
        let slow = Self.opening(1, WatchFiredRequest(after: 0, label: label))
        table.take(.opened(slow), into: &batch)
        for _ in 0..<3 { try table.run(with: turns, into: &batch) }
        // Somebody comes while the log is read, and has a turn in the next round.
        let fresh = Self.opening(2, WatchFiredRequest())
        table.take(.opened(fresh), into: &batch)
        try table.run(with: turns, into: &batch)
        #expect(turns.taken == [slow.call.ticket: 4, fresh.call.ticket: 1])
        #expect(table.hasRunnable)
        while table.hasRunnable {
            batch.removeAll()
            try table.run(with: turns, into: &batch)
        }
        #expect(turns.mostLooks <= WatchContext.looksPerTurn)
        #expect(
            turns.taken[slow.call.ticket, default: 0] >= Self.backlog / WatchContext.looksPerTurn
        )
        #expect(turns.taken[fresh.call.ticket] == 1)
        #expect(table.takeEnded().isEmpty)
    }
}
