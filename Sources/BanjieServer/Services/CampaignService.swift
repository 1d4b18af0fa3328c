internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

/// Leadership, tasks, publicity and lessons.
struct CampaignService: Sendable {
    fileprivate let tasks = AssignmentDesk(sort: .task)
}

// MARK: - Leadership and tasks

extension CampaignService: CampaignCommands {
    func putBody(
        _ request: Body,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> BodyView {
        try validating(request)
        if !request.department.isEmpty { try context.requireDepartment(request.department) }
        let body = BodyRecord(
            code: request.code,
            name: request.name,
            department: request.department.isEmpty ? nil : request.department
        )
        context.unit.save(body)
        context.audit("BODY_PUT", "body/\(body.key)")
        return try context.view(body, on: context.now.date)
    }

    func appoint(
        _ request: AppointRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> BodyView {
        try validating(request)
        let body = try context.body(request.body)
        let person = try context.person(request.login)
        let from = request.from ?? context.now.date
        // A member whose function changes has two times, one after the other.
        for var known in try context.members(of: body)
        where known.key.login == person.key && known.holds(on: from) && known.key.from < from {
            try ruling { () throws(Refusal) in try known.end(on: from.adding(days: -1)) }
            context.unit.save(known)
        }
        let key = MembershipRecord.Key(body.key, person.key, from: from)
        context.unit.save(MembershipRecord(key, as: request.function))
        context.audit("MEMBER_APPOINTED", "body/\(body.key)", "\(person.key) from \(from)")
        return try context.view(body, on: max(from, context.now.date))
    }

    func dismiss(
        _ request: DismissRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> BodyView {
        try validating(request)
        let body = try context.body(request.body)
        let day = request.until ?? context.now.date
        let known = try context.members(of: body).first {
            $0.key.login == request.login && $0.holds(on: day)
        }
        guard var member = known else {
            throw .refused(.none(kind: .person, name: request.login))
        }
        try ruling { () throws(Refusal) in try member.end(on: day) }
        context.unit.save(member)
        context.audit("MEMBER_DISMISSED", "body/\(body.key)", "\(request.login) after \(day)")
        return try context.view(body, on: context.now.date)
    }

    func issueTask(
        _ request: IssueAssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.issue(request, in: &context) }

    func receiveTask(
        _ request: AssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.receive(request, in: &context) }

    func reportTask(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.report(request, in: &context) }

    func acceptTask(
        _ request: AssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.accept(request, in: &context) }

    func returnTask(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.sendBack(request, in: &context) }

    func extendTask(
        _ request: ExtendAssignmentRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.extend(request, in: &context) }

    func withdrawTask(
        _ request: AssignmentTextRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.withdraw(request, in: &context) }

    // MARK: Publicity

    func draftPublication(
        _ request: DraftPublicationRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> PublicationView {
        try validating(request)
        guard let kind = PublicationRecord.Kind(rawValue: request.kind.rawValue) else {
            throw .refused(.unknownValue(field: "kind", value: "\(request.kind)"))
        }
        let number = try context.nextKey(PublicationRecord.self)
        let department = context.actor.department
        let publication = try ruling { () throws(Refusal) in
            try PublicationRecord(
                number: number,
                kind,
                by: department,
                title: request.title,
                text: request.text
            )
        }
        context.unit.save(publication)
        context.audit("PUBLICATION_DRAFTED", "publication/\(number)")
        return publication.view
    }

    func publish(
        _ request: PublishRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> PublicationView {
        var publication = try context.publication(request.publication)
        try validating(request)
        let now = context.now
        try ruling { () throws(Refusal) in
            try publication.publish(through: request.channels, at: now)
        }
        context.unit.save(publication)
        context.audit("PUBLICATION_PUBLISHED", "publication/\(publication.key)")
        return publication.view
    }

    func takeDown(
        _ request: TakeDownRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> PublicationView {
        var publication = try context.publication(request.publication)
        try validating(request)
        try ruling { () throws(Refusal) in try publication.takeDown(reason: request.reason) }
        context.unit.save(publication)
        context.audit("PUBLICATION_TAKEN_DOWN", "publication/\(publication.key)", request.reason)
        return publication.view
    }

    // MARK: Lessons

    func recordLesson(
        _ request: RecordLessonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> LessonView {
        try validating(request)
        guard let source = LessonRecord.Source(rawValue: request.source.rawValue) else {
            throw .refused(.unknownValue(field: "source", value: "\(request.source)"))
        }
        let lesson = LessonRecord(
            number: try context.nextKey(LessonRecord.self),
            of: context.actor.department,
            from: source,
            problem: Masking.scrubbed(request.problem),
            cause: Masking.scrubbed(request.cause),
            measure: Masking.scrubbed(request.measure),
            at: context.now
        )
        context.unit.save(lesson)
        context.audit("LESSON_RECORDED", "lesson/\(lesson.key)")
        return try context.view(lesson)
    }

    func offerLesson(
        _ request: OfferLessonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> LessonView {
        let lesson = try context.lesson(request.lesson)
        try validating(request)
        for department in request.departments {
            try context.requireDepartment(department)
            guard department != lesson.department else {
                throw .refused(
                    .outOfRange(field: "departments", allowed: "others than \(department)")
                )
            }
        }
        for department in request.departments {
            let key = LessonAnswerRecord.Key(lesson.key, department)
            guard try context.loadIfPresent(LessonAnswerRecord.self, key) == nil else { continue }
            context.unit.save(LessonAnswerRecord(key))
        }
        context.audit(
            "LESSON_OFFERED",
            "lesson/\(lesson.key)",
            request.departments.joined(separator: ", ")
        )
        return try context.view(lesson)
    }

    func answerLesson(
        _ request: AnswerLessonRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> LessonView {
        let lesson = try context.lesson(request.lesson)
        try validating(request)
        let actor = context.actor
        let key = LessonAnswerRecord.Key(lesson.key, actor.department)
        var record = try context.load(
            LessonAnswerRecord.self,
            key,
            or: .notOffered(to: actor.department)
        )
        record.answer = LessonAnswerRecord.Answer(
            isAdopted: request.adopted,
            text: Masking.scrubbed(request.text),
            by: actor.login,
            at: context.now
        )
        context.unit.save(record)
        context.audit(
            request.adopted ? "LESSON_ADOPTED" : "LESSON_DECLINED",
            "lesson/\(lesson.key)",
            actor.department
        )
        return try context.view(lesson)
    }
}

// MARK: - Queries

extension CampaignService: CampaignQueries {
    func getBody(
        _ request: BodyRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> BodyView {
        try context.view(try context.body(request.code), on: request.on ?? context.now.date)
    }

    func getTask(
        _ request: AssignmentRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> AssignmentView { try tasks.get(request, in: context) }

    func listTasks(
        _ request: ListAssignmentsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListAssignmentsReply { try tasks.list(request, in: context) }

    func getPublication(
        _ request: PublicationRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> PublicationView {
        try context.publication(request.publication).view
    }

    func listPublications(
        _ request: ListPublicationsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListPublicationsReply {
        try validating(request)
        let page = try context.page(
            PublicationRecord.self,
            Search(after: [.integer(Int64(clamping: request.after))], limit: Int(request.limit))
        )
        return ListPublicationsReply(
            publications: page.records.filter {
                if case .published = $0.progress { true } else { false }
            }.map(\.view),
            through: page.records.last.map { UInt64(clamping: $0.key) } ?? request.after,
            more: page.isMore
        )
    }

    func getLesson(
        _ request: LessonRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> LessonView { try context.view(try context.lesson(request.lesson)) }

    func listLessons(
        _ request: ListLessonsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListLessonsReply {
        try validating(request)
        let page = try context.page(
            LessonRecord.self,
            Search(after: [.integer(Int64(clamping: request.after))], limit: Int(request.limit))
        )
        var views: [LessonView] = []
        for lesson in page.records { views.append(try context.view(lesson)) }
        return ListLessonsReply(lessons: views, more: page.isMore)
    }

    func summary(
        _ request: SummaryRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> YearSummary {
        try validating(request)
        return try context.summary(of: request.year)
    }
}

extension RecordContext {
    fileprivate func body(_ code: String) throws(HandlerFailure) -> BodyRecord {
        try load(BodyRecord.self, code, or: .noBody(code))
    }

    fileprivate func members(of body: BodyRecord) throws(HandlerFailure) -> [MembershipRecord] {
        try find(MembershipRecord.self, Search(prefix: [.text(body.key)], limit: .max))
    }

    fileprivate func publication(_ number: UInt64) throws(HandlerFailure) -> PublicationRecord {
        try load(PublicationRecord.self, Int64(clamping: number), or: .noPublication(number))
    }

    fileprivate func lesson(_ number: UInt64) throws(HandlerFailure) -> LessonRecord {
        try load(LessonRecord.self, Int64(clamping: number), or: .noLesson(number))
    }

    fileprivate func view(_ body: BodyRecord, on day: CivilDate) throws(HandlerFailure) -> BodyView
    {
        BodyView(
            body: Body(code: body.key, name: body.name, department: body.department ?? ""),
            members: try members(of: body).filter { $0.holds(on: day) }.map {
                BodyMember(
                    login: $0.key.login,
                    function: $0.function,
                    from: $0.key.from,
                    until: $0.until
                )
            }
        )
    }

    fileprivate func view(_ lesson: LessonRecord) throws(HandlerFailure) -> LessonView {
        let answers = try find(
            LessonAnswerRecord.self,
            Search(prefix: [.integer(lesson.key)], limit: .max)
        )
        return LessonView(
            lesson: UInt64(clamping: lesson.key),
            department: lesson.department,
            source: LessonSource(rawValue: lesson.source.rawValue),
            problem: lesson.problem,
            cause: lesson.cause,
            measure: lesson.measure,
            at: lesson.at,
            answers: answers.map { record in
                LessonAnswer(
                    department: record.key.department,
                    adopted: record.answer?.isAdopted,
                    text: record.answer?.text ?? "",
                    by: record.answer?.by ?? "",
                    at: record.answer?.at
                )
            }
        )
    }
}

extension PublicationRecord {
    fileprivate var view: PublicationView {
        let message: PublicationState =
            switch progress {
            case .drafted: .drafted
            case .published: .published
            case .takenDown: .takenDown
            }
        var view = PublicationView(
            publication: UInt64(clamping: key),
            kind: PublicationKind(rawValue: kind.rawValue),
            state: message,
            department: department,
            title: title,
            text: text,
            channels: publishing?.channels ?? [],
            published: publishing?.at
        )
        if case .takenDown(_, let reason) = progress { view.reason = reason }
        return view
    }
}
