import BanjieProtocol

/// `banjie joint`: joint approval, for the lead, the co-handlers and the coordinating office.
enum JointCommands {
    static let group = CommandGroup(
        "joint",
        Text("Joint approval by several departments.", "联审联办。"),
        [
            .command(open),
            change("dispatch", JointApprovalMethods.dispatch),
            change("sign", JointApprovalMethods.sign),
            change(
                "opinion",
                JointApprovalMethods.giveOpinion,
                required: ["kind"],
                example: "--kind DISAGREE --reason '消防通道不足'"
            ),
            change(
                "assign",
                JointApprovalMethods.assign,
                required: ["department"],
                example: "--department A --replace-by B"
            ),
            change(
                "override",
                JointApprovalMethods.override,
                required: ["department"],
                example: "--department A --reason '已有专家论证'"
            ),
            change("acknowledge", JointApprovalMethods.acknowledgeOverride),
            change("conclude", JointApprovalMethods.conclude),
            change(
                "visit",
                JointApprovalMethods.callVisit,
                required: ["at", "place"],
                example: "--at 2026-03-09T10:00:00 --place '城东路 1 号'"
            ),
            change(
                "record-visit",
                JointApprovalMethods.recordVisit,
                example: "--findings '现场与图纸一致' --attended A"
            ),
            change("show", JointApprovalMethods.get),
            .listing(
                JointApprovalMethods.listTasks,
                of: ["department"],
                show: { (reply: ListJointTasksReply, page) in page.show(reply) }
            ),
        ]
    )

    private static func change(
        _ name: String,
        _ method: MethodDescriptor,
        required: Set<String> = [],
        example: String? = nil
    ) -> CommandNode {
        .calling(
            "joint \(name)",
            method,
            ["case"],
            required: required,
            example: example.map { "SERIAL \($0)" },
            show: { (view: JointView, page) in page.show(view) }
        )
    }

    private static let open = Command(
        "open",
        SchemaTexts.summary(of: JointApprovalMethods.open),
        operands: [CommandOperand("CASE", .text, Text("the case serial", "办件编号"))],
        options: [
            CommandOption(
                "consult",
                .text,
                Text("a department whose advice is asked for", "征求意见的部门"),
                isRepeatable: true
            ),
            CommandOption(
                "licensor",
                .text,
                Text("a department whose own licence is needed", "并联许可的部门"),
                isRepeatable: true
            ),
            CommandOption(
                "opinion-days",
                days,
                Text("working days for each opinion", "各部门反馈意见的工作日数"),
                isRequired: true
            ),
        ] + CommandOption.shared,
        examples: ["banjie joint open SERIAL --consult A --licensor B --opinion-days 5"],
        run: { invocation throws(CommandFailure) in
            let consulted = invocation.values.all("consult", .text)
            let licensors = invocation.values.all("licensor", .text)
            let request = OpenJointRequest(
                case: invocation.values.required("CASE", .text),
                co: consulted.map { CoHandler(department: $0, role: .consult) }
                    + licensors.map { CoHandler(department: $0, role: .licensor) },
                opinionDays: invocation.values.required("opinion-days", days)
            )
            let answer = try await invocation.call(
                JointApprovalMethods.open,
                request.encoded(),
                over: try invocation.channel(),
                reply: JointView.self
            )
            try invocation.show(answer, of: JointApprovalMethods.open) { $1.show($0) }
            return .success
        }
    )

    private static let days = ValueForm<Int32>.integer(1...60)
}
