import BanjieProtocol
import CivilTime

/// What the office shows of itself. The coordinating office writes it unless `by` names another; anybody reads.
let disclosureOperations: [String: Operation] = [
    "duty.put": { world, arguments in
        let duty = try await disclosure(world, arguments).putDuty(
            PostDuty(
                post: try arguments.text("post"),
                from: arguments.values["from"] == nil ? nil : try arguments.date("from"),
                holder: try arguments.text("holder"),
                cover: arguments.values["cover"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        return ["from": JSON(duty.from)]
    },
    "duty.away": { world, arguments in
        let absence = try await disclosure(world, arguments).recordAbsence(
            AbsenceRequest(
                login: arguments.values["who"]?.text ?? "",
                from: try arguments.date("from"),
                until: try arguments.date("until"),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        return ["who": JSON(absence.login)]
    },
    "duty.back": { world, arguments in
        let absence = try await disclosure(world, arguments).cancelAbsence(
            CancelAbsenceRequest(
                login: arguments.values["who"]?.text ?? "",
                from: try arguments.date("from")
            ),
            options: world.options(arguments)
        )
        return ["until": JSON(absence.until)]
    },
    "duty.who": { world, arguments in
        let reply = try await disclosure(world, arguments).whoAnswers(
            WhoAnswersRequest(
                item: try arguments.values["item"]?.text.map(world.itemCode) ?? "",
                post: arguments.values["post"]?.text ?? "",
                department: arguments.values["dept"]?.text ?? ""
            )
        )
        return [
            "answers": .array(
                reply.answers.map { answer in
                    .array([
                        JSON(answer.post), JSON(answer.badge?.name), JSON(answer.as),
                        JSON(answer.until),
                    ])
                }
            ),
            "open": .bool(reply.open), "opens": JSON(reply.opens),
        ]
    },
    "power.put": { world, arguments in
        let view = try await disclosure(world, arguments).putPower(
            Power(
                code: try arguments.text("power"),
                department: try arguments.text("dept"),
                kind: try arguments.enumeration("kind"),
                name: arguments.values["name"]?.text ?? "许可",
                basis: arguments.values["basis"] == nil ? ["法"] : try arguments.texts("basis"),
                duties: ["审查"],
                post: arguments.values["post"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        return ["revoked": JSON(view.revoked)]
    },
    "power.revoke": { world, arguments in
        let view = try await disclosure(world, arguments).revokePower(
            RevokePowerRequest(
                code: try arguments.text("power"),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        )
        return ["revoked": JSON(view.revoked)]
    },
    "power.list": { world, arguments in
        let reply = try await disclosure(world, arguments).listPowers(
            ListPowersRequest(
                department: arguments.values["dept"]?.text ?? "",
                limit: 100,
                revoked: arguments.flag("revoked")
            )
        )
        return ["powers": JSON(reply.powers.map { $0.power?.code ?? "" })]
    },
    "guide.put": { world, arguments in
        let names = try arguments.texts("materials")
        return try await disclosure(world, arguments).putGuide(
            Guide(
                item: try world.itemCode(try arguments.text("item")),
                post: arguments.values["post"]?.text ?? "",
                basis: ["法"],
                applicants: "企业",
                materials: names.map {
                    GuideMaterial(
                        name: $0,
                        originals: 1,
                        electronic: arguments.values["electronic"]?.flag ?? true
                    )
                },
                channels: try arguments.enumerations("channels"),
                visits: Int32(clamping: try arguments.integer("visits")),
                result: "许可证",
                delivery: try arguments.enumerations("delivery"),
                remedies: ["行政复议"]
            ),
            options: world.options(arguments)
        ).fields
    },
    "guide.get": { world, arguments in
        try await disclosure(world, arguments).getGuide(
            GuideRequest(
                item: try world.itemCode(try arguments.text("item")),
                edition: UInt32(clamping: arguments.values["edition"]?.integer ?? 0)
            )
        ).fields
    },
]

private func disclosure(
    _ world: World,
    _ arguments: Arguments
) async throws -> DisclosureClient {
    let login = arguments.values["by"]?.text ?? World.clerk(of: "OFFICE")
    return DisclosureClient(try await world.channel(as: login))
}

extension GuideView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "edition": JSON(edition), "depth": JSON(depth),
            "materials": JSON((guide?.materials ?? []).map(\.name)),
            "version": JSON(item?.version ?? 0),
        ]
    }
}
