import BanjieClient
import BanjieProtocol
import CivilTime
import LocalServer
import Wire

/// A server with somebody who may do everything, and with records for requests to name.
final class TestOffice {
    let office: LocalOffice
    var server: ServerProcess { office.server }
    /// The item that cases are about.
    let item: String

    static let morning = Instant(unixSeconds: 1_772_416_800)

    /// The login of somebody with every role but the operator's, in the department that answers.
    static let everybody = "everybody"
    /// The same in another department.
    static let coHandler = "co-handler"

    init() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(Self.morning))
        office = try LocalOffice(on: server)
        try await office.admit(
            departments: ["LEAD", "OTHER"],
            people: [
                Member(
                    Self.coHandler,
                    department: "OTHER",
                    rank: 9,
                    roles: BanjieProtocol.Role.known
                ),
                Member(
                    Self.everybody,
                    department: "LEAD",
                    rank: 9,
                    roles: BanjieProtocol.Role.known
                ),
            ]
        )
        item = try LocalOffice.itemCode(1)
        _ = try await DirectoryClient(try office.operator()).publishItem(
            PublishItemRequest(
                code: item,
                name: "事项",
                department: "LEAD",
                limits: ItemLimits(statutory: 20, promised: 10)
            )
        )
    }

    /// A case in state RECEIVED.
    func submitCase() async throws -> CaseView {
        try await CasesClient(try office.channel(as: Self.everybody))
            .submit(SubmitCaseRequest(item: item, applicant: Self.everybody))
    }

    /// A certificate of `everybody`.
    func issueCertificate() async throws -> CertificateView {
        try await CertificatesClient(try office.channel(as: Self.everybody)).issue(
            IssueCertificateRequest(
                certificate: "K1",
                holder: Self.everybody,
                scope: ["城管"],
                validTo: CivilDate(daysSinceEpoch: 22_000)
            )
        )
    }

    /// What of the records that supervision, the campaign and training keep requests name, by field; all
    /// of `everybody`'s department.
    func keepFurtherRecords() async throws -> [String: RawMessage.Value] {
        let channel = try office.channel(as: Self.everybody)
        let round = try await SupervisionClient(channel).openRound(
            OpenRoundRequest(
                title: "考核",
                from: Self.morning.date,
                until: Self.morning.date,
                departments: ["LEAD"]
            )
        )
        let campaign = CampaignClient(channel)
        _ = try await campaign.putBody(Body(code: "G", name: "领导小组"))
        let publication = try await campaign.draftPublication(
            DraftPublicationRequest(kind: .announcement, title: "公告", text: "放假安排")
        )
        let lesson = try await campaign.recordLesson(
            RecordLessonRequest(source: .staff, problem: "排队", cause: "窗口少", measure: "增设")
        )
        let plan = try await TrainingClient(channel).plan(
            PlanTrainingRequest(
                title: "培训",
                sessions: [TrainingSession(day: Self.morning.date, hours: 8)],
                enrolBy: Self.morning.date,
                places: 10
            )
        )
        _ = try await TrainingClient(channel).enrol(EnrolRequest(plan: plan.plan))
        let consultation = try await OnlineClient(channel).consult(
            ConsultRequest(department: "LEAD", question: "如何办理？")
        )
        let draft = try await OnlineClient(channel).saveDraft(SaveDraftRequest(item: item))
        return [
            "consultation": .varint(consultation.consultation), "draft": .varint(draft.draft),
            "round": .varint(round.round), "publication": .varint(publication.publication),
            "lesson": .varint(lesson.lesson), "plan": .varint(plan.plan),
            "body": .delimited(Array("G".utf8)),
            "login": .delimited(Array(Self.everybody.utf8)),
            "holder": .delimited(Array(Self.everybody.utf8)),
        ]
    }

    /// The number of an order or a task for `everybody`'s department.
    func issue(_ method: MethodDescriptor) async throws -> String {
        let request = IssueAssignmentRequest(
            department: "LEAD",
            title: "整改",
            content: "限期整改",
            days: 5
        )
        let reply = try await office.channel(as: Self.everybody)
            .unary(method, request.encoded(), CallOptions())
        return try AssignmentView(decoding: reply.bytes).assignment
    }

    /// An inquiry that `everybody` answers for.
    func registerInquiry() async throws -> InquiryView {
        try await FirstContactClient(try office.channel(as: Self.everybody))
            .register(RegisterInquiryRequest(asked: [Self.everybody], replyDays: 3))
    }

    /// One that is offered to `everybody`.
    func offerInquiry() async throws -> InquiryView {
        let contact = FirstContactClient(try office.channel(as: Self.coHandler))
        let view = try await contact.register(
            RegisterInquiryRequest(asked: [Self.coHandler], replyDays: 3)
        )
        return try await contact.offer(
            OfferInquiryRequest(inquiry: view.inquiry, to: Self.everybody)
        )
    }

    /// A case that was delivered, and may be reviewed; its applicant isn't who handled it.
    func deliverCase() async throws -> CaseView {
        let handler = CasesClient(try office.channel(as: Self.everybody))
        let view = try await handler.submit(
            SubmitCaseRequest(item: item, applicant: Self.coHandler)
        )
        let request = CaseRequest(case: view.case)
        _ = try await handler.accept(request)
        _ = try await handler.decide(
            DecideCaseRequest(case: view.case, result: .grant, reason: "符合条件")
        )
        return try await handler.deliver(request)
    }

    /// An accepted case that is dispatched to the other department.
    func dispatchCase() async throws -> CaseView {
        let jointItem = String(item.dropLast()) + "2"
        _ = try await DirectoryClient(try office.operator()).publishItem(
            PublishItemRequest(
                code: jointItem,
                name: "事项",
                department: "LEAD",
                limits: ItemLimits(statutory: 45, promised: 45),
                joint: true
            )
        )
        let channel = try office.channel(as: Self.everybody)
        let view = try await CasesClient(channel)
            .submit(SubmitCaseRequest(item: jointItem, applicant: Self.everybody))
        let joint = JointApprovalClient(channel)
        _ = try await CasesClient(channel).accept(CaseRequest(case: view.case))
        _ = try await joint.open(
            OpenJointRequest(
                case: view.case,
                co: [BanjieProtocol.CoHandler(department: "OTHER", role: .consult)],
                opinionDays: 5
            )
        )
        _ = try await joint.dispatch(JointRequest(case: view.case))
        return view
    }

    /// A running deadline.
    func armDeadline() async throws -> DeadlineView {
        try await DeadlinesClient(try office.channel(as: Self.everybody))
            .arm(ArmRequest(limit: 5, unit: .working))
    }

    func auditHead() async throws -> AuditHead {
        try await AdminClient(try office.operator()).getAuditHead(Empty())
    }

    /// A connection kept by hand; nobody signs in on it when `login` is nil.
    func frames(as login: String? = nil) throws -> FrameConnection {
        let connection = try FrameConnection(to: server.address)
        try connection.open(as: try login.map { try office.credentials(of: $0) })
        return connection
    }
}
