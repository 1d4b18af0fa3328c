internal import BanjieProtocol
internal import Office
package import Store
internal import Synchronization
package import Transport
package import WorkCalendar

/// The office's services over a store, without a thread or a socket: its owner feeds `handler` as a loop
/// does, lets one part after the other work, and carries what they say to the connections.
///
/// The parts are those of `OfficeServer`. With a virtual clock it does the same for the same calls in the
/// same order.
///
/// - Thread: one at a time.
package final class SteppedOffice {
    /// The most calls that wait for the engine, and for queries.
    private static let queueMax = 1024

    /// What the parts have said and nobody has taken.
    private final class Outbox: Sendable {
        let replies = Mutex(ReplyBatch())
        let verdicts = Mutex<[(Verdict, ConnectionID)]>([])
    }

    /// Every record type that the services keep.
    package static var tables: [Table] { OfficeTables.all }

    private let shared: SharedState
    private let router: Router
    private let inbox: Inbox<EngineCall<HeldCall>>
    private let engine: Engine<HeldCall>
    private let queries: QueryPool<HeldCall>
    private let watches: StreamDesk<WatchContext>
    private var watchWork: StreamDesk<WatchContext>.Work
    private let statusWatches: StreamDesk<ServerStatus>
    private var statusWork: StreamDesk<ServerStatus>.Work
    private let streams: EngineStreams
    private let signIns: SignInDesk
    private let passwords: PasswordWorker
    private let reader: any RecordReader
    private let outbox = Outbox()

    /// Takes over a store as a server that starts does.
    ///
    /// - Parameters:
    ///   - clock: a virtual one.
    ///   - replySeconds: how long replies are kept for retries, in seconds of civil time.
    ///   - randomBytes: 32 bytes for what nobody should guess; the system's when nil.
    ///   - log: is told what goes wrong.
    package init(
        store: any Store,
        clock: ServerClock,
        replySeconds: Int64,
        randomBytes: (@Sendable () -> [UInt8])? = nil,
        log: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        let metrics = ServerMetrics()
        let interceptors = ServerInterceptors(CallMetrics(metrics.registry), [])
        let outbox = outbox
        let deliver: @Sendable ([EngineAnswer<HeldCall>]) -> Void = { answers in
            outbox.replies.withLock { batch in
                for answer in answers { batch.append(answer) }
            }
        }
        let post: @Sendable (inout ReplyBatch) -> Void = { batch in
            outbox.replies.withLock { $0.append(batch) }
            batch.removeAll()
        }
        let statusWatches = StreamDesk<ServerStatus>(
            open: ServiceRegistry.openStatusWatch,
            post: post,
            ended: { _ in },
            log: log
        )
        self.statusWatches = statusWatches
        let shared = SharedState(
            calendars: CalendarTimeline(.builtIn),
            clock: clock,
            policy: Policy(),
            randomBytes: randomBytes ?? SharedState.systemRandomBytes,
            healthChanged: { statusWatches.committed() }
        )
        self.shared = shared
        inbox = Inbox(capacity: Self.queueMax)
        queries = QueryPool(
            shared: shared,
            capacity: Self.queueMax,
            connections: { 0 },
            log: log,
            deliver: deliver
        )
        let watches = StreamDesk<WatchContext>(
            open: ServiceRegistry.openWatch,
            post: post,
            ended: { _ in },
            log: log
        )
        self.watches = watches
        let streams = EngineStreams(commands: inbox)
        self.streams = streams
        let passwords = PasswordWorker()
        self.passwords = passwords
        let signIns = SignInDesk(
            sessions: shared.sessions,
            passwords: passwords,
            notes: shared.notes,
            clock: clock,
            log: log,
            post: { verdict, connection in
                outbox.verdicts.withLock { $0.append((verdict, connection)) }
            }
        )
        self.signIns = signIns
        router = Router(
            commands: inbox,
            queries: queries,
            watches: watches,
            statusWatches: statusWatches,
            streams: streams,
            signIns: signIns,
            shared: shared,
            interceptors: interceptors,
            metrics: metrics,
            log: { _, _ in },
            deliver: deliver
        )
        reader = try store.makeReader()
        engine = try Engine(
            store: store,
            shared: shared,
            gapMax: nil,
            replySeconds: replySeconds,
            log: log,
            exit: EngineExit(
                deliver: deliver,
                accountsChanged: { changes in
                    let cuts = shared.sessions.follow(changes)
                    watches.add(cuts.map(StreamEvent.cut))
                    streams.add(cuts.map(StreamEvent.cut))
                },
                published: { watches.committed() },
                post: post,
                ended: { _ in streams.ended() }
            )
        )
        engine.holdCommits()
        watchWork = watches.makeWork(
            try WatchContexts(try store.makeReader(), shared: shared, connections: { 0 })
        )
        statusWork = statusWatches.makeWork(StatusContexts(shared))
    }

    /// The calendars as of the last durable batch.
    package var calendars: CalendarTimeline { shared.current.calendars }

    /// Where calls go.
    package var handler: any CallHandler { router }

    /// Whether commands wait, or a batch that isn't durable.
    package var isBusy: Bool { !inbox.isEmpty || engine.hasBatchOut }

    /// Whether the engine has done all that calls and time ask of it.
    package var isIdle: Bool { inbox.isEmpty && engine.isIdle }

    /// Whether a batch has run that `commit` makes durable.
    package var hasBatchOut: Bool { engine.hasBatchOut }

    /// Runs commands that wait, `limit` at most, uploads, and what time does. They are durable, and answered,
    /// with a later `commit`; when a batch waits for that already, they run on top of it.
    ///
    /// - Returns: whether some did.
    package func runCommands(limit: Int) -> Bool {
        let calls = inbox.take(limit: limit, waitingMilliseconds: 0) ?? []
        let isOnTop = engine.isCommitHeld && !calls.isEmpty
        engine.step(
            calls,
            streams.events.take(limit: limit, waitingMilliseconds: 0) ?? []
        )
        return isOnTop
    }

    /// Makes the batch durable that waits for that.
    package func commit() { engine.commit() }

    /// Answers queries that wait.
    package func answerQueries() { queries.answerBatch(from: reader, waitingMilliseconds: 0) }

    /// Gives every watch that has something to do one turn.
    package func runWatches() {
        watches.takeRound(of: &watchWork, waitingMilliseconds: 0)
        statusWatches.takeRound(of: &statusWork, waitingMilliseconds: 0)
    }

    /// Judges credentials that wait.
    package func judgeCredentials() {
        signIns.judgeBatch(from: reader, waitingMilliseconds: 0)
        passwords.runBatch(with: reader, waitingMilliseconds: 0)
    }

    /// Takes what is to be told to the connections.
    package func takeReplies(into batch: inout ReplyBatch) {
        outbox.replies.withLock { replies in
            batch.append(replies)
            replies.removeAll()
        }
    }

    package func takeVerdicts() -> [(Verdict, ConnectionID)] {
        outbox.verdicts.withLock { verdicts in
            defer { verdicts = [] }
            return verdicts
        }
    }
}
