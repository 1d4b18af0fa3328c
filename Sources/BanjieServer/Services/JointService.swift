internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

/// Joint approval: what leads, co-handlers and the coordinating office do, and the daemons' sessions.
struct JointService: JointApprovalCommands, Sendable {
    /// Which of the daemons that attend has which task.
    let board = AttendanceBoard()

    func open(
        _ request: OpenJointRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        let matter = try context.open(CaseFile.self, request.case)
        let actor = context.actor
        try ruling { () throws(Refusal) in try matter.requireHandler(actor) }
        try validating(request)
        var asked: [(department: String, role: Office.CoHandler.Role)] = []
        for coHandler in request.co {
            guard let role = Office.CoHandler.Role(rawValue: coHandler.role.rawValue) else {
                throw .refused(.unknownValue(field: "role", value: "\(coHandler.role)"))
            }
            try context.requireDepartment(coHandler.department)
            asked.append((coHandler.department, role))
        }
        let circumstances = context.circumstances
        var file = try ruling { () throws(Refusal) in
            try JointFile.open(
                matter,
                asking: asked,
                opinionDays: request.opinionDays,
                by: actor,
                in: circumstances
            )
        }
        try context.save(&file)
        return file.view(in: circumstances)
    }

    func dispatch(
        _ request: JointRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .lead, in: &context) {
            (file, context) throws(Refusal) in
            try file.dispatch(by: context.actor, in: context.circumstances)
        }
    }

    func sign(
        _ request: JointRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .coHandler, in: &context) {
            (file, context) throws(Refusal) in
            try file.sign(by: context.actor, in: context.circumstances)
        }
    }

    func giveOpinion(
        _ request: OpinionRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .coHandler, in: &context) {
            _ throws(HandlerFailure) in
            try Said(request)
        } body: { (file, said, context) throws(Refusal) in
            if request.round > 0, let coHandler = file.coHandler(context.actor.department) {
                guard Int64(request.round) == coHandler.round else {
                    throw .staleVersion(current: coHandler.round)
                }
            }
            switch said {
            case .opinion(let opinion):
                try file.give(opinion, by: context.actor, in: context.circumstances)
            case .declined:
                try file.decline(
                    reason: request.reason,
                    by: context.actor,
                    in: context.circumstances
                )
            }
        }
    }

    /// Whether an opinion has been given already, on the same asking.
    func has(_ request: OpinionRequest, been coHandler: Office.CoHandler) -> Bool {
        guard request.round == 0 || Int64(request.round) == coHandler.round,
            let said = try? Said(request)
        else { return false }
        return switch (said, coHandler.standing) {
        case (.opinion(.disagree(let reason, _)), .answered(.disagree(let known, _), _)):
            reason == known
        case (.opinion(let opinion), .answered(let known, _)): opinion == known
        case (.declined, .escalated(.notMine)): true
        default: false
        }
    }

    /// What an opinion request says.
    private enum Said {
        case opinion(Office.Opinion)
        case declined

        init(_ request: OpinionRequest) throws(HandlerFailure) {
            switch request.kind {
            case .agree: self = .opinion(.agree(forwarded: false, remark: request.reason))
            case .agreeForward: self = .opinion(.agree(forwarded: true, remark: request.reason))
            case .disagree:
                guard !request.reason.isEmpty else {
                    throw .value(
                        FieldRefusal(
                            field: "reason",
                            reason: .reasonRequired,
                            allowed: "given with a disagreement"
                        )
                    )
                }
                self = .opinion(.disagree(reason: request.reason, nil))
            case .correction:
                guard !request.items.isEmpty, !request.items.contains("") else {
                    throw .refused(
                        .outOfRange(field: "items", allowed: "what is to be corrected")
                    )
                }
                self = .opinion(.correction(reason: request.reason, items: request.items))
            case .notMine: self = .declined
            default:
                throw .refused(.unknownValue(field: "kind", value: "\(request.kind)"))
            }
        }
    }

    func assign(
        _ request: AssignRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .office, in: &context) {
            context throws(HandlerFailure) in
            if !request.replaceBy.isEmpty { try context.requireDepartment(request.replaceBy) }
        } body: { (file, _, context) throws(Refusal) in
            try file.assign(
                request.department,
                replacedBy: request.replaceBy.isEmpty ? nil : request.replaceBy,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func override(
        _ request: OverrideRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(
            request.case,
            request.version,
            request,
            as: .leadOver(request.department),
            in: &context
        ) { (file, context) throws(Refusal) in
            try file.override(
                request.department,
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func acknowledgeOverride(
        _ request: JointRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .coHandler, in: &context) {
            (file, context) throws(Refusal) in
            try file.acknowledgeOverride(by: context.actor, in: context.circumstances)
        }
    }

    func conclude(
        _ request: JointRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .lead, in: &context) {
            (file, context) throws(Refusal) in
            try file.conclude(by: context.actor, in: context.circumstances)
        }
    }

    func callVisit(
        _ request: CallVisitRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .lead, in: &context) {
            (file, context) throws(Refusal) in
            try file.callVisit(
                at: request.at,
                place: request.place,
                departments: request.departments,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func recordVisit(
        _ request: RecordVisitRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> JointView {
        try change(request.case, request.version, request, as: .lead, in: &context) {
            (file, context) throws(Refusal) in
            try file.recordVisit(
                findings: request.findings,
                attended: request.attended,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    /// As whom a command may be given: a right by the record.
    private enum Standing {
        case lead
        /// The lead, about a co-handler that only was consulted.
        case leadOver(String)
        case coHandler
        /// The coordinating office: its role is right enough.
        case office

        func require(of actor: Actor, in file: JointFile) throws(Refusal) {
            switch self {
            case .lead: try file.requireLead(actor)
            case .leadOver(let department):
                try file.requireLead(actor)
                try file.requireConsulted(department)
            case .coHandler: try file.requireCoHandler(actor)
            case .office: break
            }
        }
    }

    /// Opens a joint approval, settled; checks rights by record, then the request's values, then the
    /// records' state by `body`; saves it.
    private func change<Values>(
        _ serial: String,
        _ version: UInt64,
        _ request: some Message,
        as standing: Standing,
        in context: inout CommandContext,
        values: (CommandContext) throws(HandlerFailure) -> Values,
        body: (inout JointFile, Values, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> JointView {
        try context.change(
            JointFile.self,
            serial,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try standing.require(of: actor, in: file) },
            values: values,
            body
        ).view(in: context.circumstances)
    }

    private func change(
        _ serial: String,
        _ version: UInt64,
        _ request: some Message,
        as standing: Standing,
        in context: inout CommandContext,
        _ body: (inout JointFile, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> JointView {
        try context.change(
            JointFile.self,
            serial,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try standing.require(of: actor, in: file) },
            body
        ).view(in: context.circumstances)
    }
}

extension JointService: JointApprovalQueries {
    func get(
        _ request: JointRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> JointView {
        let file = try context.open(JointFile.self, request.case)
        let actor = try context.signedIn()
        // A co-handler sees what it is asked about; whoever sees the case sees this.
        if !actor.has(.daemon) && !actor.has(.staff) || file.coHandler(actor.department) == nil {
            try ruling { () throws(Refusal) in
                try CasesService.requireReader(actor, of: file.matter.record)
            }
        }
        return file.view(in: context.circumstances)
    }

    func listTasks(
        _ request: ListJointTasksRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListJointTasksReply {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        var after: [Value]?
        if !request.after.isEmpty {
            let last = try context.load(
                CoHandlerRecord.self,
                CoHandlerRecord.Key(request.after, department),
                or: .none(kind: .joint, name: request.after)
            )
            after = [
                .integer(Int64((last.due ?? .earliest).daysSinceEpoch)), .text(last.key.caseSerial),
                .text(department),
            ]
        }
        let page = try context.page(
            CoHandlerRecord.self,
            Search(
                by: CoHandlerRecord.byWork,
                prefix: [.text(department)],
                after: after,
                limit: Int(request.limit)
            )
        )
        var tasks: [JointTask] = []
        for record in page.records {
            let file = try context.open(JointFile.self, record.key.caseSerial)
            if let task = file.task(of: department, in: context.circumstances) {
                tasks.append(task)
            }
        }
        return ListJointTasksReply(tasks: tasks, more: page.isMore)
    }
}

extension JointService: JointApprovalSessions {
    func attend(
        _ request: AttendRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AttendSession {
        try validating(request)
        guard let attendance = request.attend else {
            throw .refused(.outOfRange(field: "attend", allowed: "given in the first message"))
        }
        return AttendSession(
            of: context.actor.department,
            capacity: Int(attendance.capacity),
            hold: board.enter(attendance.worker, of: context.actor.department),
            service: self
        )
    }
}
