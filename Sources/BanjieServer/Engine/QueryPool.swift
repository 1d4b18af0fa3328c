internal import BanjieProtocol
internal import Dispatch
internal import Office
internal import Store
internal import Wire
internal import WorkCalendar

/// A few threads that answer queries from snapshots, each on a connection of its own.
///
/// Queries don't wait for commands. Each batch of answers is delivered when the thread runs out of
/// calls, so that one wake-up of the loop serves many.
final class QueryPool<Ticket: Sendable>: Sendable {
    /// The most calls that a thread takes at once.
    static var batchMax: Int { 64 }

    private let inbox: Inbox<EngineCall<Ticket>>
    private let shared: SharedState
    private let deliver: @Sendable ([EngineAnswer<Ticket>]) -> Void
    private let log: @Sendable (String) -> Void
    private let connections: @Sendable () -> Int
    private let finished = DispatchGroup()

    init(
        shared: SharedState,
        capacity: Int,
        connections: @escaping @Sendable () -> Int,
        log: @escaping @Sendable (String) -> Void,
        deliver: @escaping @Sendable ([EngineAnswer<Ticket>]) -> Void
    ) {
        inbox = Inbox(capacity: capacity)
        self.shared = shared
        self.deliver = deliver
        self.log = log
        self.connections = connections
    }

    /// How many calls wait.
    var waitingCount: Int { inbox.count }

    /// Takes calls; returns how many fitted, the first ones.
    func add(_ calls: [EngineCall<Ticket>]) -> Int { inbox.add(calls) }

    /// How many more would be let in now.
    var room: Int { inbox.room }

    /// Starts threads, each with a reader that `makeReader` opens on it.
    func start(
        threads: Int,
        makeReader: @escaping @Sendable () throws(StoreError) -> any RecordReader
    ) throws(StoreError) {
        for number in 0..<threads {
            finished.enter()
            try startThread(named: "query-\(number)", opening: makeReader) { [self] reader in
                run(reader)
                finished.leave()
            }
        }
    }

    /// Answers what waits and ends the threads.
    func stop() {
        inbox.close()
        finished.wait()
    }

    private func run(_ reader: any RecordReader) {
        while answerBatch(from: reader, waitingMilliseconds: 1000) {}
    }

    /// Answers some of what waits, and waits at most so long for the first of it; false once the pool is
    /// stopped and empty.
    @discardableResult
    func answerBatch(
        from reader: any RecordReader,
        waitingMilliseconds milliseconds: Int
    ) -> Bool {
        guard let calls = inbox.take(limit: Self.batchMax, waitingMilliseconds: milliseconds)
        else { return false }
        guard !calls.isEmpty else { return true }
        deliver(calls.map { EngineAnswer(ticket: $0.ticket, outcome: answer($0, from: reader)) })
        return true
    }

    private func answer(
        _ call: EngineCall<Ticket>,
        from reader: any RecordReader
    ) -> EngineOutcome {
        guard let route = ServiceRegistry.route(call.method), let queries = route.queries else {
            preconditionFailure("the router hands over known queries only")
        }
        do {
            var writer = MessageWriter()
            try reader.atOnce {
                var context = try shared.queryContext(
                    for: call.actor,
                    on: reader,
                    at: try reader.head(),
                    connections: connections()
                )
                try dispatching(call.body) { (body) throws(DispatchFailure<HandlerFailure>) in
                    try queries.dispatchQuery(
                        route.method.number,
                        body,
                        in: &context,
                        reply: &writer
                    )
                }
            }
            return .reply(route.shown(writer.bytes), isReplay: false)
        } catch {
            let failure: HandlerFailure =
                switch error {
                case let failure as HandlerFailure: failure
                case let error as StoreError: .store(error)
                default: .server(.internal)
                }
            if case .store(let error) = failure { log("\(error)") }
            return .failure(
                EngineFailure(report: failure.report(in: call.language), isOutcomeKnown: true)
            )
        }
    }
}

extension SharedState {
    /// What a query looks at: the reader's snapshot, whose head is known, in circumstances made once
    /// that is fixed. So no calendar is missing that a record names, and no record is of a later time
    /// than now.
    func queryContext(
        for actor: Actor?,
        on reader: any RecordReader,
        at head: StoreHead,
        connections: Int
    ) throws(StoreError) -> QueryContext {
        var snapshot = current
        snapshot.status.connections = UInt32(clamping: connections)
        if head.commit > snapshot.status.commit {
            // Committed, and not published to other threads yet.
            snapshot.calendars = try CalendarTimeline.load(from: reader).timeline
        }
        return QueryContext(
            reader: reader,
            actor: actor,
            circumstances: circumstances(snapshot, notBefore: head.at),
            status: snapshot.status,
            sessions: sessions
        )
    }
}
