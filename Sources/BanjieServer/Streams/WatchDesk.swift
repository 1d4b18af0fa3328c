internal import BanjieProtocol
internal import Dispatch
internal import Office
internal import Store
internal import Transport
internal import Wire

/// A watch that the transport has taken, on its way to who serves it.
struct OpenedWatch: Sendable {
    let call: HeldCall
    let method: UInt32
    let body: [UInt8]
    /// Nil for an anonymous caller.
    let actor: Actor?
    let language: Language
    /// How many bytes may be posted before room returns.
    let room: Int
}

/// What a watch is told of from outside.
enum WatchEvent: Sendable {
    case opened(OpenedWatch)
    case roomReturned(Int, CallTicket)
    /// The transport has ended a call: a watch, or another.
    case ended(CallTicket)
    /// A commit has added events.
    case committed
}

/// Serves the watches, from snapshots, on a thread of its own.
///
/// Each is asked for messages while the connection has room for them, a few at a time and all in turn;
/// one that has nothing to say sleeps until the next commit. So a caller who doesn't read costs what
/// it has asked for and one answer, and holds up nobody.
final class WatchDesk: Sendable {
    /// The most messages of a watch before another one's turn.
    private static let turnMax = 64

    private let inbox = Inbox<WatchEvent>(capacity: .max)
    private let shared: SharedState
    private let interceptors: ServerInterceptors
    private let connections: @Sendable () -> Int
    private let post: @Sendable (inout ReplyBatch) -> Void
    private let log: @Sendable (String) -> Void
    private let finished = DispatchGroup()

    init(
        shared: SharedState,
        interceptors: ServerInterceptors,
        connections: @escaping @Sendable () -> Int,
        log: @escaping @Sendable (String) -> Void,
        post: @escaping @Sendable (inout ReplyBatch) -> Void
    ) {
        self.shared = shared
        self.interceptors = interceptors
        self.connections = connections
        self.log = log
        self.post = post
    }

    /// Tells of what has happened.
    func tell(_ events: [WatchEvent]) { _ = inbox.add(events) }

    /// Starts the thread, with a reader that `makeReader` opens on it.
    func start(
        makeReader: @escaping @Sendable () throws(StoreError) -> any RecordReader
    ) throws(StoreError) {
        finished.enter()
        try startThread(
            named: "watch",
            opening: { () throws(StoreError) in
                let reader = try makeReader()
                return Watches(reader, EventTail(end: try reader.head().eventSequence))
            },
            { [self] watches in
                run(watches)
                finished.leave()
            }
        )
    }

    /// Ends the thread.
    func stop() {
        inbox.close()
        finished.wait()
    }

    private func run(_ watches: Watches) {
        while let events = inbox.take(
            limit: .max,
            waitingMilliseconds: watches.ready.isEmpty ? 1000 : 0
        ) {
            var batch = ReplyBatch()
            for event in events { apply(event, to: watches, &batch) }
            if !watches.ready.isEmpty { serve(watches, &batch) }
            if !batch.isEmpty { post(&batch) }
        }
    }

    private func apply(_ event: WatchEvent, to watches: Watches, _ batch: inout ReplyBatch) {
        switch event {
        case .opened(let opened):
            watches.all[opened.call.ticket] = Watches.Served(opened)
            watches.ready.append(opened.call.ticket)
        case .roomReturned(let byteCount, let ticket):
            guard var served = watches.all[ticket] else { return }
            served.room += byteCount
            watches.all[ticket] = served
            watches.wake(ticket)
        case .ended(let ticket):
            guard let served = watches.all.removeValue(forKey: ticket) else { return }
            batch.end(ticket)
            interceptors.after(served.opened.call.observed, .cut(served.opened.call.observed))
        case .committed:
            for ticket in watches.sleeping { watches.wake(ticket) }
            watches.sleeping.removeAll(keepingCapacity: true)
        }
    }

    /// Gives every watch that may have something to say its turn, all by one snapshot.
    private func serve(_ watches: Watches, _ batch: inout ReplyBatch) {
        let turns = watches.ready
        watches.ready = []
        do {
            try watches.reader.atOnce {
                let head = try watches.reader.head()
                try watches.tail.advance(to: head.eventSequence, from: watches.reader)
                for ticket in turns { try serve(ticket, of: watches, head, &batch) }
            }
        } catch {
            log("the watches had to wait: \(error)")
            // Whoever hasn't had its turn has it at the next commit.
            watches.sleeping.formUnion(turns.filter { watches.all[$0] != nil })
        }
    }

    private func serve(
        _ ticket: CallTicket,
        of watches: Watches,
        _ head: StoreHead,
        _ batch: inout ReplyBatch
    ) throws(StoreError) {
        guard var served = watches.all[ticket] else { return }
        served.isReady = false
        let query = try shared.queryContext(
            for: served.opened.actor,
            on: watches.reader,
            at: head,
            connections: connections()
        )
        var context = WatchContext(query: query, tail: watches.tail)
        do {
            switch try turn(of: &served, in: &context, &batch) {
            case .goesOn:
                served.isReady = true
                watches.ready.append(ticket)
            case .isFull:
                break
            case .sleeps:
                watches.sleeping.insert(ticket)
            case .isOver:
                batch.end(ticket)
                watches.all[ticket] = nil
                interceptors.after(served.opened.call.observed, .ended(served.opened.call.observed))
                return
            }
            watches.all[ticket] = served
        } catch {
            if case .store(let error) = error { log("\(error)") }
            let report = error.report(in: served.opened.language)
            batch.fail(ticket, report.failure(isOutcomeKnown: true, origin: .handler))
            watches.all[ticket] = nil
            interceptors.after(
                served.opened.call.observed,
                .ended(served.opened.call.observed, report.reason)
            )
        }
    }

    private enum Turn {
        /// There is more to say.
        case goesOn
        /// There may be more to say once there is room.
        case isFull
        /// There is nothing to say before the next commit.
        case sleeps
        case isOver
    }

    private func turn(
        of served: inout Watches.Served,
        in context: inout WatchContext,
        _ batch: inout ReplyBatch
    ) throws(HandlerFailure) -> Turn {
        if served.stream == nil { served.stream = try open(served.opened, in: &context) }
        for _ in 0..<Self.turnMax {
            guard served.room > 0 else { return .isFull }
            var writer = MessageWriter()
            let step: StreamStep<Void>?
            do throws(DispatchFailure<HandlerFailure>) {
                step = try served.stream?.next(in: &context, reply: &writer)
            } catch {
                throw HandlerFailure(error)
            }
            switch step {
            case .message:
                writer.withUnsafeBytes { bytes in
                    served.room -= batch.send(on: served.opened.call.ticket) {
                        (output: inout MessageWriter) in output.append(bytes)
                    }
                }
            case .waiting: return .sleeps
            case .finished, nil: return .isOver
            }
        }
        return .goesOn
    }

    private func open(
        _ opened: OpenedWatch,
        in context: inout WatchContext
    ) throws(HandlerFailure) -> any EncodedStream<WatchContext, HandlerFailure> {
        guard let route = ServiceRegistry.route(opened.method), let watches = route.watches else {
            preconditionFailure("the router hands over known watches only")
        }
        return try opened.body.withUnsafeBufferPointer { (body) throws(HandlerFailure) in
            do throws(DispatchFailure<HandlerFailure>) {
                return try watches.openWatch(
                    route.method.number,
                    UnsafeRawBufferPointer(body),
                    in: &context
                )
            } catch {
                throw HandlerFailure(error)
            }
        }
    }
}

/// What the desk's thread works with.
private final class Watches {
    struct Served {
        let opened: OpenedWatch
        /// Nil before its first turn.
        var stream: (any EncodedStream<WatchContext, HandlerFailure>)?
        var room: Int
        /// Whether it waits for its turn.
        var isReady = true

        init(_ opened: OpenedWatch) {
            self.opened = opened
            room = opened.room
        }
    }

    let reader: any RecordReader
    let tail: EventTail
    var all: [CallTicket: Served] = [:]
    /// Those that may have something to say, and room to say it.
    var ready: [CallTicket] = []
    /// Those that have nothing to say before the next commit.
    var sleeping: Set<CallTicket> = []

    init(_ reader: any RecordReader, _ tail: EventTail) {
        self.reader = reader
        self.tail = tail
    }

    /// Gives a watch its turn, unless it waits for one already.
    func wake(_ ticket: CallTicket) {
        guard var served = all[ticket], !served.isReady else { return }
        served.isReady = true
        all[ticket] = served
        ready.append(ticket)
    }
}
