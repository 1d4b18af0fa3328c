import BanjieProtocol

/// Leadership, publicity, lessons and the year: the coordinating office's clerk does what no other is named for.
let campaignOperations: [String: Operation] = [
    "body.put": { world, arguments in
        try await campaign(world, arguments).putBody(
            Body(
                code: try arguments.text("body"),
                name: arguments.values["name"]?.text ?? "领导小组",
                department: arguments.values["dept"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "body.appoint": { world, arguments in
        try await campaign(world, arguments).appoint(
            AppointRequest(
                body: try arguments.text("body"),
                login: try arguments.text("login"),
                function: arguments.values["function"]?.text ?? "成员",
                from: arguments.values["from"] == nil ? nil : try arguments.date("from")
            ),
            options: world.options(arguments)
        ).fields
    },
    "body.dismiss": { world, arguments in
        try await campaign(world, arguments).dismiss(
            DismissRequest(
                body: try arguments.text("body"),
                login: try arguments.text("login"),
                until: arguments.values["until"] == nil ? nil : try arguments.date("until")
            ),
            options: world.options(arguments)
        ).fields
    },
    "body.get": { world, arguments in
        try await campaign(world, arguments).getBody(
            BodyRequest(
                code: try arguments.text("body"),
                on: arguments.values["on"] == nil ? nil : try arguments.date("on")
            )
        ).fields
    },
    "publication.draft": { world, arguments in
        let view = try await campaign(world, arguments, as: "clerk").draftPublication(
            DraftPublicationRequest(
                kind: try arguments.enumeration("kind"),
                title: try arguments.text("title"),
                text: try arguments.text("text")
            ),
            options: world.options(arguments)
        )
        world.publications[try arguments.text("publication")] = view.publication
        return view.fields
    },
    "publication.publish": { world, arguments in
        try await campaign(world, arguments).publish(
            PublishRequest(
                publication: try publication(world, arguments),
                channels: try arguments.texts("channels")
            ),
            options: world.options(arguments)
        ).fields
    },
    "publication.take_down": { world, arguments in
        try await campaign(world, arguments).takeDown(
            TakeDownRequest(
                publication: try publication(world, arguments),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "publication.list": { world, arguments in
        let reply = try await campaign(world, arguments, as: "zhang")
            .listPublications(ListPublicationsRequest(limit: 100))
        return ["titles": JSON(reply.publications.map(\.title))]
    },
    "lesson.record": { world, arguments in
        let view = try await campaign(world, arguments, as: "clerk").recordLesson(
            RecordLessonRequest(
                source: try arguments.enumeration("source"),
                problem: arguments.values["problem"]?.text ?? "",
                cause: arguments.values["cause"]?.text ?? "窗口少",
                measure: arguments.values["measure"]?.text ?? "增设窗口"
            ),
            options: world.options(arguments)
        )
        world.lessons[try arguments.text("lesson")] = view.lesson
        return view.fields
    },
    "lesson.offer": { world, arguments in
        try await campaign(world, arguments).offerLesson(
            OfferLessonRequest(
                lesson: try lesson(world, arguments),
                departments: try arguments.texts("departments")
            ),
            options: world.options(arguments)
        ).fields
    },
    "lesson.answer": { world, arguments in
        try await campaign(world, arguments, as: "head").answerLesson(
            AnswerLessonRequest(
                lesson: try lesson(world, arguments),
                adopted: arguments.values["adopted"]?.flag ?? false,
                text: arguments.values["text"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "summary": { world, arguments in
        let summary = try await campaign(world, arguments)
            .summary(SummaryRequest(year: Int32(clamping: try arguments.integer("year"))))
        return [
            "departments": .array(
                summary.departments.map { year in
                    .array(
                        [JSON(year.department)]
                            + [
                                year.received, year.accepted, year.completed, year.early,
                                year.late, year.reminders, year.yellow, year.red,
                            ].map { JSON($0) }
                    )
                }
            ),
            "invited": JSON(summary.invited), "rated": JSON(summary.rated),
            "satisfied": JSON(summary.satisfied), "inquiries": JSON(summary.inquiries),
            "inspections": JSON(summary.inspections),
            "announcements": JSON(summary.announcements), "orders": JSON(summary.orders),
            "tasks": JSON(summary.tasks), "accomplished": JSON(summary.accomplished),
            "published": JSON(summary.published), "lessons": JSON(summary.lessons),
            "adoptions": JSON(summary.adoptions), "joint": JSON(summary.joint),
        ]
    },
]

private func campaign(
    _ world: World,
    _ arguments: Arguments,
    as login: String = World.clerk(of: "OFFICE")
) async throws -> CampaignClient {
    CampaignClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

private func publication(_ world: World, _ arguments: Arguments) throws -> UInt64 {
    let label = try arguments.text("publication")
    return world.publications[label] ?? UInt64(label) ?? 0
}

private func lesson(_ world: World, _ arguments: Arguments) throws -> UInt64 {
    let label = try arguments.text("lesson")
    return world.lessons[label] ?? UInt64(label) ?? 0
}

extension BodyView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "members": .array(
                members.map {
                    .array([JSON($0.login), JSON($0.function), JSON($0.from), JSON($0.until)])
                }
            )
        ]
    }
}

extension PublicationView {
    fileprivate var fields: [String: JSON] {
        ["state": JSON(state), "channels": JSON(channels), "reason": JSON(reason)]
    }
}

extension LessonView {
    fileprivate var fields: [String: JSON] {
        [
            "problem": JSON(problem),
            "answers": .array(
                answers.map { answer in
                    .array([JSON(answer.department), answer.adopted.map { .bool($0) } ?? .null])
                }
            ),
        ]
    }
}
