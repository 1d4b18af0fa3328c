internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Digest
internal import Office
internal import Store

/// Reviews of the service: what applicants say, what departments do about it, the figures.
struct ReviewsService: ReviewsCommands, Sendable {
    func rate(
        _ request: RateRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try asApplicant(request.case, request, in: &context) { (file, context) throws(Refusal) in
            try file.rate(
                request.grade,
                text: request.text,
                isAnonymous: request.anonymous,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func rateByToken(
        _ request: RateByTokenRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> Empty {
        try validating(request)
        let digest = Hexadecimal.text(of: Secret.digest(of: request.token.uppercased()))
        let invitation = try context.load(InvitationRecord.self, digest, or: .noInvitation)
        var file = try context.open(ReviewFile.self, invitation.caseSerial)
        // The token stands in for its applicant's sign-in, for this alone.
        let applicant = Actor(login: file.record.applicant, roles: [.applicant], department: "")
        do throws(Refusal) {
            try file.requireApplicant(applicant)
            try file.rate(
                request.grade,
                text: request.text,
                isAnonymous: request.anonymous,
                by: applicant,
                in: context.circumstances
            )
        } catch {
            throw .refused(error)
        }
        try context.save(&file)
        context.unit.delete(InvitationRecord.self, invitation.key)
        return Empty()
    }

    func supplement(
        _ request: SupplementReviewRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        let matter = try context.open(CaseFile.self, request.case)
        let isOpen = matter.clock(.review)?.deadline.isRunning == true
        return try asApplicant(request.case, request, in: &context) {
            (file, context) throws(Refusal) in
            try file.supplement(
                request.text,
                windowIsOpen: isOpen,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    /// Opens the review of a case for its applicant.
    private func asApplicant(
        _ serial: String,
        _ request: some Message,
        in context: inout CommandContext,
        _ body: (inout ReviewFile, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> ReviewView {
        let matter = try context.open(CaseFile.self, serial)
        let file = try context.openIfPresent(ReviewFile.self, serial)
        let actor = context.actor
        try ruling { () throws(Refusal) in
            try matter.requireApplicant(actor)
            try file?.requireApplicant(actor)
        }
        try validating(request)
        guard var file else { throw .refused(.notServed) }
        do { try body(&file, context) } catch { throw .refused(error) }
        try context.save(&file)
        return file.view(for: actor, in: context.circumstances)
    }

    func verify(
        _ request: VerifyReviewRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try change(request.case, request.version, request, as: .reviewed, in: &context) {
            (file, context) throws(Refusal) in
            try file.verify(
                isComplex: request.complex,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func report(
        _ request: ReportReviewRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try answer(request, isExplanation: false, in: &context)
    }

    func explain(
        _ request: ReportReviewRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try answer(request, isExplanation: true, in: &context)
    }

    private func answer(
        _ request: ReportReviewRequest,
        isExplanation: Bool,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try change(request.case, request.version, request, as: .reviewed, in: &context) {
            (file, context) throws(Refusal) in
            try file.answer(
                request.measures,
                isExplanation: isExplanation,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func followUp(
        _ request: FollowUpRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try change(request.case, request.version, request, as: .reviewed, in: &context) {
            (file, context) throws(Refusal) in
            try file.followUp(
                isSatisfied: request.satisfied,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func close(
        _ request: ReviewRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try change(request.case, request.version, request, as: .reviewedOrSupervision, in: &context)
        { (file, context) throws(Refusal) in
            try file.close(by: context.actor, in: context.circumstances)
        }
    }

    func appeal(
        _ request: AppealReviewRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try change(request.case, request.version, request, as: .reviewed, in: &context) {
            (file, context) throws(Refusal) in
            try file.appeal(
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    func judgeAppeal(
        _ request: JudgeAppealRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> ReviewView {
        try change(request.case, request.version, request, as: .supervision, in: &context) {
            (file, context) throws(Refusal) in
            try file.judgeAppeal(
                excludes: request.exclude,
                reason: request.reason,
                by: context.actor,
                in: context.circumstances
            )
        }
    }

    /// As whom a command may be given: a right by the record.
    private enum Standing {
        case reviewed
        case reviewedOrSupervision
        /// Its role is right enough.
        case supervision

        func require(of actor: Actor, in file: ReviewFile) throws(Refusal) {
            switch self {
            case .reviewed: try file.requireReviewed(actor)
            case .reviewedOrSupervision:
                if !actor.has(.supervisor) { try file.requireReviewed(actor) }
            case .supervision: break
            }
        }
    }

    private func change(
        _ serial: String,
        _ version: UInt64,
        _ request: some Message,
        as standing: Standing,
        in context: inout CommandContext,
        _ body: (inout ReviewFile, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> ReviewView {
        try context.change(
            ReviewFile.self,
            serial,
            version: version,
            by: request,
            rights: { (file, actor) throws(Refusal) in try standing.require(of: actor, in: file) },
            body
        ).view(for: context.actor, in: context.circumstances)
    }
}

extension ReviewsService: ReviewsQueries {
    func get(
        _ request: ReviewRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ReviewView {
        let file = try context.open(ReviewFile.self, request.case)
        let actor = try context.signedIn()
        try ruling { () throws(Refusal) in
            guard !file.mayIdentify(actor) else { return }
            guard actor.department == file.record.department, !actor.department.isEmpty else {
                throw actor.isMerelyApplicant
                    ? .notApplicant : .wrongDepartment(answers: file.record.department)
            }
        }
        return file.view(for: actor, in: context.circumstances)
    }

    func list(
        _ request: ListReviewsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListReviewsReply {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        let actor = try context.signedIn()
        let page = try context.page(
            ReviewRecord.self,
            Search(
                by: ReviewRecord.byOpen,
                prefix: [.text(department)],
                after: request.after.isEmpty ? nil : [.text(request.after)],
                limit: Int(request.limit)
            )
        )
        var views: [ReviewView] = []
        for record in page.records {
            let file = try context.open(ReviewFile.self, record)
            views.append(file.view(for: actor, in: context.circumstances))
        }
        return ListReviewsReply(reviews: views, more: page.isMore)
    }

    func stats(
        _ request: ReviewStatsRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ReviewStats {
        try validating(request)
        let first = request.from?.startOfMonth
        var stats = ReviewStats()
        try context.forEach(ReviewTally.self) { tally in
            guard Self.matches(tally, request, from: first) else { return }
            stats.invited += UInt64(clamping: tally.invited)
            stats.rated += UInt64(clamping: tally.rated)
            stats.satisfied += UInt64(clamping: tally.satisfied)
        }
        // A review that is excluded later takes its numbers away together.
        stats.negative = stats.rated >= stats.satisfied ? stats.rated - stats.satisfied : 0
        if stats.rated > 0 {
            stats.satisfactionPpm = UInt32(clamping: stats.satisfied * 1_000_000 / stats.rated)
        }
        return stats
    }

    private static func matches(
        _ tally: ReviewTally,
        _ request: ReviewStatsRequest,
        from first: CivilDate?
    ) -> Bool {
        let key = tally.key
        return (request.department.isEmpty || request.department == key.department)
            && (request.item.isEmpty || request.item == key.item)
            && (request.post.isEmpty || request.post == key.post)
            && (request.person.isEmpty || request.person == key.handler)
            && first.map { key.month >= $0 } ?? true
            && request.until.map { key.month <= $0 } ?? true
    }
}

extension ReviewFile.State {
    var message: ReviewState {
        switch self {
        case .invited: .invited
        case .rated: .rated
        case .closedUnrated: .closedUnrated
        case .negative: .negative
        case .rectifying: .rectifying
        case .explained: .explained
        case .appealed: .appealed
        case .excluded: .excluded
        case .followUp: .followUp
        case .closed: .closed
        case .supervised: .supervised
        }
    }
}

extension ReviewFile {
    /// The review as it stands, for somebody: whoever is reviewed doesn't see who gave it.
    fileprivate func view(for actor: Actor, in circumstances: Circumstances) -> ReviewView {
        func due(_ kind: Deadlines.ClockKind) -> CivilDate? {
            clock(kind)?.deadline.due(
                on: circumstances.now.date,
                in: circumstances.calendars
            )
        }
        let rating = record.rating
        let isIdentified = mayIdentify(actor)
        var view = ReviewView(
            case: record.key,
            version: UInt64(record.trail.version),
            state: state.message,
            department: record.department,
            grade: rating?.grade ?? 0,
            text: isIdentified ? rating?.text ?? "" : "",
            supplement: isIdentified ? rating?.supplement ?? "" : "",
            anonymous: rating?.isAnonymous ?? false,
            received: rating?.received,
            verifyDue: due(.verify),
            rectifyDue: due(.rectify)
        )
        if case .negative(_, let handling) = record.progress {
            switch handling {
            case .reported, .rectifying: break
            case .answered(let measures, _, _, _): view.measures = measures
            case .satisfied(let measures):
                (view.measures, view.satisfied) = (measures, true)
            case .closed(let measures, let followedUp):
                view.measures = measures
                if followedUp { view.satisfied = true }
            case .supervised(let measures):
                (view.measures, view.satisfied) = (measures, false)
            }
        }
        return view
    }
}
