internal import BanjieProtocol
internal import Dispatch
internal import Store
internal import Synchronization
internal import Transport

/// Runs streams on a thread of its own: gives their handlers what comes, asks them for messages while
/// there is room, and sleeps until something comes or a commit changes what they see.
///
/// How much waits here is bounded by the streams' credit.
final class StreamDesk<Context>: Sendable {
    typealias Open =
        @Sendable (StreamOpening, inout Context) throws(DispatchFailure<HandlerFailure>) ->
        HeldStream<Context>.Stream

    /// The most events taken before streams have their turn.
    private static var eventsPerRound: Int { 1024 }

    private let inbox = Inbox<StreamEvent>(capacity: .max)
    private let hasCommitted = Atomic<Bool>(false)
    private let open: Open
    private let post: @Sendable (inout ReplyBatch) -> Void
    private let ended: @Sendable (StreamEnd) -> Void
    private let log: @Sendable (String) -> Void
    private let finished = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - open: hands a stream's first message to its method.
    ///   - post: sends what the streams say.
    ///   - ended: is told of every stream's end, once.
    ///   - log: is told what is wrong with the store.
    init(
        open: @escaping Open,
        post: @escaping @Sendable (inout ReplyBatch) -> Void,
        ended: @escaping @Sendable (StreamEnd) -> Void,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.open = open
        self.post = post
        self.ended = ended
        self.log = log
    }

    /// Takes events, in the order in which they came.
    func add(_ events: [StreamEvent]) { _ = inbox.add(events) }

    /// Records have changed.
    func committed() {
        guard !hasCommitted.exchange(true, ordering: .acquiringAndReleasing) else { return }
        inbox.wake()
    }

    /// Starts the thread, with what `makeContexts` opens on it.
    func start(
        named name: String,
        makeContexts:
            @escaping @Sendable () throws(StoreError) -> any StreamContexts<Context>
    ) throws(StoreError) {
        try startThread(named: name, opening: makeContexts) { [self] contexts in
            run(contexts)
            finished.signal()
        }
    }

    /// Ends the thread, once all streams have ended.
    func stop() {
        inbox.close()
        finished.wait()
    }

    private func run(_ contexts: any StreamContexts<Context>) {
        var table = StreamTable<Context>(open: open)
        var batch = ReplyBatch()
        while let events = inbox.take(
            limit: Self.eventsPerRound,
            waitingMilliseconds: table.hasRunnable ? 0 : 60_000
        ) {
            // Before the records are read: a commit behind this has another round.
            if hasCommitted.exchange(false, ordering: .acquiringAndReleasing) { table.committed() }
            for event in events { table.take(event, into: &batch) }
            do throws(StoreError) {
                try table.run(with: contexts, into: &batch)
            } catch {
                log("the streams have to wait: \(error)")
            }
            // Before the ends are sent: whoever has one finds it counted.
            for end in table.takeEnded() { note(end) }
            post(&batch)
        }
    }

    private func note(_ end: StreamEnd) {
        if case .handler(.store(let error), _)? = end.failure { log("\(error)") }
        ended(end)
    }
}
