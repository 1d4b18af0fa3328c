internal import BanjieProtocol
internal import Office
internal import Store
internal import Transport

/// Snapshots for watches, and the newest events.
final class WatchContexts: StreamContexts {
    private let reader: any RecordReader
    private let tail: EventTail
    private let shared: SharedState
    private let connections: @Sendable () -> Int
    /// The snapshot that is looked at.
    private var query: QueryContext?

    init(
        _ reader: any RecordReader,
        shared: SharedState,
        connections: @escaping @Sendable () -> Int
    ) throws(StoreError) {
        self.reader = reader
        self.shared = shared
        self.connections = connections
        tail = EventTail(end: try reader.head().eventSequence)
    }

    func atOnce(_ body: () -> Void) throws(StoreError) {
        do {
            try reader.atOnce {
                let head = try reader.head()
                try tail.advance(to: head.eventSequence, from: reader)
                query = try shared.queryContext(
                    for: nil,
                    on: reader,
                    at: head,
                    connections: connections()
                )
                body()
                query = nil
            }
        } catch let error as StoreError {
            throw error
        } catch {
            preconditionFailure("a snapshot fails as the store does")
        }
    }

    func turn<Result>(
        of stream: CallTicket,
        for caller: StreamCaller,
        _ body: (inout WatchContext) throws(DispatchFailure<HandlerFailure>) -> Result
    ) throws(DispatchFailure<HandlerFailure>) -> Result {
        guard let query else { preconditionFailure("a turn outside of a snapshot") }
        var context = WatchContext(
            query: query.seen(by: caller.actor),
            tail: tail,
            notes: shared.notes,
            traceID: caller.traceID
        )
        return try body(&context)
    }
}

extension QueryContext {
    /// The same snapshot, for another caller.
    fileprivate func seen(by actor: Actor?) -> QueryContext {
        QueryContext(
            reader: reader,
            actor: actor,
            circumstances: circumstances,
            status: status,
            sessions: sessions
        )
    }
}

extension ServiceRegistry {
    /// Hands the first message of a watch to its method.
    ///
    /// - Precondition: the router has found that the method is a watch.
    static func openWatch(
        _ opening: StreamOpening,
        in context: inout WatchContext
    ) throws(DispatchFailure<HandlerFailure>) -> HeldStream<WatchContext>.Stream {
        guard let watches = route(opening.method.id)?.watches else {
            preconditionFailure("the router hands over known watches only")
        }
        return try opening.body.withUnsafeBufferPointer {
            (body) throws(DispatchFailure<HandlerFailure>) in
            try watches.openWatch(
                opening.method.number,
                UnsafeRawBufferPointer(body),
                in: &context
            )
        }
    }
}
