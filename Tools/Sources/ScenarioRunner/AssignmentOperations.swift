import BanjieClient
import BanjieProtocol

/// Orders of supervision and tasks of the coordinating office: who issued one judges it, the clerk of the
/// department does what it says.
let assignmentOperations: [String: Operation] =
    operations(
        of: "order",
        issuedBy: "supervisor",
        AssignmentMethods(
            issue: SupervisionMethods.issueOrder,
            receive: SupervisionMethods.receiveOrder,
            report: SupervisionMethods.reportOrder,
            accept: SupervisionMethods.acceptOrder,
            sendBack: SupervisionMethods.returnOrder,
            extend: SupervisionMethods.extendOrder,
            withdraw: SupervisionMethods.withdrawOrder,
            get: SupervisionMethods.getOrder,
            list: SupervisionMethods.listOrders
        )
    )
    .merging(
        operations(
            of: "task",
            issuedBy: World.clerk(of: "OFFICE"),
            AssignmentMethods(
                issue: CampaignMethods.issueTask,
                receive: CampaignMethods.receiveTask,
                report: CampaignMethods.reportTask,
                accept: CampaignMethods.acceptTask,
                sendBack: CampaignMethods.returnTask,
                extend: CampaignMethods.extendTask,
                withdraw: CampaignMethods.withdrawTask,
                get: CampaignMethods.getTask,
                list: CampaignMethods.listTasks
            )
        )
    ) { first, _ in first }

private struct AssignmentMethods: Sendable {
    let issue: MethodDescriptor
    let receive: MethodDescriptor
    let report: MethodDescriptor
    let accept: MethodDescriptor
    let sendBack: MethodDescriptor
    let extend: MethodDescriptor
    let withdraw: MethodDescriptor
    let get: MethodDescriptor
    let list: MethodDescriptor
}

private func operations(
    of sort: String,
    issuedBy issuer: String,
    _ methods: AssignmentMethods
) -> [String: Operation] {
    /// An operation that names an assignment and says something about it, or nothing.
    func change(_ method: MethodDescriptor, isIssuers: Bool, says: Bool) -> Operation {
        { world, arguments in
            let label = try arguments.text(sort)
            let key = world.assignments[label] ?? label
            let clerk = World.clerk(of: arguments.values["dept"]?.text ?? "LEAD")
            let body =
                says
                ? AssignmentTextRequest(
                    assignment: key,
                    text: arguments.values["text"]?.text ?? ""
                ).encoded()
                : AssignmentRequest(assignment: key).encoded()
            let view: AssignmentView = try await call(
                world,
                arguments,
                method,
                body,
                as: isIssuers ? issuer : clerk
            )
            return view.fields
        }
    }
    return [
        "\(sort).issue": { world, arguments in
            let request = IssueAssignmentRequest(
                department: try arguments.text("dept"),
                title: arguments.values["title"]?.text ?? "整改",
                content: arguments.values["content"]?.text ?? "限期整改",
                days: Int32(clamping: try arguments.integer("days"))
            )
            let view: AssignmentView = try await call(
                world,
                arguments,
                methods.issue,
                request.encoded(),
                as: issuer
            )
            world.assignments[try arguments.text(sort)] = view.assignment
            return view.fields
        },
        "\(sort).receive": change(methods.receive, isIssuers: false, says: false),
        "\(sort).report": change(methods.report, isIssuers: false, says: true),
        "\(sort).accept": change(methods.accept, isIssuers: true, says: false),
        "\(sort).return": change(methods.sendBack, isIssuers: true, says: true),
        "\(sort).withdraw": change(methods.withdraw, isIssuers: true, says: true),
        "\(sort).get": change(methods.get, isIssuers: true, says: false),
        "\(sort).extend": { world, arguments in
            let label = try arguments.text(sort)
            let request = ExtendAssignmentRequest(
                assignment: world.assignments[label] ?? label,
                days: Int32(clamping: try arguments.integer("days")),
                reason: arguments.values["reason"]?.text ?? "需要时间"
            )
            let view: AssignmentView = try await call(
                world,
                arguments,
                methods.extend,
                request.encoded(),
                as: issuer
            )
            return view.fields
        },
        "\(sort).list": { world, arguments in
            let reply: ListAssignmentsReply = try await call(
                world,
                arguments,
                methods.list,
                ListAssignmentsRequest(limit: 100).encoded(),
                as: World.clerk(of: arguments.values["dept"]?.text ?? "LEAD")
            )
            return ["\(sort)s": JSON(reply.assignments.map { world.label(of: $0.assignment) })]
        },
    ]
}

private func call<Reply: Message>(
    _ world: World,
    _ arguments: Arguments,
    _ method: MethodDescriptor,
    _ body: [UInt8],
    as login: String
) async throws -> Reply {
    let channel = try await world.channel(as: arguments.values["by"]?.text ?? login)
    let reply = try await channel.unary(method, body, world.options(arguments))
    return try Reply(decoding: reply.bytes)
}

extension AssignmentView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "state": JSON(state), "due": JSON(due), "overdue_days": JSON(overdueDays),
            "extended": .bool(extended), "report": JSON(report), "reason": JSON(reason),
        ]
    }
}
