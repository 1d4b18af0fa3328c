import BanjieProtocol

/// Inquiries: what an owner does is done by whoever owns it, unless another is named.
let inquiryOperations: [String: Operation] = [
    "inquiry.register": { world, arguments in
        let view = try await contact(world, arguments, as: "clerk").register(
            RegisterInquiryRequest(
                asked: try arguments.texts("asked"),
                replyDays: Int32(clamping: try arguments.integer("reply_days")),
                question: arguments.values["question"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        world.inquiries[try arguments.text("inquiry")] = view.inquiry
        return view.fields
    },
    "inquiry.offer": { world, arguments in
        try await contact(world, arguments, as: try await owner(world, arguments)).offer(
            OfferInquiryRequest(
                inquiry: try number(world, arguments),
                to: try arguments.text("to")
            ),
            options: world.options(arguments)
        ).fields
    },
    "inquiry.take": { world, arguments in
        try await contact(world, arguments, as: "clerk").take(
            InquiryRequest(inquiry: try number(world, arguments)),
            options: world.options(arguments)
        ).fields
    },
    "inquiry.answer": { world, arguments in
        try await contact(world, arguments, as: try await owner(world, arguments)).answer(
            AnswerInquiryRequest(
                inquiry: try number(world, arguments),
                answer: arguments.values["answer"]?.text ?? "已答复"
            ),
            options: world.options(arguments)
        ).fields
    },
    "inquiry.get": { world, arguments in
        try await contact(world, arguments, as: World.clerk(of: "OFFICE")).get(
            InquiryRequest(inquiry: try number(world, arguments))
        ).fields
    },
]

private func contact(
    _ world: World,
    _ arguments: Arguments,
    as login: String
) async throws -> FirstContactClient {
    FirstContactClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

/// Who owns an inquiry at the moment.
private func owner(_ world: World, _ arguments: Arguments) async throws -> String {
    if arguments.values["by"] != nil { return "" }
    let office = FirstContactClient(try await world.channel(as: World.clerk(of: "OFFICE")))
    return try await office.get(InquiryRequest(inquiry: try number(world, arguments))).owner
}

private func number(_ world: World, _ arguments: Arguments) throws -> String {
    let label = try arguments.text("inquiry")
    return world.inquiries[label] ?? label
}

extension InquiryView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        ["state": JSON(state), "owner": JSON(owner), "reply_due": JSON(replyDue)]
    }
}
