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
        let (watch, query) = (self, context.query)
        return try cursor.next(in: &context) { (change) throws(HandlerFailure) in
            try watch.concerns(change, in: query)
        } telling: {
            CaseEvent(sequence: $0, change: $1)
        }
    }

    private func concerns(
        _ change: CaseChange,
        in context: QueryContext
    ) throws(HandlerFailure) -> Bool {
        guard request.case.isEmpty || request.case == change.case,
            request.department.isEmpty || request.department == change.department
        else { return false }
        // A case is read only where its change doesn't say enough: the same change is told to many.
        return switch CasesService.sight(of: actor) {
        case .all: true
        case .ofDepartment(let department): department == change.department
        case .own(let login): try context.caseRecord(change.case).applicant == login
        }
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
