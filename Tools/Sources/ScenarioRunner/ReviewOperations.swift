import BanjieProtocol

/// Reviews: the applicant's, what the department's clerk does about them, the figures.
let reviewOperations: [String: Operation] = [
    "review.rate": { world, arguments in
        try await reviews(world, arguments, as: "zhang").rate(
            RateRequest(
                case: world.serial(try arguments.text("case")),
                grade: Int32(clamping: try arguments.integer("grade")),
                text: arguments.values["text"]?.text ?? "",
                anonymous: arguments.flag("anonymous")
            ),
            options: world.options(arguments)
        ).fields
    },
    "review.rate_by_token": { world, arguments in
        let token = world.tokens[try arguments.text("case")] ?? "none"
        _ = try await ReviewsClient(try world.anonymousChannel()).rateByToken(
            RateByTokenRequest(
                token: arguments.values["token"]?.text ?? token,
                grade: Int32(clamping: try arguments.integer("grade")),
                text: arguments.values["text"]?.text ?? "",
                anonymous: arguments.flag("anonymous")
            )
        )
        return [:]
    },
    "review.verify": { world, arguments in
        try await reviews(world, arguments).verify(
            VerifyReviewRequest(
                case: world.serial(try arguments.text("case")),
                complex: arguments.flag("complex")
            ),
            options: world.options(arguments)
        ).fields
    },
    "review.report": { world, arguments in
        try await reviews(world, arguments).report(
            ReportReviewRequest(
                case: world.serial(try arguments.text("case")),
                measures: arguments.values["measures"]?.text ?? ""
            ),
            options: world.options(arguments)
        ).fields
    },
    "review.follow_up": { world, arguments in
        try await reviews(world, arguments).followUp(
            FollowUpRequest(
                case: world.serial(try arguments.text("case")),
                satisfied: arguments.flag("satisfied")
            ),
            options: world.options(arguments)
        ).fields
    },
    "review.close": { world, arguments in
        try await reviews(world, arguments).close(
            ReviewRequest(case: world.serial(try arguments.text("case"))),
            options: world.options(arguments)
        ).fields
    },
    "review.stats": { world, arguments in
        let stats = try await reviews(world, arguments).stats(ReviewStatsRequest())
        return [
            "invited": JSON(stats.invited),
            "rated": JSON(stats.rated),
            "satisfied": JSON(stats.satisfied),
            "negative": JSON(stats.negative),
            "satisfaction": stats.rated == 0
                ? .null : .number(Double(stats.satisfied) / Double(stats.rated)),
        ]
    },
]

private func reviews(
    _ world: World,
    _ arguments: Arguments,
    as login: String = "clerk"
) async throws -> ReviewsClient {
    ReviewsClient(try await world.channel(as: arguments.values["by"]?.text ?? login))
}

extension ReviewView {
    /// The fields that a scenario can ask for.
    fileprivate var fields: [String: JSON] {
        [
            "state": JSON(state), "verify_due": JSON(verifyDue), "rectify_due": JSON(rectifyDue),
        ]
    }
}
