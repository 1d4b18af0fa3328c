import BanjieProtocol

/// `banjie consult`: what applicants ask online, and what departments answer.
enum ConsultationCommands {
    static let group = CommandGroup(
        "consult",
        Text("Questions asked online, and their answers.", "网上咨询与答复。"),
        [
            consultation(
                "ask",
                OnlineMethods.consult,
                ["question"],
                "'注销需要哪些材料？' --department PLAN"
            ),
            consultation(
                "refer",
                OnlineMethods.referConsultation,
                ["consultation", "department"],
                "1 FIRE --reason '属消防职责'"
            ),
            consultation(
                "answer",
                OnlineMethods.answerConsultation,
                ["consultation", "answer"],
                "1 '仅需申请表'"
            ),
            consultation(
                "publish",
                OnlineMethods.publishConsultation,
                ["consultation", "question"],
                "1 '注销需要哪些材料？'"
            ),
            consultation("show", OnlineMethods.getConsultation, ["consultation"], "1"),
            list("list", OnlineMethods.listConsultations),
            list("answers", OnlineMethods.listAnswers),
        ]
    )

    private static func consultation(
        _ name: String,
        _ method: MethodDescriptor,
        _ operands: [String],
        _ example: String
    ) -> CommandNode {
        .calling(
            "consult \(name)",
            method,
            operands,
            example: example,
            show: { (view: ConsultationView, page) in page.show(view) }
        )
    }

    private static func list(_ name: String, _ method: MethodDescriptor) -> CommandNode {
        .command(
            Command(
                name,
                calling: method,
                RequestForm(fallbacks: ["limit": "100"]),
                show: { (reply: ListConsultationsReply, page) in page.show(reply) }
            )
        )
    }
}
