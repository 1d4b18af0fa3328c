internal import BanjieProtocol
internal import CivilTime
internal import Office
internal import Store

/// Training plans, who took part, exams, and the hours of a year.
struct TrainingService: TrainingCommands, Sendable {
    func plan(
        _ request: PlanTrainingRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> TrainingPlanView {
        try validating(request)
        if !request.department.isEmpty { try context.requireDepartment(request.department) }
        let number = try context.nextKey(TrainingPlanRecord.self)
        let plan = try ruling { () throws(Refusal) in
            try TrainingPlanRecord(
                number: number,
                title: request.title,
                department: request.department.isEmpty ? nil : request.department,
                sessions: request.sessions.map { .init(day: $0.day, hours: $0.hours) },
                enrolBy: request.enrolBy,
                places: request.places,
                passMark: request.passMark == 0 ? nil : request.passMark,
                isQualifying: request.qualifying
            )
        }
        context.unit.save(plan)
        context.audit("TRAINING_PLANNED", "training/\(number)")
        return plan.view
    }

    func enrol(
        _ request: EnrolRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> EnrolmentView {
        var plan = try context.plan(request.plan)
        let actor = context.actor
        let person = try context.person(request.login.isEmpty ? actor.login : request.login)
        let isTheirs = actor.has(.head) && actor.department == person.department
        guard person.key == actor.login || actor.has(.office) || isTheirs else {
            throw .refused(.notOwner)
        }
        try validating(request)
        let key = EnrolmentRecord.Key(person.key, plan.key)
        guard try context.loadIfPresent(EnrolmentRecord.self, key) == nil else {
            throw .refused(.enrolledAlready(person.key))
        }
        let today = context.now.date
        try ruling { () throws(Refusal) in try plan.enrol(from: person.department, on: today) }
        let enrolment = EnrolmentRecord(key, of: plan)
        context.unit.save(plan)
        context.unit.save(enrolment)
        context.audit("TRAINING_ENROLLED", "training/\(plan.key)", person.key)
        return enrolment.view(of: plan)
    }

    func recordAttendance(
        _ request: AttendanceRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> EnrolmentView {
        let plan = try context.plan(request.plan)
        try validating(request)
        var enrolment = try context.enrolment(of: request.login, in: plan)
        let today = context.now.date
        let change = try ruling { () throws(Refusal) in
            try enrolment.attend(request.session, hours: request.hours, of: plan, on: today)
        }
        guard change.hours != 0 else { return enrolment.view(of: plan) }
        let key = TrainingHoursRecord.Key(request.login, Int32(clamping: change.year))
        var hours =
            try context.loadIfPresent(TrainingHoursRecord.self, key) ?? TrainingHoursRecord(key)
        hours.add(change.hours)
        context.unit.save(hours)
        context.unit.save(enrolment)
        context.audit(
            "TRAINING_ATTENDED",
            "training/\(plan.key)",
            "\(request.login), session \(request.session): \(request.hours) hours"
        )
        return enrolment.view(of: plan)
    }

    func recordExam(
        _ request: ExamRequest,
        in context: inout CommandContext
    ) throws(HandlerFailure) -> EnrolmentView {
        let plan = try context.plan(request.plan)
        try validating(request)
        var enrolment = try context.enrolment(of: request.login, in: plan)
        let now = context.now
        try ruling { () throws(Refusal) in try enrolment.sit(request.mark, of: plan, at: now) }
        context.unit.save(enrolment)
        context.audit(
            "TRAINING_EXAMINED",
            "training/\(plan.key)",
            "\(request.login): \(request.mark)"
        )
        return enrolment.view(of: plan)
    }
}

extension TrainingService: TrainingQueries {
    func getPlan(
        _ request: TrainingPlanRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> TrainingPlanView { try context.plan(request.plan).view }

    func listPlans(
        _ request: ListTrainingPlansRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListTrainingPlansReply {
        try validating(request)
        // There are some dozens a year.
        let all = try context.find(TrainingPlanRecord.self, Search(limit: .max)).reversed()
        let rest = all.filter { request.before == 0 || $0.key < Int64(clamping: request.before) }
        let page = rest.prefix(Int(request.limit))
        return ListTrainingPlansReply(plans: page.map(\.view), more: page.count < rest.count)
    }

    func getRecord(
        _ request: TrainingRecordRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> TrainingRecordView {
        let actor = try context.signedIn()
        let person = try context.person(request.login.isEmpty ? actor.login : request.login)
        let isTheirs = actor.has(.head) && actor.department == person.department
        guard person.key == actor.login || actor.has(.office) || actor.has(.supervisor) || isTheirs
        else { throw .refused(.notOwner) }
        try validating(request)
        let year = request.year == 0 ? Int32(clamping: context.now.date.year) : request.year
        var view = TrainingRecordView(
            login: person.key,
            year: year,
            hours: try context.trainingHours(of: person.key, in: year),
            required: context.circumstances.policy.trainingHours
        )
        for enrolment in try context.enrolments(of: person.key) {
            let plan = try context.plan(UInt64(clamping: enrolment.key.plan))
            view.enrolments.append(enrolment.view(of: plan))
        }
        return view
    }

    func listShort(
        _ request: ListShortRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListShortReply {
        let department = try context.readableDepartment(request.department)
        try validating(request)
        let year = request.year == 0 ? Int32(clamping: context.now.date.year) : request.year
        let page = try context.page(
            PersonRecord.self,
            Search(
                by: PersonRecord.byDepartment,
                prefix: [.text(department)],
                after: request.after.isEmpty ? nil : [.text(request.after)],
                limit: Int(request.limit)
            )
        )
        var reply = ListShortReply(
            through: page.records.last?.key ?? request.after,
            more: page.isMore
        )
        // Daemons learn nothing, and who is disabled needs nothing.
        for person in page.records where person.roles.contains(.staff) && !person.isDisabled {
            let hours = try context.trainingHours(of: person.key, in: year)
            guard hours < context.circumstances.policy.trainingHours else { continue }
            reply.people.append(TrainingHours(login: person.key, hours: hours))
        }
        return reply
    }
}

extension RecordContext {
    fileprivate func plan(_ number: UInt64) throws(HandlerFailure) -> TrainingPlanRecord {
        try load(TrainingPlanRecord.self, Int64(clamping: number), or: .noPlan(number))
    }

    fileprivate func enrolment(
        of login: String,
        in plan: TrainingPlanRecord
    ) throws(HandlerFailure) -> EnrolmentRecord {
        try load(
            EnrolmentRecord.self,
            EnrolmentRecord.Key(login, plan.key),
            or: .notEnrolled(login)
        )
    }

    fileprivate func enrolments(of login: String) throws(HandlerFailure) -> [EnrolmentRecord] {
        try find(EnrolmentRecord.self, Search(prefix: [.text(login)], limit: .max))
    }

    fileprivate func trainingHours(
        of login: String,
        in year: Int32
    ) throws(HandlerFailure) -> Int32 {
        let key = TrainingHoursRecord.Key(login, year)
        return try loadIfPresent(TrainingHoursRecord.self, key)?.hours ?? 0
    }

    /// What an officer has of what a certificate needs.
    func qualification(of login: String) throws(HandlerFailure) -> Qualification {
        let year = Int32(clamping: now.date.year)
        var passed: Instant?
        for enrolment in try enrolments(of: login) {
            guard let at = enrolment.passed,
                try plan(UInt64(clamping: enrolment.key.plan)).isQualifying
            else { continue }
            passed = max(passed ?? at, at)
        }
        return Qualification(
            hours: max(
                try trainingHours(of: login, in: year),
                try trainingHours(of: login, in: year - 1)
            ),
            passed: passed
        )
    }
}

extension TrainingPlanRecord {
    fileprivate var view: TrainingPlanView {
        TrainingPlanView(
            plan: UInt64(clamping: key),
            title: title,
            department: department ?? "",
            sessions: sessions.map { TrainingSession(day: $0.day, hours: $0.hours) },
            enrolBy: enrolBy,
            places: places,
            enrolled: UInt32(clamping: enrolled),
            passMark: passMark ?? 0,
            qualifying: isQualifying
        )
    }
}

extension EnrolmentRecord {
    fileprivate func view(of plan: TrainingPlanRecord) -> EnrolmentView {
        EnrolmentView(
            plan: UInt64(clamping: key.plan),
            login: key.login,
            hours: hours,
            marks: marks,
            passed: outcome(of: plan)
        )
    }
}
