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
    /// Those who wait until the streams have said what they have to say.
    private let settling = Mutex<[DispatchSemaphore]>([])

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

    /// Waits until the streams have said all that follows from what they have been told, but at most so long.
    func settle(withinMilliseconds milliseconds: Int) {
        let settled = DispatchSemaphore(value: 0)
        settling.withLock { $0.append(settled) }
        inbox.wake()
        _ = settled.wait(timeout: .now() + .milliseconds(milliseconds))
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
        var work = Work(contexts, open: open)
        while takeRound(of: &work, waitingMilliseconds: work.table.hasRunnable ? 0 : 60_000) {}
    }

    /// What rounds go over; it belongs to whoever takes them.
    struct Work: ~Copyable {
        fileprivate let contexts: any StreamContexts<Context>
        fileprivate var table: StreamTable<Context>
        fileprivate var batch = ReplyBatch()
        /// Those to be told when no stream has anything more to say.
        fileprivate var settling: [DispatchSemaphore] = []

        fileprivate init(_ contexts: any StreamContexts<Context>, open: @escaping Open) {
            self.contexts = contexts
            table = StreamTable(open: open)
        }
    }

    /// What somebody else than the desk's own thread takes rounds over.
    func makeWork(_ contexts: any StreamContexts<Context>) -> Work { Work(contexts, open: open) }

    /// Takes what has come, waiting at most so long for it, and gives every stream that has something to
    /// do one turn; false once the desk is stopped.
    @discardableResult
    func takeRound(of work: inout Work, waitingMilliseconds milliseconds: Int) -> Bool {
        guard
            let events = inbox.take(
                limit: Self.eventsPerRound,
                waitingMilliseconds: milliseconds
            )
        else { return false }
        work.settling += settling.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        // Before the records are read: a commit behind this has another round.
        if hasCommitted.exchange(false, ordering: .acquiringAndReleasing) {
            work.table.committed()
        }
        for event in events { work.table.take(event, into: &work.batch) }
        do throws(StoreError) {
            try work.table.run(with: work.contexts, into: &work.batch)
        } catch {
            log("the streams have to wait: \(error)")
        }
        // Before the ends are sent: whoever has one finds it counted.
        for end in work.table.takeEnded() { note(end) }
        post(&work.batch)
        if !work.table.hasRunnable {
            for waiting in work.settling { waiting.signal() }
            work.settling = []
        }
        return true
    }

    private func note(_ end: StreamEnd) {
        if case .handler(.store(let error), _)? = end.failure { log("\(error)") }
        ended(end)
    }
}
