import BanjieProtocol

/// Joint approval: the lead's clerk unless another is named, the clerk of the department for what a
/// co-handler does, the coordinating office's for what the office does.
let jointOperations: [String: Operation] = [
    "joint.open": { world, arguments in
        let asked = try (arguments.values["co"]?.list ?? []).map { entry in
            let entry = Arguments(values: entry.members ?? [:])
            return CoHandler(
                department: try entry.text("dept"),
                role: try entry.enumeration("role")
            )
        }
        return try await joint(world, arguments).open(
            OpenJointRequest(
                case: world.serial(try arguments.text("case")),
                co: asked,
                opinionDays: Int32(clamping: try arguments.integer("opinion_days"))
            ),
            options: world.options(arguments)
        ).fields
    },
    "joint.dispatch": { world, arguments in
        try await joint(world, arguments)
            .dispatch(try request(world, arguments), options: world.options(arguments)).fields
    },
    "joint.sign": { world, arguments in
        let department = try arguments.text("dept")
        let view = try await joint(world, arguments, as: World.clerk(of: department))
            .sign(try request(world, arguments), options: world.options(arguments))
        var fields = view.fields
        fields["opinion_due"] = JSON(view.co.first { $0.department == department }?.due)
        return fields
    },
    "joint.opinion": { world, arguments in
        let clerk = World.clerk(of: try arguments.text("dept"))
        return try await joint(world, arguments, as: clerk).giveOpinion(
            OpinionRequest(
                case: world.serial(try arguments.text("case")),
                kind: try arguments.enumeration("kind"),
                reason: arguments.values["reason"]?.text ?? "",
                items: try arguments.texts("items")
            ),
            options: world.options(arguments)
        ).fields
    },
    "joint.get": { world, arguments in
        try await joint(world, arguments).get(try request(world, arguments)).fields
    },
    "joint.assign": { world, arguments in
        try await joint(world, arguments, as: World.clerk(of: "OFFICE")).assign(
            AssignRequest(
                case: world.serial(try arguments.text("case")),
                department: try arguments.text("dept"),
                replaceBy: arguments.values["replace_by"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "joint.override": { world, arguments in
        try await joint(world, arguments).override(
            OverrideRequest(
                case: world.serial(try arguments.text("case")),
                department: try arguments.text("dept"),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "joint.conclude": { world, arguments in
        try await joint(world, arguments)
            .conclude(try request(world, arguments), options: world.options(arguments)).fields
    },
]

private func joint(
    _ world: World,
    _ arguments: Arguments,
    as login: String = "clerk"
) async throws -> JointApprovalClient {
    JointApprovalClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

private func request(_ world: World, _ arguments: Arguments) throws -> JointRequest {
    JointRequest(case: world.serial(try arguments.text("case")))
}

extension JointView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "state": JSON(state),
            "opinion_due": JSON(opinionDue),
            "opinions": .object(
                Dictionary(uniqueKeysWithValues: co.map { ($0.department, JSON($0.state)) })
            ),
            "awaiting": JSON(awaiting),
            "outcome": JSON(outcome),
        ]
    }
}
