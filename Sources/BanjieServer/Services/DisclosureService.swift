internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store
internal import WorkCalendar

/// What the office shows of itself: powers, guides, who answers, desk plates.
struct DisclosureService: DisclosureCommands, Sendable {
    func putPower(
        _ request: Power,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> PowerView {
        try validating(request)
        guard let kind = PowerRecord.Kind(rawValue: request.kind.rawValue) else {
            throw .refused(.unknownValue(field: "kind", value: "\(request.kind)"))
        }
        try context.requireDepartment(request.department)
        if !request.post.isEmpty { _ = try context.post(request.post, of: request.department) }
        let power = PowerRecord(
            code: request.code,
            department: request.department,
            kind: kind,
            name: request.name,
            basis: request.basis,
            duties: request.duties,
            post: request.post.isEmpty ? nil : request.post,
            accountability: request.accountability
        )
        context.unit.save(power)
        context.audit("POWER_PUT", "power/\(power.key)")
        return power.view
    }

    func revokePower(
        _ request: RevokePowerRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> PowerView {
        try validating(request)
        var power = try context.load(
            PowerRecord.self,
            request.code,
            or: .noPower(request.code)
        )
        let today = context.now.date
        try ruling { () throws(Refusal) in
            try power.revoke(from: today, reason: request.reason)
        }
        context.unit.save(power)
        context.audit("POWER_REVOKED", "power/\(power.key)", request.reason)
        return power.view
    }

    func putGuide(
        _ request: Guide,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> GuideView {
        try validating(request)
        let item = try context.newestItem(request.item)
        let content = try request.content()
        if let post = content.post { _ = try context.post(post, of: item.department) }
        let edition = (try context.newestGuide(of: item.key.code)?.key.edition ?? 0) + 1
        let now = context.now
        let guide = try ruling { () throws(Refusal) in
            try GuideRecord(.init(item.key.code, edition: edition), content, at: now)
        }
        context.unit.save(guide)
        context.audit("GUIDE_PUT", "item/\(item.key.code)", "edition \(edition)")
        return try context.view(guide, of: item)
    }

    func putDuty(
        _ request: PostDuty,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> PostDuty {
        let actor = context.actor
        if let post = try context.loadIfPresent(PostRecord.self, request.post) {
            guard actor.has(.office) || actor.has(.operator) || actor.department == post.department
            else { throw .refused(.wrongDepartment(answers: post.department)) }
        }
        try validating(request)
        let post = try context.post(request.post)
        for login in [request.holder, request.cover] where !login.isEmpty {
            let person = try context.person(login)
            guard person.department == post.department else {
                throw .refused(.wrongDepartment(answers: post.department))
            }
        }
        let from = request.from ?? context.now.date
        let duty = try ruling { () throws(Refusal) in
            try PostDutyRecord(
                .init(post.key, from: from),
                holder: request.holder,
                cover: request.cover.isEmpty ? nil : request.cover
            )
        }
        context.unit.save(duty)
        context.audit("POST_ASSIGNED", "post/\(post.key)", "\(duty.holder) from \(from)")
        return duty.message
    }

    func recordAbsence(
        _ request: AbsenceRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AbsenceView {
        try context.requireColleague(request.login)
        try validating(request)
        let person = try context.person(request.login.isEmpty ? context.actor.login : request.login)
        let absence = try ruling { () throws(Refusal) in
            try AbsenceRecord(
                .init(person.key, from: request.from),
                until: request.until,
                reason: Masking.scrubbed(request.reason)
            )
        }
        context.unit.save(absence)
        context.audit(
            "ABSENCE_RECORDED",
            "person/\(person.key)",
            "\(request.from) to \(request.until)"
        )
        return absence.view
    }

    func cancelAbsence(
        _ request: CancelAbsenceRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> AbsenceView {
        try context.requireColleague(request.login)
        try validating(request)
        let person = try context.person(request.login.isEmpty ? context.actor.login : request.login)
        let absence = try context.load(
            AbsenceRecord.self,
            AbsenceRecord.Key(person.key, from: request.from),
            or: .noAbsence(of: person.key, from: request.from)
        )
        context.unit.delete(AbsenceRecord.self, absence.key)
        context.audit("ABSENCE_CANCELLED", "person/\(person.key)", "from \(request.from)")
        return absence.view
    }
}

// MARK: - Queries

extension DisclosureService: DisclosureQueries {
    func listPowers(
        _ request: ListPowersRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListPowersReply {
        try validating(request)
        let page = try context.page(
            PowerRecord.self,
            Search(
                after: request.after.isEmpty ? nil : [.text(request.after)],
                limit: Int(request.limit)
            )
        )
        return ListPowersReply(
            powers: page.records.filter { power in
                (request.department.isEmpty || power.department == request.department)
                    && (request.revoked || power.revocation == nil)
            }.map(\.view),
            through: page.records.last?.key ?? request.after,
            more: page.isMore
        )
    }

    func getGuide(
        _ request: GuideRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> GuideView {
        try validating(request)
        let item = try context.newestItem(request.item)
        let guide =
            request.edition == 0
            ? try context.newestGuide(of: item.key.code)
            : try context.loadIfPresent(
                GuideRecord.self,
                GuideRecord.Key(item.key.code, edition: Int64(request.edition))
            )
        guard let guide else { throw .refused(.noGuide(for: item.key.code)) }
        return try context.view(guide, of: item)
    }

    func whoAnswers(
        _ request: WhoAnswersRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> WhoAnswersReply {
        try validating(request)
        let at = request.at ?? context.now
        let (department, post) = try context.place(of: request)
        let roster = try context.roster(of: department.key)
        var answers: [Answering] = []
        for candidate in roster.posts where post == nil || candidate.key == post {
            let answer = roster.answer(for: candidate.key, on: at.date)
            answers.append(
                Answering(
                    post: candidate.key,
                    badge: try answer.map { answer throws(HandlerFailure) in
                        try context.badge(of: answer.login, at: candidate, department)
                    },
                    as: answer.map { AnswersAs(rawValue: $0.standing.rawValue) },
                    until: answer?.until,
                    counter: candidate.counter,
                    officePhone: department.phone
                )
            )
        }
        let calendar = context.calendars.entry(at: at).calendar
        let opening = calendar.instant(workingSeconds: 0, after: at)
        let isOpen = opening == at
        return WhoAnswersReply(answers: answers, open: isOpen, opens: isOpen ? nil : opening)
    }

    func listPlates(
        _ request: ListPlatesRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListPlatesReply {
        try validating(request)
        let department = try context.department(request.department)
        let roster = try context.roster(of: department.key)
        let day = request.on ?? context.now.date
        var plates: [Plate] = []
        for post in roster.posts {
            let duty = roster.duty(of: post.key, on: day)
            plates.append(
                Plate(
                    post: post.message,
                    department: department.name,
                    holder: try duty.map { duty throws(HandlerFailure) in
                        try context.badge(of: duty.holder, at: post, department)
                    },
                    cover: try duty?.cover.map { login throws(HandlerFailure) in
                        try context.badge(of: login, at: post, department)
                    },
                    officePhone: department.phone,
                    complaintPhone: department.complaintPhone
                )
            )
        }
        return ListPlatesReply(plates: plates)
    }
}

extension RecordContext {
    /// The newest edition of an item's guide.
    func newestGuide(of item: String) throws(HandlerFailure) -> GuideRecord? {
        try find(GuideRecord.self, Search(prefix: [.text(item)], limit: .max)).last
    }

    fileprivate func post(
        _ code: String,
        of department: String
    ) throws(HandlerFailure) -> PostRecord {
        let post = try post(code)
        guard post.department == department else {
            throw .refused(.wrongDepartment(answers: post.department))
        }
        return post
    }

    fileprivate func roster(of department: String) throws(HandlerFailure) -> Roster {
        let posts = try posts(of: department)
        var duties: [PostDutyRecord] = []
        for post in posts {
            duties += try find(PostDutyRecord.self, Search(prefix: [.text(post.key)], limit: .max))
        }
        var absences: [AbsenceRecord] = []
        for login in Set(duties.flatMap { [$0.holder] + ($0.cover.map { [$0] } ?? []) }) {
            absences += try find(AbsenceRecord.self, Search(prefix: [.text(login)], limit: .max))
        }
        return Roster(posts: posts, duties: duties, absences: absences)
    }

    /// The department, and the one post that is asked for, if any.
    fileprivate func place(
        of request: WhoAnswersRequest
    ) throws(HandlerFailure) -> (DepartmentRecord, post: String?) {
        switch (request.item.isEmpty, request.post.isEmpty, request.department.isEmpty) {
        case (false, true, true):
            let item = try newestItem(request.item)
            let guide = try newestGuide(of: item.key.code)
            return (try department(item.department), guide?.content.post)
        case (true, false, true):
            let post = try post(request.post)
            return (try department(post.department), post.key)
        case (true, true, false):
            return (try department(request.department), nil)
        default:
            throw .refused(.outOfRange(field: "item", allowed: "one of item, post, department"))
        }
    }

    /// What a badge says: it is worn in the open, so that the name isn't masked.
    fileprivate func badge(
        of login: String,
        at post: PostRecord,
        _ department: DepartmentRecord
    ) throws(HandlerFailure) -> Badge {
        let person = try person(login)
        let own = try loadIfPresent(PostRecord.self, person.post) ?? post
        return Badge(
            name: person.details.name.clear,
            badge: person.badge ?? "",
            post: own.name,
            department: department.name
        )
    }

    fileprivate func view(
        _ guide: GuideRecord,
        of item: ItemRecord
    ) throws(HandlerFailure) -> GuideView {
        GuideView(
            guide: guide.message,
            edition: UInt32(clamping: guide.key.edition),
            since: guide.since,
            item: item.view,
            department: try department(item.department).message,
            depth: BanjieProtocol.ServiceDepth(
                rawValue: Office.ServiceDepth(of: guide.content).rawValue
            )
        )
    }
}

extension CommandContext {
    /// - Throws: `notOwner` unless the caller speaks for somebody: for oneself, for one's department as its
    ///   head, for all as the office. Whoever doesn't exist is nobody's business yet.
    fileprivate func requireColleague(_ login: String) throws(HandlerFailure) {
        guard !login.isEmpty, login != actor.login, !actor.has(.office), !actor.has(.operator),
            let person = try loadIfPresent(PersonRecord.self, login)
        else { return }
        guard actor.has(.head), actor.department == person.department else {
            throw .refused(.notOwner)
        }
    }
}
