import BanjieProtocol
import CivilTime
import Foundation

/// What the runner does for an operation beforehand, so that a refusal leaves no trace at all.
let preparations: [String: @Sendable (World, Arguments) async throws -> Void] = [
    "case.submit": { world, arguments in _ = try await item(world, arguments) }
]

/// Matters at the window, and the item that they are about.
let caseOperations: [String: Operation] = [
    "item.publish": { world, arguments in
        let item = try await world.publish(
            try world.itemCode(try arguments.text("item")),
            limits: try limits(arguments),
            instant: arguments.flag("instant"),
            joint: arguments.flag("joint")
        )
        return ["version": JSON(item.version)]
    },
    "case.submit": { world, arguments in
        let item = try await item(world, arguments)
        var request = SubmitCaseRequest(item: item)
        if arguments.values["channel"] != nil {
            request.channel = try arguments.enumeration("channel")
        }
        let view = try await cases(world, arguments, otherwise: "zhang")
            .submit(request, options: world.options(arguments))
        var fields = view.fields
        let first = world.cases.filter { $0.value == view.case }.keys.min()
        fields["same_case_as"] = JSON(first)
        world.cases[try arguments.text("case")] = view.case
        world.queryCodes[try arguments.text("case")] = view.queryCode
        return fields
    },
    "case.accept": { world, arguments in
        try await cases(world, arguments)
            .accept(try request(world, arguments), options: world.options(arguments)).fields
    },
    "case.accept_with_gap": { world, arguments in
        try await cases(world, arguments).acceptWithGap(
            AcceptWithGapRequest(
                case: try serial(world, arguments),
                supplementBy: try arguments.date("supplement_by")
            ),
            options: world.options(arguments)
        ).fields
    },
    "case.supply_gap": { world, arguments in
        try await cases(world, arguments)
            .supplyGap(try request(world, arguments), options: world.options(arguments)).fields
    },
    "case.notify_correction": { world, arguments in
        try await cases(world, arguments).notifyCorrection(
            NotifyCorrectionRequest(
                case: try serial(world, arguments),
                items: try arguments.texts("items")
            ),
            options: world.options(arguments)
        ).fields
    },
    "case.resubmit": { world, arguments in
        try await cases(world, arguments).resubmit(
            ResubmitRequest(
                case: try serial(world, arguments),
                missing: try arguments.texts("missing")
            ),
            options: world.options(arguments)
        ).fields
    },
    "case.pause": { world, arguments in
        try await cases(world, arguments).pause(
            PauseCaseRequest(
                case: try serial(world, arguments),
                reason: try arguments.enumeration("reason"),
                plannedDays: Int32(clamping: arguments.values["planned_days"]?.integer ?? 0)
            ),
            options: world.options(arguments)
        ).fields
    },
    "case.resume": { world, arguments in
        try await cases(world, arguments)
            .resume(try request(world, arguments), options: world.options(arguments)).fields
    },
    "case.extend": { world, arguments in
        _ = try arguments.text("approver")
        return try await cases(world, arguments).extend(
            ExtendCaseRequest(
                case: try serial(world, arguments),
                days: Int32(clamping: try arguments.integer("days")),
                reason: arguments.values["reason"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "case.decide": { world, arguments in
        try await cases(world, arguments).decide(
            DecideCaseRequest(
                case: try serial(world, arguments),
                result: try arguments.enumeration("result"),
                reason: arguments.values["reason"]?.text ?? "",
                remedies: arguments.values["remedies"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "case.deliver": { world, arguments in
        try await cases(world, arguments)
            .deliver(try request(world, arguments), options: world.options(arguments)).fields
    },
    "case.withdraw": { world, arguments in
        try await cases(world, arguments, otherwise: "zhang")
            .withdraw(try request(world, arguments), options: world.options(arguments)).fields
    },
    "case.get": { world, arguments in
        try await cases(world, arguments).get(try request(world, arguments)).fields
    },
    "case.count": { world, arguments in
        ["cases": JSON(try await cases(world, arguments).count(Empty()).cases)]
    },
    "department.cards": { world, arguments in
        let department = try arguments.text("dept")
        var cards: [CardView] = []
        var isComplete = false
        while !isComplete {
            let page = try await cases(world, arguments).cards(
                DepartmentCardsRequest(
                    department: department,
                    limit: 1000,
                    offset: Int32(clamping: cards.count)
                )
            )
            cards += page.cards
            isComplete = !page.more
        }
        return ["cards": .array(cards.map(\.fields))]
    },
]

/// The cases as the person sees them whom an operation names: its approver, who it is done by, the
/// clerk of its department, else `other`.
private func cases(
    _ world: World,
    _ arguments: Arguments,
    otherwise other: String = "clerk"
) async throws -> CasesClient {
    let values = arguments.values
    let login =
        values["approver"]?.text ?? values["by"]?.text
        ?? values["dept"]?.text.map(World.clerk) ?? other
    return CasesClient(try await world.channel(as: login))
}

/// The item of a submission, published on first use.
private func item(_ world: World, _ arguments: Arguments) async throws -> String {
    try await world.item(
        limits: try limits(arguments),
        instant: arguments.flag("instant"),
        joint: arguments.flag("joint")
    )
}

private func serial(_ world: World, _ arguments: Arguments) throws -> String {
    world.serial(try arguments.text("case"))
}

private func request(_ world: World, _ arguments: Arguments) throws -> CaseRequest {
    CaseRequest(case: try serial(world, arguments))
}

private func limits(_ arguments: Arguments) throws -> ItemLimits {
    let limits = Arguments(values: arguments.values["limits"]?.members ?? [:])
    return ItemLimits(
        statutory: Int32(clamping: try limits.integer("statutory")),
        promised: Int32(clamping: try limits.integer("promised"))
    )
}

extension CardView {
    /// `[clock, kind, at]`.
    fileprivate var fields: JSON { JSON([clock.description, kind.description, at.description]) }
}

extension CaseView {
    /// The newest clock of a kind.
    private func clock(_ kind: ClockKind) -> ClockView? { clocks.last { $0.clock == kind } }

    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        let (statutory, promised) = (clock(.statutory), clock(.promised))
        return [
            "state": JSON(state),
            "effective_receipt": JSON(effectiveReceipt),
            "acceptance_date": JSON(acceptanceDate),
            "notice_due": JSON(clock(.notice)?.due),
            "statutory_due": JSON(statutory?.due),
            "promised_due": JSON(promised?.due),
            "instant_due": JSON(clock(.instant)?.due),
            "delivery_due": JSON(clock(.delivery)?.due),
            "review_window_ends": JSON(clock(.review)?.due),
            "used": statutory.map { JSON($0.used) } ?? .null,
            "statutory_remaining": statutory.map { JSON($0.remaining) } ?? .null,
            "provisional": .bool(provisional),
            "promised_result": JSON(promised?.result),
            "statutory_result": JSON(statutory?.result),
            "promised_overdue_days": JSON(promised?.overdueDays ?? 0),
            "missing": JSON(missing),
            "running_clocks": JSON(runningClocks.map(\.description)),
            "last_audit": .string(lastAudit),
            "cards": .array(cards.map(\.fields)),
            "applicant_notified": .bool(applicantNotified),
        ]
    }
}
