import BanjieProtocol

/// What applicants prepare and ask online, and what departments answer.
let consultationOperations: [String: Operation] = [
    "draft.save": { world, arguments in
        let label = try arguments.text("draft")
        let view = try await online(world, arguments, as: "zhang").saveDraft(
            SaveDraftRequest(
                draft: world.drafts[label] ?? 0,
                item: try world.itemCode(try arguments.text("item")),
                note: arguments.values["note"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        world.drafts[label] = view.draft
        return ["note": JSON(view.note), "changed": JSON(view.changed)]
    },
    "draft.drop": { world, arguments in
        _ = try await online(world, arguments, as: "zhang").dropDraft(
            DraftRequest(draft: world.drafts[try arguments.text("draft")] ?? 0),
            options: world.options(arguments)
        )
        return [:]
    },
    "draft.submit": { world, arguments in
        let view = try await online(world, arguments, as: "zhang").submitDraft(
            DraftRequest(draft: world.drafts[try arguments.text("draft")] ?? 0),
            options: world.options(arguments)
        )
        world.cases[try arguments.text("case")] = view.case
        world.queryCodes[try arguments.text("case")] = view.queryCode
        return [
            "state": JSON(view.state), "effective_receipt": JSON(view.effectiveReceipt),
            "channel": JSON(view.channel),
        ]
    },
    "draft.list": { world, arguments in
        let reply = try await online(world, arguments, as: "zhang").listDrafts(Empty())
        return ["notes": JSON(reply.drafts.map(\.note))]
    },
    "consult.ask": { world, arguments in
        let view = try await online(world, arguments, as: "zhang").consult(
            ConsultRequest(
                item: try arguments.values["item"]?.text.map(world.itemCode) ?? "",
                department: arguments.values["dept"]?.text ?? "",
                question: arguments.values["question"]?.text ?? "如何办理？"
            ),
            options: world.options(arguments)
        )
        world.consultations[try arguments.text("consultation")] = view.consultation
        return view.fields
    },
    "consult.refer": { world, arguments in
        try await online(world, arguments).referConsultation(
            ReferConsultationRequest(
                consultation: try number(world, arguments),
                department: try arguments.text("to"),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "consult.answer": { world, arguments in
        try await online(world, arguments).answerConsultation(
            AnswerConsultationRequest(
                consultation: try number(world, arguments),
                answer: arguments.values["answer"]?.text ?? "见办事指南。"
            ),
            options: world.options(arguments)
        ).fields
    },
    "consult.publish": { world, arguments in
        try await online(world, arguments).publishConsultation(
            PublishConsultationRequest(
                consultation: try number(world, arguments),
                question: arguments.values["question"]?.text ?? "如何办理？"
            ),
            options: world.options(arguments)
        ).fields
    },
    "consult.get": { world, arguments in
        try await online(world, arguments, as: "zhang").getConsultation(
            ConsultationRequest(consultation: try number(world, arguments))
        ).fields
    },
    "consult.list": { world, arguments in
        let reply = try await online(world, arguments, as: "zhang").listConsultations(
            ListConsultationsRequest(
                department: arguments.values["dept"]?.text ?? "",
                limit: 100
            )
        )
        return ["questions": JSON(reply.consultations.map(\.question))]
    },
    "consult.answers": { world, _ in
        let reply = try await OnlineClient(try world.anonymousChannel())
            .listAnswers(ListAnswersRequest(limit: 100))
        return ["questions": JSON(reply.consultations.map(\.question))]
    },
]

private func online(
    _ world: World,
    _ arguments: Arguments,
    as login: String = "clerk"
) async throws -> OnlineClient {
    OnlineClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

private func number(_ world: World, _ arguments: Arguments) throws -> UInt64 {
    world.consultations[try arguments.text("consultation")] ?? 0
}

extension ConsultationView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "state": JSON(state), "department": JSON(department), "reply_due": JSON(replyDue),
            "answer": JSON(answer),
        ]
    }
}
