import BanjieProtocol
import CivilTime
import Wire

/// What a department is told to do, and by whom.
enum AssignmentSort: CaseIterable {
    /// 限期整改: by supervision.
    case order
    /// By the office, for the leading group.
    case task

    /// The methods of a sort, which do alike.
    struct Methods {
        let issue, receive, report, accept, giveBack, extend, withdraw, get: MethodDescriptor
    }

    private static let orders = Methods(
        issue: SupervisionMethods.issueOrder,
        receive: SupervisionMethods.receiveOrder,
        report: SupervisionMethods.reportOrder,
        accept: SupervisionMethods.acceptOrder,
        giveBack: SupervisionMethods.returnOrder,
        extend: SupervisionMethods.extendOrder,
        withdraw: SupervisionMethods.withdrawOrder,
        get: SupervisionMethods.getOrder
    )
    private static let tasks = Methods(
        issue: CampaignMethods.issueTask,
        receive: CampaignMethods.receiveTask,
        report: CampaignMethods.reportTask,
        accept: CampaignMethods.acceptTask,
        giveBack: CampaignMethods.returnTask,
        extend: CampaignMethods.extendTask,
        withdraw: CampaignMethods.withdrawTask,
        get: CampaignMethods.getTask
    )

    var methods: Methods { self == .order ? Self.orders : Self.tasks }
}

extension CityYear {
    private func issuer(of sort: AssignmentSort) -> String {
        sort == .order ? people.supervisor : people.office
    }

    /// A department is told to do something.
    func assign() throws {
        guard let sort = world.chance.pick(AssignmentSort.allCases),
            let department = world.chance.pick(people.departments)
        else { return }
        let request = IssueAssignmentRequest(
            department: department.code,
            title: sort == .order ? "限期整改" : "年度任务",
            content: "窗口排队过长，限期改进",
            days: Int32(world.chance.number(in: 1...15))
        )
        let answer: Result<AssignmentView, CallFailure> = try office.order(
            sort.methods.issue,
            request,
            as: issuer(of: sort)
        )
        let view = try answer.expected("an assignment")
        enter(.goOn(assignment: view.assignment, sort), inWorkingDays: 0...5)
    }

    /// Who has an assignment goes on with it, or lets it lie; who issued it judges what comes of it.
    func goOn(with assignment: String, _ sort: AssignmentSort) throws {
        let found: Result<AssignmentView, CallFailure> = try office.ask(
            sort.methods.get,
            AssignmentRequest(assignment: assignment),
            as: issuer(of: sort)
        )
        let view = try found.expected("an assignment")
        guard let department = people.department(view.department),
            let clerk = world.chance.pick(department.clerks)
        else { return }
        let named = AssignmentRequest(assignment: assignment, version: view.version)
        func said(_ text: String) -> AssignmentTextRequest {
            AssignmentTextRequest(assignment: assignment, version: view.version, text: text)
        }
        switch view.state {
        case .issued where world.chance.happens(oneIn: 12):
            try step(sort.methods.withdraw, said("情况有变"), as: issuer(of: sort))
        case .issued: try step(sort.methods.receive, named, as: clerk)
        case .received where !view.extended && world.chance.happens(oneIn: 5):
            let request = ExtendAssignmentRequest(
                assignment: assignment,
                version: view.version,
                days: Int32(world.chance.number(in: 1...5)),
                reason: "设备采购需要时间"
            )
            try step(sort.methods.extend, request, as: issuer(of: sort))
        case .received, .returned: try step(sort.methods.report, said("已增设窗口"), as: clerk)
        case .reported where world.chance.happens(oneIn: 4):
            try step(sort.methods.giveBack, said("未见成效"), as: issuer(of: sort))
        case .reported: try step(sort.methods.accept, named, as: issuer(of: sort))
        default: return
        }
        enter(.goOn(assignment: assignment, sort), inWorkingDays: 0...6)
    }

    private func step(_ method: MethodDescriptor, _ request: some Message, as login: String) throws
    {
        let _: Result<AssignmentView, CallFailure> = try office.order(method, request, as: login)
    }

    // MARK: - Lessons

    /// A department records a lesson, which others are offered, and adopt or not.
    func learn() throws {
        guard let department = world.chance.pick(people.departments) else { return }
        let request = RecordLessonRequest(
            source: .staff,
            problem: "材料反复补正",
            cause: "告知不清",
            measure: "一次性告知单"
        )
        let answer: Result<LessonView, CallFailure> = try office.order(
            CampaignMethods.recordLesson,
            request,
            as: department.clerks[0]
        )
        let lesson = try answer.expected("a lesson").lesson
        let others = people.departments.filter { $0.code != department.code }
        guard let other = world.chance.pick(others) else { return }
        let _: Result<LessonView, CallFailure> = try office.order(
            CampaignMethods.offerLesson,
            OfferLessonRequest(lesson: lesson, departments: [other.code]),
            as: people.office
        )
        let adopted: Result<LessonView, CallFailure> = try office.order(
            CampaignMethods.answerLesson,
            AnswerLessonRequest(
                lesson: lesson,
                adopted: world.chance.happens(oneIn: 2),
                text: "本部门情况不同之处已考虑"
            ),
            as: other.head
        )
        // The head of the government's own department is no head of an agency.
        guard case .success(let view) = adopted else { return }
        let told = view.answers
        if told.count != 1 || told[0].department != other.code || told[0].adopted == nil {
            world.found("lesson \(lesson) doesn't show what \(other.code) makes of it")
        }
    }
}
