extension Refusal {
    package static func noAssignment(_ key: String) -> Refusal {
        .module(
            "NO_SUCH_ASSIGNMENT",
            zh: "没有交办事项 \(key)。",
            en: "There is no order or task \(key)."
        )
    }

    static let returnedOnce = Refusal.module(
        "ONCE_ONLY",
        zh: "只能退回一次，已退回过。",
        en: "It may be returned once, and has been."
    )
}
