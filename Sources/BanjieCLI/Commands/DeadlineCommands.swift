import BanjieProtocol

/// `banjie deadline`: the scheduler itself.
enum DeadlineCommands {
    static let group = CommandGroup(
        "deadline",
        Text("Durable deadlines of one's own.", "自设的持久时限。"),
        [
            .command(
                Command(
                    "arm",
                    calling: DeadlinesMethods.arm,
                    RequestForm(required: ["limit"], fallbacks: ["unit": "WORKING"]),
                    examples: [
                        "banjie deadline arm --limit 20 --rungs YELLOW --rungs RED --label m1"
                    ],
                    show: { (view: DeadlineView, page) in page.show(view) }
                )
            ),
            change("pause", DeadlinesMethods.pause),
            change("resume", DeadlinesMethods.resume),
            change("extend", DeadlinesMethods.extend, required: ["amount"]),
            change("complete", DeadlinesMethods.complete),
            change("cancel", DeadlinesMethods.cancel),
            change("show", DeadlinesMethods.get),
            .command(
                Command(
                    "explain",
                    calling: DeadlinesMethods.explain,
                    RequestForm(operands: ["deadline"]),
                    show: { (explanation: DeadlineExplanation, page) in page.show(explanation) }
                )
            ),
            .command(
                Command(
                    "list",
                    calling: DeadlinesMethods.listDue,
                    RequestForm(fallbacks: ["limit": "100"]),
                    examples: ["banjie deadline list --until 2026-03-31"],
                    show: { (reply: ListDueReply, page) in page.show(reply) }
                )
            ),
            .command(
                Command(
                    "fired",
                    calling: DeadlinesMethods.readFired,
                    RequestForm(fallbacks: ["limit": "100"]),
                    show: { (reply: ReadFiredReply, page) in page.show(reply) }
                )
            ),
            .command(
                Command(
                    "watch",
                    watching: DeadlinesMethods.watch,
                    by: WatchFiredRequest.self,
                    examples: ["banjie deadline watch --after 0 --label billing/"],
                    show: { (event: FiredEvent, page) in page.show(event) }
                )
            ),
        ]
    )

    private static func change(
        _ name: String,
        _ method: MethodDescriptor,
        required: Set<String> = []
    ) -> CommandNode {
        .calling(
            "deadline \(name)",
            method,
            ["deadline"],
            required: required,
            show: { (view: DeadlineView, page) in page.show(view) }
        )
    }
}
