extension Refusal {
    package static func noCard(deadline: Int64) -> Refusal {
        .module(
            "NO_SUCH_CARD",
            zh: "时限 \(deadline) 没有这样的督办牌。",
            en: "Deadline \(deadline) has no such card."
        )
    }

    package static let cardRevoked = Refusal.module(
        "CARD_REVOKED",
        zh: "该牌已撤销。",
        en: "The card has been revoked already."
    )

    package static func noRound(_ number: UInt64) -> Refusal {
        .module(
            "NO_SUCH_ROUND",
            zh: "没有第 \(number) 轮考核。",
            en: "There is no assessment round \(number)."
        )
    }

    package static let roundFrozen = Refusal.module(
        "ROUND_FROZEN",
        zh: "该轮考核已定案，得分不再变动。",
        en: "The round is frozen: its scores stand for good."
    )
}
