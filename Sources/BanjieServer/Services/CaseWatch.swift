internal import BanjieProtocol
internal import Office
internal import Store
internal import Wire

/// Tells a caller what happens to the cases that they may see.
struct CaseWatch: ServedWatch {
    private let request: WatchCasesRequest
    private let actor: Actor
    private var cursor: EventCursor

    init(
        _ request: WatchCasesRequest,
        for actor: Actor,
        in context: WatchContext
    ) throws(HandlerFailure) {
        self.request = request
        self.actor = actor
        cursor = try EventCursor(after: request.after, topic: EventTopic.caseChanged, in: context)
    }

    mutating func next(
        in context: inout WatchContext
    ) throws(HandlerFailure) -> StreamStep<CaseEvent> {
        var change: CaseChange?
        let (watch, query) = (self, context.query)
        let step = try cursor.next(in: &context) { (event) throws(HandlerFailure) in
            let found: CaseChange = try event.decoded()
            guard try watch.concerns(found, in: query) else { return false }
            change = found
            return true
        }
        switch step {
        case .event(let event):
            return .message(CaseEvent(sequence: event.sequence, change: change))
        case .mark(let sequence): return .message(CaseEvent(sequence: sequence))
        case .waiting: return .waiting
        case .lookingOn: return .lookingOn
        }
    }

    private func concerns(
        _ change: CaseChange,
        in context: QueryContext
    ) throws(HandlerFailure) -> Bool {
        guard request.case.isEmpty || request.case == change.case,
            request.department.isEmpty || request.department == change.department
        else { return false }
        let record = try context.caseRecord(change.case)
        return CasesService.mayRead(actor, record)
    }
}

extension CasesService: CasesWatches {
    func watch(
        _ request: WatchCasesRequest,
        in context: inout WatchContext
    ) throws(HandlerFailure) -> CaseWatch {
        try validating(request)
        return try CaseWatch(request, for: try context.query.signedIn(), in: context)
    }
}
