import BanjieProtocol

/// `banjie review`: reviews of the service, and what is done about bad ones.
enum ReviewCommands {
    static let group = CommandGroup(
        "review",
        Text("Reviews of the service.", "好差评。"),
        [
            change(
                "rate",
                ReviewsMethods.rate,
                required: ["grade"],
                example: "--grade 1 --text '很快'"
            ),
            .command(
                Command(
                    "by-token",
                    calling: ReviewsMethods.rateByToken,
                    RequestForm(operands: ["token", "grade"]),
                    examples: ["banjie review by-token 7K2M9QXA4TRW0BZE 1 --text '很快'"],
                    show: { (_: Empty, page) in page.done() }
                )
            ),
            change("supplement", ReviewsMethods.supplement, required: ["text"]),
            change("verify", ReviewsMethods.verify, example: "--complex"),
            change("report", ReviewsMethods.report, example: "--measures '已补发材料清单'"),
            change("explain", ReviewsMethods.explain),
            change("follow-up", ReviewsMethods.followUp, example: "--satisfied"),
            change("close", ReviewsMethods.close),
            change("appeal", ReviewsMethods.appeal),
            change(
                "judge-appeal",
                ReviewsMethods.judgeAppeal,
                example: "--exclude --reason '恶意差评'"
            ),
            change("show", ReviewsMethods.get),
            .listing(
                ReviewsMethods.list,
                of: ["department"],
                show: { (reply: ListReviewsReply, page) in page.show(reply) }
            ),
            .command(
                Command(
                    "stats",
                    calling: ReviewsMethods.stats,
                    examples: [
                        "banjie review stats --department LEAD --from 2026-01-01",
                        "banjie review stats --post WINDOW-3",
                    ],
                    show: { (stats: ReviewStats, page) in page.show(stats) }
                )
            ),
            .command(
                Command(
                    "links",
                    calling: ReviewsMethods.listLinks,
                    RequestForm(fallbacks: ["limit": "100"]),
                    show: { (reply: ListReviewLinksReply, page) in page.show(reply) }
                )
            ),
            .command(
                Command(
                    "verify-chain",
                    calling: ReviewsMethods.verifyChain,
                    show: { (verdict: ReviewChainVerdict, page) in page.show(verdict) }
                )
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
            "review \(name)",
            method,
            ["case"],
            required: required,
            example: example.map { "SERIAL \($0)" },
            show: { (view: ReviewView, page) in page.show(view) }
        )
    }
}
