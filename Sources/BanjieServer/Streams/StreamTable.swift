internal import BanjieProtocol
internal import Office
internal import Store
internal import Transport
internal import Wire

/// What the handlers of streams work with, on the thread that runs them.
protocol StreamContexts<Context>: AnyObject {
    associatedtype Context

    /// Runs `body`, in which all turns see one state of the records, but for what they change.
    func atOnce(_ body: () -> Void) throws(StoreError)

    /// Lets a stream of `caller` have its turn; when `body` throws, the turn has changed nothing.
    func turn<Result>(
        of stream: CallTicket,
        for caller: StreamCaller,
        _ body: (inout Context) throws(DispatchFailure<HandlerFailure>) -> Result
    ) throws(DispatchFailure<HandlerFailure>) -> Result
}

/// What a connection tells a desk of streams. What is told of a stream that the desk doesn't hold is
/// passed over.
enum StreamEvent: Sendable {
    case opened(StreamOpening)
    case received([UInt8], CallTicket)
    case halfClosed(CallTicket)
    case roomReturned(Int, CallTicket)
    case cancelled(CallTicket)
    /// Whoever opened streams on a connection may no longer have them.
    case cut(Sessions.Cut)
}

/// How a stream ended.
struct StreamEnd: Sendable {
    let call: HeldCall
    let language: Language
    /// Nil when all was well.
    let failure: Failure?

    enum Failure: Sendable {
        case handler(HandlerFailure, FailureReport)
        /// The caller, its time, or the connection.
        case cancelled
    }
}

extension StreamEnd {
    init(_ stream: HeldStream<some Any>, failure: Failure?) {
        call = stream.call
        language = stream.caller.language
        self.failure = failure
    }

    private init(_ end: StreamEnd, failure: Failure) {
        call = end.call
        language = end.language
        self.failure = failure
    }

    /// The same stream's end, for another reason.
    func failing(_ failure: Failure) -> StreamEnd { StreamEnd(self, failure: failure) }
}

extension CallEnding {
    /// What the caller of a stream got.
    init(_ end: StreamEnd) {
        let call = end.call.observed
        switch end.failure {
        case nil: self = .ended(call)
        case .handler(_, let report)?: self = .ended(call, report.reason)
        case .cancelled?: self = .cut(call)
        }
    }
}

/// The streams that one thread runs, without the thread: which have something to do, in turn.
struct StreamTable<Context> {
    typealias Open = (StreamOpening, inout Context) throws(DispatchFailure<HandlerFailure>) ->
        HeldStream<Context>.Stream

    /// The most turns in a round: so long somebody waits who has something to do for the first time.
    private static var turnsPerRound: Int { 64 }

    private let open: Open
    private var streams: [CallTicket: HeldStream<Context>] = [:]
    private var runnable: [CallTicket] = []
    private var isRunnable: Set<CallTicket> = []
    /// Those that have something to do when records have changed.
    private var waitingForCommit: Set<CallTicket> = []
    /// Since the last look.
    private var ended: [StreamEnd] = []

    init(open: @escaping Open) { self.open = open }

    var count: Int { streams.count }
    var hasRunnable: Bool { !runnable.isEmpty }

    mutating func takeEnded() -> [StreamEnd] {
        defer { ended = [] }
        return ended
    }

    /// Takes an event; what it must answer goes into `batch`.
    mutating func take(_ event: StreamEvent, into batch: inout ReplyBatch) {
        switch event {
        case .opened(let opening):
            streams[opening.call.ticket] = HeldStream(opening)
            wake(opening.call.ticket)
        case .received(let message, let ticket):
            streams[ticket]?.receive(message)
            wake(ticket)
        case .halfClosed(let ticket):
            streams[ticket]?.endInput()
            wake(ticket)
        case .roomReturned(let byteCount, let ticket):
            streams[ticket]?.giveRoom(byteCount)
            wake(ticket)
        case .cancelled(let ticket):
            guard let stream = forget(ticket) else { return }
            batch.end(ticket)
            ended.append(StreamEnd(stream, failure: .cancelled))
        case .cut(let cut):
            for ticket in streams.keys.filter({ $0.connection == cut.connection }).sorted() {
                fail(ticket, .server(cut.reason), into: &batch)
            }
        }
    }

    /// Records have changed.
    mutating func committed() {
        let waiting = waitingForCommit
        waitingForCommit = []
        // In an order of their own, so that the same events lead to the same turns.
        for ticket in waiting.sorted() { wake(ticket) }
    }

    private mutating func wake(_ ticket: CallTicket) {
        guard streams[ticket] != nil, isRunnable.insert(ticket).inserted else { return }
        waitingForCommit.remove(ticket)
        runnable.append(ticket)
    }

    private mutating func forget(_ ticket: CallTicket) -> HeldStream<Context>? {
        waitingForCommit.remove(ticket)
        let stream = streams.removeValue(forKey: ticket)
        if let stream { leave(stream) }
        return stream
    }

    /// What a session had may be for another one.
    private mutating func leave(_ stream: HeldStream<Context>) {
        if stream.method.kind == .session { committed() }
    }

    /// Gives streams that have something to do one turn each, a bounded number of them, all on one state of
    /// the records. Connections take turns: whoever has many streams doesn't keep others waiting.
    ///
    /// - Throws: when there is no such state to be had; then they have their turn at the next commit.
    mutating func run(
        with contexts: any StreamContexts<Context>,
        into batch: inout ReplyBatch
    ) throws(StoreError) {
        let turn = takeTurns()
        guard !turn.isEmpty else { return }
        do throws(StoreError) {
            try contexts.atOnce {
                for ticket in turn { run(ticket, with: contexts, into: &batch) }
            }
        } catch {
            waitingForCommit.formUnion(turn.filter { streams[$0] != nil })
            throw error
        }
    }

    /// The streams of the next round: the first that waits of each connection, then the second of each, and
    /// so on, in the order in which they began to wait.
    private mutating func takeTurns() -> [CallTicket] {
        var ranks: [ConnectionID: Int] = [:]
        let ranked = runnable.enumerated().map { position, ticket in
            let rank = ranks[ticket.connection, default: 0]
            ranks[ticket.connection] = rank + 1
            return (rank: rank, position: position, ticket: ticket)
        }
        let chosen = ranked.sorted { ($0.rank, $0.position) < ($1.rank, $1.position) }
            .prefix(Self.turnsPerRound).map(\.ticket)
        isRunnable.subtract(chosen)
        runnable.removeAll { !isRunnable.contains($0) }
        return chosen
    }

    private mutating func run(
        _ ticket: CallTicket,
        with contexts: any StreamContexts<Context>,
        into batch: inout ReplyBatch
    ) {
        guard var stream = streams.removeValue(forKey: ticket) else { return }
        do throws(DispatchFailure<HandlerFailure>) {
            let progress = try contexts.turn(of: ticket, for: stream.caller) {
                (context) throws(DispatchFailure<HandlerFailure>) in
                try stream.takeTurn(open, in: &context, into: &batch)
            }
            guard progress != .finished else {
                batch.end(ticket)
                ended.append(StreamEnd(stream, failure: nil))
                leave(stream)
                return
            }
            streams[ticket] = stream
            switch progress {
            case .goesOn: wake(ticket)
            case .waits: waitingForCommit.insert(ticket)
            case .waitsForRoom, .finished: break
            }
        } catch {
            streams[ticket] = stream
            fail(ticket, HandlerFailure(error), into: &batch)
        }
    }

    /// Ends a stream, if there is such a one.
    mutating func fail(
        _ ticket: CallTicket,
        _ failure: HandlerFailure,
        into batch: inout ReplyBatch
    ) {
        guard let stream = forget(ticket) else { return }
        let report = failure.report(in: stream.caller.language)
        // What a stream that has begun has changed, nobody can tell; a watch changes nothing.
        let isOutcomeKnown = !stream.isOpen || stream.method.kind == .watch
        batch.fail(ticket, report.failure(isOutcomeKnown: isOutcomeKnown, origin: .handler))
        ended.append(StreamEnd(stream, failure: .handler(failure, report)))
    }
}
