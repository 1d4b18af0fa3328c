internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store

/// First-asked responsibility: who answers for an inquiry, and how it moves.
struct FirstContactService: FirstContactCommands, Sendable {
    func register(
        _ request: RegisterInquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try validating(request)
        var asked: [InquiryFile.Asked] = []
        for login in request.asked { asked.append(try Self.asked(login, in: context)) }
        var file = InquiryFile.register(
            number: try context.nextNumber(of: .inquiries),
            asked: asked,
            replyDays: request.replyDays,
            question: request.question,
            inquirer: request.inquirer,
            by: context.actor,
            in: context.circumstances
        )
        try context.save(&file)
        return file.view(in: context.circumstances)
    }

    /// Somebody of a department, with the rank of the post; without a post it is the lowest.
    private static func asked(
        _ login: String,
        in context: CommandContext
    ) throws(HandlerFailure) -> InquiryFile.Asked {
        let person = try context.person(login)
        guard !person.department.isEmpty, !person.isDisabled else {
            throw .refused(.none(kind: .person, name: login))
        }
        let post = try context.loadIfPresent(PostRecord.self, person.post)
        return InquiryFile.Asked(
            InquiryFile.Person(login: login, department: person.department),
            rank: post?.rank ?? 0
        )
    }

    func offer(
        _ request: OfferInquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(
            request.inquiry,
            request.version,
            request,
            as: .owner,
            naming: request.to,
            in: &context
        ) { (file, person, context) throws(Refusal) in
            try file.offer(to: person, by: context.actor, in: context.circumstances)
        }
    }

    func take(
        _ request: InquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(request.inquiry, request.version, request, as: .offered, in: &context) {
            (file, context) throws(Refusal) in
            try file.take(by: context.actor, in: context.circumstances)
        }
    }

    func decline(
        _ request: DeclineInquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(request.inquiry, request.version, request, as: .offered, in: &context) {
            (file, context) throws(Refusal) in
            try file.decline(
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func answer(
        _ request: AnswerInquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(request.inquiry, request.version, request, as: .owner, in: &context) {
            (file, context) throws(Refusal) in
            try file.answer(
                request.answer,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func `defer`(
        _ request: DeferInquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(request.inquiry, request.version, request, as: .owner, in: &context) {
            (file, context) throws(Refusal) in
            try file.defer(
                until: request.until,
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func referOut(
        _ request: ReferInquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(request.inquiry, request.version, request, as: .owner, in: &context) {
            (file, context) throws(Refusal) in
            try file.referOut(
                to: request.agency,
                route: request.route,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func assign(
        _ request: AssignInquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(
            request.inquiry,
            request.version,
            request,
            as: .office,
            naming: request.to,
            in: &context
        ) { (file, person, context) throws(Refusal) in
            try file.assign(to: person, by: context.actor, in: context.circumstances)
        }
    }

    func close(
        _ request: InquiryRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> InquiryView {
        try change(request.inquiry, request.version, request, as: .owner, in: &context) {
            (file, context) throws(Refusal) in
            try file.close(by: context.actor, in: context.circumstances)
        }
    }

    /// As whom a command may be given: a right by the record.
    private enum Standing {
        case owner
        /// To whom it is offered.
        case offered
        /// The coordinating office: its role is right enough.
        case office

        func require(of actor: Actor, in file: InquiryFile) throws(Refusal) {
            switch self {
            case .owner: try file.requireOwner(actor)
            case .offered: try file.requireOffered(actor)
            case .office: break
            }
        }
    }

    private func change(
        _ number: String,
        _ version: UInt64,
        _ request: some Message,
        as standing: Standing,
        in context: inout CommandContext,
        _ body: (inout InquiryFile, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> InquiryView {
        try context.change(
            InquiryFile.self,
            number,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try standing.require(of: actor, in: file) },
            body
        ).view(in: context.circumstances)
    }

    /// The same with somebody whom the request names.
    private func change(
        _ number: String,
        _ version: UInt64,
        _ request: some Message,
        as standing: Standing,
        naming login: String,
        in context: inout CommandContext,
        _ body: (inout InquiryFile, InquiryFile.Person, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> InquiryView {
        try context.change(
            InquiryFile.self,
            number,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try standing.require(of: actor, in: file) },
            values: { context throws(HandlerFailure) in try Self.asked(login, in: context).person },
            body
        ).view(in: context.circumstances)
    }
}

extension FirstContactService: FirstContactQueries {
    func get(
        _ request: InquiryRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> InquiryView {
        let file = try context.open(InquiryFile.self, request.inquiry)
        let actor = try context.signedIn()
        // Whoever has had it, or is offered it, may see it; so may their departments.
        var departments = [file.record.owner.department]
        if case .offered(let person) = file.record.progress {
            departments.append(person.department)
        }
        let mayRead =
            actor.has(.office) || actor.has(.supervisor) || departments.contains(actor.department)
            || file.record.owners.contains(actor.login)
        guard mayRead else {
            throw .refused(.wrongDepartment(answers: file.record.owner.department))
        }
        return file.view(in: context.circumstances)
    }

    func list(
        _ request: ListInquiriesRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListInquiriesReply {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        var after: [Value]?
        if !request.after.isEmpty {
            let last = try context.load(
                InquiryRecord.self,
                request.after,
                or: .none(kind: .inquiry, name: request.after)
            )
            after = [.integer(Int64(last.received.daysSinceEpoch)), .text(last.key)]
        }
        let page = try context.page(
            InquiryRecord.self,
            Search(
                by: InquiryRecord.byOpen,
                prefix: [.text(department)],
                after: after,
                limit: Int(request.limit)
            )
        )
        var views: [InquiryView] = []
        for record in page.records {
            let file = try context.open(InquiryFile.self, record)
            views.append(file.view(in: context.circumstances))
        }
        return ListInquiriesReply(inquiries: views, more: page.isMore)
    }
}

extension InquiryFile.State {
    fileprivate var message: InquiryState {
        switch self {
        case .registered: .registered
        case .answered: .answered
        case .deferred: .deferred
        case .offered: .offered
        case .handedOver: .handedOver
        case .referredOut: .referredOut
        case .unclear: .unclear
        case .assigned: .officeAssigned
        case .closed: .closed
        }
    }
}

extension InquiryFile {
    /// The inquiry as it stands; it must have been settled in these circumstances.
    fileprivate func view(in circumstances: Circumstances) -> InquiryView {
        var view = InquiryView(
            inquiry: record.key,
            version: UInt64(record.trail.version),
            state: state.message,
            owner: record.owner.login,
            replyDue: clock(.reply)?.deadline.due(
                on: circumstances.now.date,
                in: circumstances.calendars
            ),
            received: record.received,
            question: record.question,
            owners: record.owners
        )
        switch record.progress {
        case .registered, .handedOver, .unclear, .assigned: break
        case .deferred(_, let day): view.deferredUntil = day
        case .offered(let person): view.offeredTo = person.login
        case .answered(let answer), .closed(let answer): view.answer = answer
        case .referredOut(let agency, let route): view.answer = "\(agency): \(route)"
        }
        return view
    }
}
