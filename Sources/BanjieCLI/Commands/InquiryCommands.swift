import BanjieProtocol

/// `banjie inquiry`: whoever was asked first answers for it.
enum InquiryCommands {
    static let group = CommandGroup(
        "inquiry",
        Text("Inquiries, and who answers for them.", "首问负责。"),
        [
            .command(
                Command(
                    "register",
                    calling: FirstContactMethods.register,
                    RequestForm(required: ["asked", "reply-days"]),
                    examples: [
                        "banjie inquiry register --asked wang --asked li --reply-days 3 --question '如何办理'"
                    ],
                    show: { (view: InquiryView, page) in page.show(view) }
                )
            ),
            change("offer", FirstContactMethods.offer, required: ["to"], example: "--to zhao"),
            change("take", FirstContactMethods.take),
            change("decline", FirstContactMethods.decline),
            change("answer", FirstContactMethods.answer, example: "--answer '请携带身份证'"),
            change("defer", FirstContactMethods.defer, required: ["until"]),
            change(
                "refer-out",
                FirstContactMethods.referOut,
                example: "--agency '市税务局' --route '政务大厅二楼'"
            ),
            change("assign", FirstContactMethods.assign, required: ["to"]),
            change("close", FirstContactMethods.close),
            change("show", FirstContactMethods.get),
            .listing(
                FirstContactMethods.list,
                of: ["department"],
                show: { (reply: ListInquiriesReply, page) in page.show(reply) }
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
            "inquiry \(name)",
            method,
            ["inquiry"],
            required: required,
            example: example.map { "12 \($0)" },
            show: { (view: InquiryView, page) in page.show(view) }
        )
    }
}
