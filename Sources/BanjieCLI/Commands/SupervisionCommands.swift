import BanjieProtocol

/// `banjie supervision`: what is due, cards, orders, how units' work is assessed.
enum SupervisionCommands {
    static let group = CommandGroup(
        "supervision",
        Text("Worklists, cards, orders and assessment.", "督查考核：待办、督办牌、整改与考核。"),
        [
            .command(worklist),
            .command(
                Command(
                    "watch",
                    watching: SupervisionMethods.watchWork,
                    by: WatchWorkRequest.self,
                    examples: ["banjie supervision watch --department PLAN --json"],
                    show: { (event: WorkEvent, page) in page.show(event) }
                )
            ),
            .command(
                Command(
                    "figures",
                    calling: SupervisionMethods.figures,
                    RequestForm(operands: ["department"], optionalOperands: ["department"]),
                    examples: ["banjie supervision figures PLAN --month 2026-03-01"],
                    show: { (figures: DepartmentFigures, page) in page.show(figures) }
                )
            ),
            .command(
                Command(
                    "revoke-card",
                    calling: SupervisionMethods.revokeCard,
                    RequestForm(operands: ["deadline", "kind"]),
                    examples: ["banjie supervision revoke-card 3 YELLOW --reason '系统故障所致'"],
                    show: { (card: CardView, page) in page.show(card) }
                )
            ),
            .command(
                Command(
                    "score",
                    calling: SupervisionMethods.score,
                    examples: [
                        "banjie supervision score --yellow 2 --red 1 --completed 200 --early 64"
                    ],
                    show: { (reply: ScoreReply, page) in page.show(reply) }
                )
            ),
            .command(
                Command(
                    "notice",
                    calling: SupervisionMethods.giveNotice,
                    RequestForm(operands: ["department", "kind"]),
                    examples: ["banjie supervision notice PLAN COMMENDATION --reason '提前办结率高'"],
                    show: { (notice: NoticeView, page) in page.show([notice]) }
                )
            ),
            .command(
                Command(
                    "notices",
                    calling: SupervisionMethods.listNotices,
                    RequestForm(fallbacks: ["limit": "100"]),
                    show: { (reply: ListNoticesReply, page) in
                        page.show(reply.notices)
                        if let last = reply.notices.last, reply.more {
                            page.more("--after \(last.number)")
                        }
                    }
                )
            ),
            .command(
                Command(
                    "warnings",
                    calling: SupervisionMethods.warnings,
                    show: { (reply: WarningsReply, page) in page.show(reply) }
                )
            ),
            .group(rounds),
        ]
    )

    /// `banjie order`: rectification orders.
    static let orders = AssignmentCommands.group(
        "order",
        Text("Rectification orders.", "限期整改。"),
        AssignmentCommands.Methods(
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

    static let worklist = Command(
        "worklist",
        calling: SupervisionMethods.worklist,
        RequestForm(
            operands: ["department"],
            optionalOperands: ["department"],
            fallbacks: ["limit": "100"]
        ),
        examples: ["banjie supervision worklist PLAN"],
        show: { (reply: WorklistReply, page) in
            page.show(reply.items)
            if let last = reply.items.last, reply.more { page.more("--after \(last.deadline)") }
        }
    )

    private static let rounds = CommandGroup(
        "round",
        Text("Assessment rounds.", "考核轮次。"),
        [
            .command(
                Command(
                    "open",
                    calling: SupervisionMethods.openRound,
                    RequestForm(operands: ["title"], required: ["from", "until", "departments"]),
                    examples: [
                        "banjie supervision round open '一季度考核' --from 2026-01-01 --until 2026-03-31 "
                            + "--departments PLAN --departments FIRE"
                    ],
                    show: { (round: RoundView, page) in page.show(round) }
                )
            ),
            round("comment", SupervisionMethods.commentRound),
            round("freeze", SupervisionMethods.freezeRound),
            round("show", SupervisionMethods.getRound),
            .command(
                Command(
                    "list",
                    calling: SupervisionMethods.listRounds,
                    RequestForm(fallbacks: ["limit": "20"]),
                    show: { (reply: ListRoundsReply, page) in page.show(reply) }
                )
            ),
        ]
    )

    private static func round(_ name: String, _ method: MethodDescriptor) -> CommandNode {
        .calling(
            "round \(name)",
            method,
            ["round"],
            show: { (round: RoundView, page) in page.show(round) }
        )
    }
}
