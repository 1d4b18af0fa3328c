import BanjieProtocol

/// `banjie supervision`: how units' work is assessed.
enum SupervisionCommands {
    static let group = CommandGroup(
        "supervision",
        Text("Supervision of the units' work.", "督查考核。"),
        [
            .command(
                Command(
                    "score",
                    calling: SupervisionMethods.score,
                    examples: [
                        "banjie supervision score --yellow 2 --red 1 --completed 200 --early 64"
                    ],
                    show: { (reply: ScoreReply, page) in page.show(reply) }
                )
            )
        ]
    )
}
