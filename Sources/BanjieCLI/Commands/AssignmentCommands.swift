import BanjieProtocol

/// What departments are told to do by a day: orders and tasks have the same commands.
enum AssignmentCommands {
    struct Methods: Sendable {
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

    static func group(_ name: String, _ summary: Text, _ methods: Methods) -> CommandGroup {
        func change(_ action: String, _ method: MethodDescriptor, _ rest: String = "")
            -> CommandNode
        {
            .command(
                Command(
                    action,
                    calling: method,
                    RequestForm(operands: ["assignment"]),
                    examples: ["banjie \(name) \(action) \(name)-1\(rest)"],
                    show: { (view: AssignmentView, page) in page.show(view) }
                )
            )
        }
        return CommandGroup(
            name,
            summary,
            [
                .command(
                    Command(
                        "issue",
                        calling: methods.issue,
                        RequestForm(operands: ["department", "title"], required: ["days"]),
                        examples: [
                            "banjie \(name) issue PLAN '窗口秩序' --content '两日内公示取号规则' --days 5"
                        ],
                        show: { (view: AssignmentView, page) in page.show(view) }
                    )
                ),
                change("receive", methods.receive),
                change("report", methods.report, " --text '已整改'"),
                change("accept", methods.accept),
                change("return", methods.sendBack, " --text '未见照片'"),
                change("extend", methods.extend, " --days 3 --reason '需采购'"),
                change("withdraw", methods.withdraw, " --text '重复下达'"),
                change("show", methods.get),
                .listing(
                    methods.list,
                    of: ["department"],
                    show: { (reply: ListAssignmentsReply, page) in page.show(reply) }
                ),
            ]
        )
    }
}
