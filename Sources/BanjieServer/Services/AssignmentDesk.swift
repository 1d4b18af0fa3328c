internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store

/// What departments are told to do by a day: the orders of supervision and the tasks of the leading group go
/// the same way.
struct AssignmentDesk: Sendable {
    let sort: AssignmentRecord.Sort

    // MARK: Who issued it

    func issue(
        _ request: IssueAssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView {
        try validating(request)
        try context.requireDepartment(request.department)
        let newest = try context.find(
            AssignmentRecord.self,
            Search(by: AssignmentRecord.bySort, prefix: [.text(sort.rawValue)], limit: .max)
        ).last
        var file = AssignmentFile.issue(
            sort,
            number: (newest?.number ?? 0) + 1,
            to: request.department,
            title: request.title,
            content: request.content,
            days: request.days,
            by: context.actor,
            in: context.circumstances
        )
        try context.save(&file)
        return file.view(in: context.circumstances)
    }

    func accept(
        _ request: AssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView {
        try change(request.assignment, request.version, request, as: .issuer, in: &context) {
            (file, context) throws(Refusal) in
            try file.accept(by: context.actor, in: context.circumstances)
        }
    }

    func sendBack(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView {
        try change(request.assignment, request.version, request, as: .issuer, in: &context) {
            (file, context) throws(Refusal) in
            try file.sendBack(
                reason: request.text,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func extend(
        _ request: ExtendAssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView {
        try change(request.assignment, request.version, request, as: .issuer, in: &context) {
            (file, context) throws(Refusal) in
            try file.extend(
                by: request.days,
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func withdraw(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView {
        try change(request.assignment, request.version, request, as: .issuer, in: &context) {
            (file, context) throws(Refusal) in
            try file.withdraw(
                reason: request.text,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    // MARK: The department

    func receive(
        _ request: AssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView {
        try change(request.assignment, request.version, request, as: .doer, in: &context) {
            (file, context) throws(Refusal) in
            try file.receive(by: context.actor, in: context.circumstances)
        }
    }

    func report(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView {
        try change(request.assignment, request.version, request, as: .doer, in: &context) {
            (file, context) throws(Refusal) in
            try file.report(request.text, by: context.actor, in: context.circumstances)
        }
    }

    /// As whom a command may be given: a right by the record.
    private enum Standing {
        /// Its role is right enough.
        case issuer
        case doer
    }

    private func change(
        _ key: String,
        _ version: UInt64,
        _ request: some Message,
        as standing: Standing,
        in context: inout CommandContext,
        _ body: (inout AssignmentFile, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> AssignmentView {
        try context.change(
            AssignmentFile.self,
            key,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in
                try file.requireSort(sort)
                if standing == .doer { try file.requireDoer(actor) }
            },
            body
        ).view(in: context.circumstances)
    }

    // MARK: Queries

    func get(
        _ request: AssignmentRequest,
        in context: QueryContext
    ) throws(HandlerFailure) -> AssignmentView {
        let file = try context.open(AssignmentFile.self, request.assignment)
        try ruling { () throws(Refusal) in try file.requireSort(sort) }
        _ = try context.readableDepartment(file.record.department)
        return file.view(in: context.circumstances)
    }

    func list(
        _ request: ListAssignmentsRequest,
        in context: QueryContext
    ) throws(HandlerFailure) -> ListAssignmentsReply {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        var after: [Value]?
        if !request.after.isEmpty {
            let last = try context.load(
                AssignmentRecord.self,
                request.after,
                or: .noAssignment(request.after)
            )
            after = [.integer(last.number), .text(last.key)]
        }
        let page = try context.page(
            AssignmentRecord.self,
            Search(
                by: AssignmentRecord.byOpen,
                prefix: [.text(department), .text(sort.rawValue)],
                after: after,
                limit: Int(request.limit)
            )
        )
        var views: [AssignmentView] = []
        for record in page.records {
            views.append(
                try context.open(AssignmentFile.self, record).view(in: context.circumstances)
            )
        }
        return ListAssignmentsReply(assignments: views, more: page.isMore)
    }
}

extension AssignmentFile.State {
    fileprivate var message: AssignmentState {
        switch self {
        case .issued: .issued
        case .received: .received
        case .reported: .reported
        case .returned: .returned
        case .accepted: .accepted
        case .withdrawn: .withdrawn
        }
    }
}

extension AssignmentFile {
    /// The assignment as it stands; it must have been settled in these circumstances.
    fileprivate func view(in circumstances: Circumstances) -> AssignmentView {
        let deadline = clocks.last?.deadline
        var view = AssignmentView(
            assignment: record.key,
            version: UInt64(record.trail.version),
            state: state.message,
            department: record.department,
            title: record.title,
            content: record.content,
            issuer: record.issuer,
            issued: record.issued,
            due: deadline?.due(on: circumstances.now.date, in: circumstances.calendars)
                ?? record.issued,
            overdueDays: Int32(
                clamping: deadline?.overdueDays(
                    at: circumstances.now,
                    in: circumstances.calendars
                ) ?? 0
            ),
            extended: record.isExtended
        )
        switch record.progress {
        case .issued, .received: break
        case .reported(let report), .accepted(let report): view.report = report
        case .returned(let reason), .withdrawn(let reason): view.reason = reason
        }
        return view
    }
}
