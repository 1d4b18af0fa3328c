import BanjieProtocol

/// `banjie draft`: matters that an applicant prepares.
enum DraftCommands {
    static let group = CommandGroup(
        "draft",
        Text("Matters in preparation.", "草稿。"),
        [
            .calling(
                "draft save",
                OnlineMethods.saveDraft,
                ["item"],
                example: "11440300MB2C9270TU4000000000001 --note '待盖章'",
                show: { (view: DraftView, page) in page.show([view]) }
            ),
            .command(
                MaterialCommands.upload(
                    "attach",
                    to: CommandOperand(
                        "DRAFT",
                        .integer(1...UInt64.max),
                        Text("the draft's number", "草稿编号")
                    ),
                    example: "banjie draft attach 7 application.pdf"
                ) { values, part in
                    part.draft = values.required("DRAFT", .integer(1...UInt64.max))
                    return "draft/\(part.draft)"
                }
            ),
            .calling(
                "draft drop",
                OnlineMethods.dropDraft,
                ["draft"],
                show: { (_: Empty, page) in page.done() }
            ),
            .calling(
                "draft submit",
                OnlineMethods.submitDraft,
                ["draft"],
                show: { (view: CaseView, page) in page.show(view) }
            ),
            .calling(
                "draft list",
                OnlineMethods.listDrafts,
                show: { (reply: ListDraftsReply, page) in page.show(reply.drafts) }
            ),
        ]
    )
}

extension Page {
    fileprivate mutating func show(_ drafts: [DraftView]) {
        guard !drafts.isEmpty else { return none() }
        table(
            [
                Column(Text("draft", "草稿"), isNumber: true), Column(Label.item),
                Column(Text("channel", "渠道")), Column(Text("applicant", "申请人")),
                Column(Text("note", "备注")), Column(Text("changed", "修改")),
            ],
            drafts.map { draft in
                [
                    Cell("\(draft.draft)"), Cell(draft.item), Cell(language.label(draft.channel)),
                    Cell(draft.details?.name ?? ""), Cell(draft.note), Cell(date(draft.changed)),
                ]
            }
        )
    }
}
