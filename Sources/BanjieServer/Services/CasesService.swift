internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store

/// Matters at the window, from submission to delivery.
struct CasesService: CasesCommands, Sendable {
    func submit(
        _ request: SubmitCaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        let item = try context.newestItem(request.item)
        // A window submits for whom it names; an applicant only for himself.
        let actor = context.actor
        var applicant = actor.login
        if actor.has(.staff) {
            guard actor.department == item.department else {
                throw .refused(.wrongDepartment(answers: item.department))
            }
            guard !request.applicant.isEmpty else {
                throw .value(
                    FieldRefusal(
                        field: "applicant",
                        reason: .outOfRange,
                        allowed: "the login of the applicant, when a window submits"
                    )
                )
            }
            applicant = request.applicant
        } else if !request.applicant.isEmpty && request.applicant != actor.login {
            throw .refused(.notApplicant)
        }
        let person = try context.person(applicant)
        try validating(request)
        let details = try request.details?.parsed() ?? person.details
        let channel = request.channel.flatMap { Office.Channel(rawValue: $0.rawValue) } ?? .window
        let serial = try nextSerial(of: item, in: context)
        var file = CaseFile.submit(
            serial: serial,
            item: item,
            applicant: applicant,
            channel: channel,
            by: actor,
            in: context.circumstances
        )
        try context.save(&file)
        context.unit.save(
            ApplicantRecord(case: file.record.key, login: applicant, details: details)
        )
        var view = try context.view(file)
        view.queryCode = context.giveQueryCode(of: file.record.key)
        return view
    }

    private func nextSerial(
        of item: ItemRecord,
        in context: CommandContext
    ) throws(HandlerFailure) -> CaseSerial {
        let code: ItemCode
        do {
            code = try ItemCode(item.key.code)
        } catch {
            throw .store(.corrupt("the item \(item.key.code) has a wrong code: \(error)"))
        }
        let day = context.now.date
        var counter = CaseCounterRecord(item: code, day: day, last: 0)
        if let stored = try context.loadIfPresent(CaseCounterRecord.self, counter.key) {
            counter = stored
        }
        guard counter.last < CaseSerial.numberMax else {
            throw .refused(.serialsExhausted(item: item.key.code, day: day))
        }
        counter.last += 1
        context.unit.save(counter)
        return CaseSerial(item: code, day: day, number: Int(counter.last))
    }

    func accept(
        _ request: CaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.accept(by: context.actor, in: context.circumstances)
        }
    }

    func refuse(
        _ request: RefuseCaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.refuse(
                reason: request.reason,
                competentAgency: request.competentAgency.isEmpty ? nil : request.competentAgency,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func acceptWithGap(
        _ request: AcceptWithGapRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.acceptWithGap(
                supplementBy: request.supplementBy,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func supplyGap(
        _ request: CaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .either, in: &context) {
            (file, context) throws(Refusal) in
            try file.supplyGap(by: context.actor, in: context.circumstances)
        }
    }

    func notifyCorrection(
        _ request: NotifyCorrectionRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.notifyCorrection(
                items: request.items,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func resubmit(
        _ request: ResubmitRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .either, in: &context) {
            (file, context) throws(Refusal) in
            try file.resubmit(
                missing: request.missing,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func beginReview(
        _ request: CaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.beginReview(by: context.actor, in: context.circumstances)
        }
    }

    func pause(
        _ request: PauseCaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            guard let reason = Office.PauseReason(rawValue: request.reason.rawValue) else {
                throw .unknownValue(field: "reason", value: "\(request.reason)")
            }
            try file.pause(
                for: reason,
                plannedDays: request.plannedDays,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func resume(
        _ request: CaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.resume(by: context.actor, in: context.circumstances)
        }
    }

    func extend(
        _ request: ExtendCaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .head, in: &context) {
            (file, context) throws(Refusal) in
            try file.extend(
                by: request.days,
                reason: request.reason,
                approvedBy: context.actor,
                in: context.circumstances
            )
        }
    }

    func decide(
        _ request: DecideCaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            guard let result = Office.Decision.Result(rawValue: request.result.rawValue) else {
                throw .unknownValue(field: "result", value: "\(request.result)")
            }
            let decision = try Office.Decision(
                result,
                reason: request.reason,
                remedies: request.remedies
            )
            try file.decide(decision, by: context.actor, in: context.circumstances)
        }
    }

    func deliver(
        _ request: CaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.deliver(by: context.actor, in: context.circumstances)
        }
    }

    func withdraw(
        _ request: CaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .applicant, in: &context) {
            (file, context) throws(Refusal) in
            try file.withdraw(by: context.actor, in: context.circumstances)
        }
    }

    func archive(
        _ request: CaseRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> CaseView {
        try change(request.case, request.version, request, as: .handler, in: &context) {
            (file, context) throws(Refusal) in
            try file.archive(by: context.actor, in: context.circumstances)
        }
    }

    /// As whom a command may be given: a right by the record.
    private enum Standing {
        case handler, applicant, either, head

        func require(of actor: Actor, in file: CaseFile) throws(Refusal) {
            switch self {
            case .handler: try file.requireHandler(actor)
            case .applicant: try file.requireApplicant(actor)
            case .head: try file.requireHead(actor)
            case .either:
                if actor.has(.staff) {
                    try file.requireHandler(actor)
                } else {
                    try file.requireApplicant(actor)
                }
            }
        }
    }

    /// Opens a case, settled; checks rights by record, then the request's values, then the records'
    /// state by `body`; saves it.
    private func change(
        _ serial: String,
        _ version: UInt64,
        _ request: some Message,
        as standing: Standing,
        in context: inout CommandContext,
        _ body: (inout CaseFile, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> CaseView {
        let file = try context.change(
            CaseFile.self,
            serial,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try standing.require(of: actor, in: file) },
            body
        )
        return try context.view(file)
    }
}

extension CasesService: CasesQueries {
    func get(
        _ request: CaseRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> CaseView {
        let file = try context.open(CaseFile.self, request.case)
        let actor = try context.signedIn()
        try ruling { () throws(Refusal) in
            try Self.requireReader(actor, of: file.record)
        }
        return try context.view(file)
    }

    /// Which cases somebody may see.
    enum Sight {
        case all
        case ofDepartment(String)
        /// Those that a login has brought.
        case own(String)
    }

    /// Applicants see their own cases, staff and heads those of their department, the office, the
    /// government's head and supervision all.
    static func sight(of actor: Actor) -> Sight {
        if actor.has(.office) || actor.has(.supervisor) || actor.has(.governmentHead) {
            return .all
        }
        return actor.has(.staff) || actor.has(.head)
            ? .ofDepartment(actor.department) : .own(actor.login)
    }

    static func requireReader(_ actor: Actor, of record: CaseRecord) throws(Refusal) {
        switch sight(of: actor) {
        case .all: return
        case .ofDepartment(let department):
            guard department == record.department else {
                throw .wrongDepartment(answers: record.department)
            }
        case .own(let login):
            guard login == record.applicant else { throw .notApplicant }
        }
    }

    /// Whether somebody may see a case.
    static func mayRead(_ actor: Actor, _ record: CaseRecord) -> Bool {
        (try? requireReader(actor, of: record)) != nil
    }

    func list(
        _ request: ListCasesRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListCasesReply {
        let actor = try context.signedIn()
        let page =
            actor.isMerelyApplicant
            ? try ownCases(of: actor, request, in: context)
            : try departmentCases(request, in: context)
        var views: [CaseView] = []
        for record in page.records {
            views.append(try context.view(try context.open(CaseFile.self, record)))
        }
        return ListCasesReply(cases: views, more: page.isMore)
    }

    /// The cases of a department.
    private func departmentCases(
        _ request: ListCasesRequest,
        in context: QueryContext
    ) throws(HandlerFailure) -> (records: [CaseRecord], isMore: Bool) {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        let search = Search(
            by: CaseRecord.byDepartment,
            prefix: [.text(department)],
            after: request.after.isEmpty ? nil : [.text(request.after)],
            limit: Int(request.limit)
        )
        return try context.page(CaseRecord.self, search)
    }

    /// The cases that somebody applies in.
    private func ownCases(
        of actor: Actor,
        _ request: ListCasesRequest,
        in context: QueryContext
    ) throws(HandlerFailure) -> (records: [CaseRecord], isMore: Bool) {
        guard request.department.isEmpty else {
            throw .refused(.wrongDepartment(answers: request.department))
        }
        try validating(request)
        let search = Search(
            by: ApplicantRecord.byLogin,
            prefix: [.text(actor.login)],
            after: request.after.isEmpty ? nil : [.text(request.after)],
            limit: Int(request.limit)
        )
        let page = try context.page(ApplicantRecord.self, search)
        var cases: [CaseRecord] = []
        for applicant in page.records {
            if let record = try context.loadIfPresent(CaseRecord.self, applicant.key) {
                cases.append(record)
            }
        }
        return (cases, page.isMore)
    }

    func count(
        _ request: Empty,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> CaseCount {
        let reader = context.reader
        let count = try storing { () throws(StoreError) in try reader.count(CaseRecord.self) }
        return CaseCount(cases: UInt64(count))
    }

    func cards(
        _ request: DepartmentCardsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> DepartmentCards {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        let offset = Int(request.offset)
        let search = Search(
            by: CardRecord.byDepartment,
            prefix: [.text(department)],
            limit: offset + Int(request.limit)
        )
        let page = try context.page(CardRecord.self, search)
        return DepartmentCards(
            cards: page.records.dropFirst(offset).map(\.view),
            more: page.isMore
        )
    }
}

extension QueryContext {
    /// The department asked for, or the caller's own; staff see only their own.
    func readableDepartment(_ asked: String) throws(HandlerFailure) -> String {
        let actor = try signedIn()
        let department = asked.isEmpty ? actor.department : asked
        let seesAll =
            actor.has(.office) || actor.has(.supervisor) || actor.has(.operator)
        guard seesAll || department == actor.department else {
            throw .refused(.wrongDepartment(answers: department))
        }
        return department
    }
}
