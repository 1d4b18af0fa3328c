internal import BanjieProtocol
internal import Store
internal import Wire

/// Tells a caller what fires.
struct DeadlineWatch: ServedWatch {
    private let label: String
    private var cursor: EventCursor

    init(_ request: WatchFiredRequest, in context: WatchContext) throws(HandlerFailure) {
        label = request.label
        cursor = try EventCursor(after: request.after, topic: EventTopic.fired, in: context)
    }

    mutating func next(
        in context: inout WatchContext
    ) throws(HandlerFailure) -> StreamStep<FiredEvent> {
        let label = label
        return try cursor.next(in: &context) { (firing: Firing) in
            label.isEmpty || firing.label.utf8.starts(with: label.utf8)
        } telling: { sequence, firing in
            var firing = firing
            firing?.sequence = sequence
            return FiredEvent(sequence: sequence, firing: firing)
        }
    }
}

extension DeadlinesService: DeadlinesWatches {
    func watch(
        _ request: WatchFiredRequest,
        in context: inout WatchContext
    ) throws(HandlerFailure) -> DeadlineWatch {
        try validating(request)
        return try DeadlineWatch(request, in: context)
    }
}
