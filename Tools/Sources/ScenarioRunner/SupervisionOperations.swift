import BanjieProtocol

/// Supervision: cards taken back, worklists, figures, rounds, notices, warnings.
let supervisionOperations: [String: Operation] = [
    "assessment.score": { world, arguments in
        func count(_ name: String) -> Int32 {
            Int32(clamping: arguments.values[name]?.integer ?? 0)
        }
        let reply = try await supervision(world, arguments, as: "clerk").score(
            ScoreRequest(
                yellow: count("yellow"),
                red: count("red"),
                warningTriples: count("warning_triples"),
                completed: count("completed"),
                early: count("early")
            )
        )
        return ["score": JSON(reply.score)]
    },
    "card.revoke": { world, arguments in
        let serial = world.serial(try arguments.text("case"))
        let view = try await CasesClient(try await world.channel(as: "clerk"))
            .get(CaseRequest(case: serial))
        let clock: ClockKind = try arguments.enumeration("clock")
        let deadline = view.clocks.last { $0.clock == clock }?.deadline ?? 0
        let card = try await supervision(world, arguments).revokeCard(
            RevokeCardRequest(
                deadline: deadline,
                kind: try arguments.enumeration("kind"),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        return ["revoked": JSON(card.revoked ?? "")]
    },
    "worklist": { world, arguments in
        let department = try arguments.text("dept")
        let reply = try await supervision(world, arguments).worklist(
            WorklistRequest(
                department: department,
                person: arguments.values["person"]?.text ?? "",
                limit: Int32(clamping: arguments.values["limit"]?.integer ?? 100)
            )
        )
        return [
            "items": .array(
                reply.items.map { item in
                    .array([
                        JSON(world.label(of: item.subject)), JSON(item.clock), JSON(item.due),
                        JSON(item.daysLeft), item.card.map { JSON($0) } ?? .null,
                    ])
                }
            ),
            "more": .bool(reply.more),
        ]
    },
    "figures": { world, arguments in
        let figures = try await supervision(world, arguments).figures(
            FiguresRequest(
                department: try arguments.text("dept"),
                month: arguments.values["month"] == nil ? nil : try arguments.date("month")
            )
        )
        return [
            "open": JSON(figures.open), "due_today": JSON(figures.dueToday),
            "overdue": JSON(figures.overdue), "received": JSON(figures.received),
            "accepted": JSON(figures.accepted), "completed": JSON(figures.completed),
            "early": JSON(figures.early), "late": JSON(figures.late),
            "reminders": JSON(figures.reminders), "yellow": JSON(figures.yellow),
            "red": JSON(figures.red),
        ]
    },
    "round.open": { world, arguments in
        let view = try await supervision(world, arguments).openRound(
            OpenRoundRequest(
                title: arguments.values["title"]?.text ?? "考核",
                from: try arguments.date("from"),
                until: try arguments.date("until"),
                departments: try arguments.texts("departments")
            ),
            options: world.options(arguments)
        )
        world.rounds[try arguments.text("round")] = view.round
        return view.fields
    },
    "round.comment": { world, arguments in
        try await supervision(world, arguments, as: "head").commentRound(
            CommentRoundRequest(
                round: try round(world, arguments),
                text: arguments.values["text"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "round.freeze": { world, arguments in
        try await supervision(world, arguments).freezeRound(
            RoundRequest(round: try round(world, arguments)),
            options: world.options(arguments)
        ).fields
    },
    "round.get": { world, arguments in
        try await supervision(world, arguments)
            .getRound(RoundRequest(round: try round(world, arguments))).fields
    },
    "notice.give": { world, arguments in
        let notice = try await supervision(world, arguments).giveNotice(
            GiveNoticeRequest(
                kind: try arguments.enumeration("kind"),
                department: try arguments.text("dept"),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        return ["number": JSON(notice.number)]
    },
    "notice.list": { world, arguments in
        let reply = try await supervision(world, arguments, as: "zhang")
            .listNotices(ListNoticesRequest(limit: 100))
        return [
            "notices": .array(
                reply.notices.map { .array([JSON($0.kind), JSON($0.department), JSON($0.reason)]) }
            )
        ]
    },
    "warnings": { world, arguments in
        let reply = try await supervision(world, arguments).warnings(Empty())
        return [
            "warnings": .array(
                reply.warnings.map { warning in
                    .array([
                        JSON(warning.kind), JSON(world.label(of: warning.subject)),
                        JSON(warning.since),
                    ])
                }
            )
        ]
    },
]

private func supervision(
    _ world: World,
    _ arguments: Arguments,
    as login: String = "supervisor"
) async throws -> SupervisionClient {
    SupervisionClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

private func round(_ world: World, _ arguments: Arguments) throws -> UInt64 {
    let label = try arguments.text("round")
    return world.rounds[label] ?? UInt64(label) ?? 0
}

extension RoundView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "from": JSON(from), "until": JSON(until), "frozen": .bool(frozen != nil),
            "scores": .object(
                Dictionary(uniqueKeysWithValues: scores.map { ($0.department, JSON($0.score)) })
            ),
            "comments": .object(
                Dictionary(uniqueKeysWithValues: scores.map { ($0.department, JSON($0.comment)) })
            ),
        ]
    }
}
