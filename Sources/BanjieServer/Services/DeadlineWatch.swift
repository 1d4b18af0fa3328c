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
        var firing: Firing?
        let label = label
        let step = try cursor.next(in: &context) { (event) throws(HandlerFailure) in
            let found: Firing = try event.decoded()
            guard label.isEmpty || found.label.utf8.starts(with: label.utf8) else { return false }
            firing = found
            return true
        }
        switch step {
        case .event(let event):
            firing?.sequence = event.sequence
            return .message(FiredEvent(sequence: event.sequence, firing: firing))
        case .mark(let sequence): return .message(FiredEvent(sequence: sequence))
        case .waiting: return .waiting
        case .lookingOn: return .lookingOn
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
