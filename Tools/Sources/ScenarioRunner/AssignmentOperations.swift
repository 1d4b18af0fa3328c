import BanjieProtocol

/// Orders: supervision issues and judges them, the clerk of the department does what they say.
let assignmentOperations: [String: Operation] = [
    "order.issue": { world, arguments in
        let view = try await supervision(world, arguments).issueOrder(
            IssueAssignmentRequest(
                department: try arguments.text("dept"),
                title: arguments.values["title"]?.text ?? "整改",
                content: arguments.values["content"]?.text ?? "限期整改",
                days: Int32(clamping: try arguments.integer("days"))
            ),
            options: world.options(arguments)
        )
        world.assignments[try arguments.text("order")] = view.assignment
        return view.fields
    },
    "order.receive": { world, arguments in
        try await department(world, arguments).receiveOrder(
            try named(world, arguments),
            options: world.options(arguments)
        ).fields
    },
    "order.report": { world, arguments in
        try await department(world, arguments).reportOrder(
            try said(world, arguments),
            options: world.options(arguments)
        ).fields
    },
    "order.accept": { world, arguments in
        try await supervision(world, arguments).acceptOrder(
            try named(world, arguments),
            options: world.options(arguments)
        ).fields
    },
    "order.return": { world, arguments in
        try await supervision(world, arguments).returnOrder(
            try said(world, arguments),
            options: world.options(arguments)
        ).fields
    },
    "order.extend": { world, arguments in
        try await supervision(world, arguments).extendOrder(
            ExtendAssignmentRequest(
                assignment: try key(world, arguments),
                days: Int32(clamping: try arguments.integer("days")),
                reason: arguments.values["reason"]?.text ?? "需要时间"
            ),
            options: world.options(arguments)
        ).fields
    },
    "order.withdraw": { world, arguments in
        try await supervision(world, arguments).withdrawOrder(
            try said(world, arguments),
            options: world.options(arguments)
        ).fields
    },
    "order.get": { world, arguments in
        try await supervision(world, arguments).getOrder(try named(world, arguments)).fields
    },
    "order.list": { world, arguments in
        let reply = try await department(world, arguments)
            .listOrders(ListAssignmentsRequest(limit: 100))
        let labels = world.assignments.map { ($0.value, $0.key) }
        let known = Dictionary(labels) { first, _ in first }
        return [
            "orders": JSON(reply.assignments.map { known[$0.assignment] ?? $0.assignment })
        ]
    },
]

private func supervision(
    _ world: World,
    _ arguments: Arguments
) async throws -> SupervisionClient {
    SupervisionClient(try await world.channel(as: arguments.values["by"]?.text ?? "supervisor"))
}

private func department(
    _ world: World,
    _ arguments: Arguments
) async throws -> SupervisionClient {
    let clerk = World.clerk(of: arguments.values["dept"]?.text ?? "LEAD")
    return SupervisionClient(try await world.channel(as: arguments.values["by"]?.text ?? clerk))
}

private func key(_ world: World, _ arguments: Arguments) throws -> String {
    let label = try arguments.text("order")
    return world.assignments[label] ?? label
}

private func named(_ world: World, _ arguments: Arguments) throws -> AssignmentRequest {
    AssignmentRequest(assignment: try key(world, arguments))
}

private func said(_ world: World, _ arguments: Arguments) throws -> AssignmentTextRequest {
    AssignmentTextRequest(
        assignment: try key(world, arguments),
        text: arguments.values["text"]?.text ?? ""
    )
}

extension AssignmentView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "state": JSON(state), "due": JSON(due), "overdue_days": JSON(overdueDays),
            "extended": .bool(extended), "report": JSON(report), "reason": JSON(reason),
        ]
    }
}
