internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import Wire

// What applicants ask online, and what departments answer.

extension ConsultationFile: ServedFile {
    static func absent(_ key: String, in context: some RecordContext) -> Refusal {
        .noConsultation(UInt64(key.drop { !$0.isNumber }) ?? 0)
    }

    static func assemble(
        _ record: ConsultationRecord,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) -> ConsultationFile {
        ConsultationFile(record: record, clocks: clocks)
    }

    func notify(in context: inout CommandContext) throws(HandlerFailure) {
        try context.notify(of: self)
    }

    /// As those see it who may read it as it was written.
    fileprivate func view(in circumstances: Circumstances) -> ConsultationView {
        let due = clock(.reply)?.deadline.due(on: circumstances.today, in: circumstances.calendars)
        let state: ConsultationState =
            switch state {
            case .asked: .asked
            case .answered: .answered
            case .published: .published
            }
        return ConsultationView(
            consultation: UInt64(clamping: record.number),
            version: UInt64(clamping: record.trail.version),
            state: state,
            department: record.department,
            item: record.item ?? "",
            question: record.question,
            answer: record.answer?.text ?? "",
            received: record.received,
            replyDue: due ?? record.received,
            answered: record.answer?.at,
            referral: record.referral ?? ""
        )
    }
}

extension OnlineService {
    func consult(
        _ request: ConsultRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ConsultationView {
        try validating(request)
        guard request.item.isEmpty != request.department.isEmpty else {
            throw .refused(.outOfRange(field: "item", allowed: "one of item and department"))
        }
        var department = request.department
        if !request.item.isEmpty {
            department = try context.newestItem(request.item).department
        } else {
            try context.requireDepartment(department)
        }
        var file = ConsultationFile.ask(
            number: try context.nextNumber(of: .consultations),
            request.question,
            of: department,
            about: request.item.isEmpty ? nil : request.item,
            by: context.actor,
            in: context.circumstances
        )
        try context.save(&file)
        return file.view(in: context.circumstances)
    }

    func referConsultation(
        _ request: ReferConsultationRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ConsultationView {
        let file = try context.change(
            ConsultationFile.self,
            ConsultationRecord.key(Int64(clamping: request.consultation)),
            version: request.version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try file.requireAnswerer(actor) },
            values: { (context) throws(HandlerFailure) in
                try context.requireDepartment(request.department)
            }
        ) { (file, _: Void, context) throws(Refusal) in
            try file.refer(
                to: request.department,
                reason: Masking.scrubbed(request.reason),
                by: context.actor,
                in: context.circumstances
            )
        }
        return file.view(in: context.circumstances)
    }

    func answerConsultation(
        _ request: AnswerConsultationRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ConsultationView {
        let file = try context.change(
            ConsultationFile.self,
            ConsultationRecord.key(Int64(clamping: request.consultation)),
            version: request.version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try file.requireAnswerer(actor) }
        ) { (file, context) throws(Refusal) in
            try file.answer(request.answer, by: context.actor, in: context.circumstances)
        }
        return file.view(in: context.circumstances)
    }

    func publishConsultation(
        _ request: PublishConsultationRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ConsultationView {
        let file = try context.change(
            ConsultationFile.self,
            ConsultationRecord.key(Int64(clamping: request.consultation)),
            version: request.version,
            by: request,
            rights: { (file, actor) throws(Refusal) in
                if !actor.has(.office) { try file.requireAnswerer(actor) }
            }
        ) { (file, context) throws(Refusal) in
            try file.publish(
                question: request.question,
                by: context.actor,
                in: context.circumstances
            )
        }
        return file.view(in: context.circumstances)
    }

    func getConsultation(
        _ request: ConsultationRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ConsultationView {
        try validating(request)
        let actor = try context.signedIn()
        let file = try context.open(
            ConsultationFile.self,
            ConsultationRecord.key(Int64(clamping: request.consultation))
        )
        // Whoever may not read it learns nothing of it.
        guard file.mayRead(actor) else { throw .refused(.noConsultation(request.consultation)) }
        return file.view(in: context.circumstances)
    }

    func listConsultations(
        _ request: ListConsultationsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListConsultationsReply {
        let actor = try context.signedIn()
        if !request.department.isEmpty {
            _ = try context.readableDepartment(request.department)
        }
        try validating(request)
        let search =
            request.department.isEmpty
            ? Search(by: ConsultationRecord.byAsker, prefix: [.text(actor.login)], limit: 0)
            : Search(
                by: ConsultationRecord.byOpen,
                prefix: [.text(request.department)],
                limit: 0
            )
        return try list(search, after: request.after, limit: request.limit, in: context) {
            $0.view(in: context.circumstances)
        }
    }

    func listAnswers(
        _ request: ListAnswersRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListConsultationsReply {
        try validating(request)
        let search = Search(by: ConsultationRecord.byPublished, limit: 0)
        return try list(search, after: request.after, limit: request.limit, in: context) { file in
            var view = file.view(in: context.circumstances)
            if case .published(_, let question) = file.record.progress { view.question = question }
            return view
        }
    }

    /// A page of consultations behind a number.
    private func list(
        _ search: Search,
        after number: UInt64,
        limit: Int32,
        in context: QueryContext,
        _ view: (ConsultationFile) -> ConsultationView
    ) throws(HandlerFailure) -> ListConsultationsReply {
        var search = search
        let number = Int64(clamping: number)
        search.after = [.integer(number), .text(ConsultationRecord.key(number))]
        search.limit = Int(limit)
        let page = try context.page(ConsultationRecord.self, search)
        var views: [ConsultationView] = []
        for record in page.records {
            views.append(view(try context.open(ConsultationFile.self, record)))
        }
        return ListConsultationsReply(consultations: views, more: page.isMore)
    }
}
