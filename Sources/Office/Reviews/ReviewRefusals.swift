extension Refusal {
    package static let noInvitation = Refusal.module(
        "NO_SUCH_INVITATION",
        zh: "没有这个评价码，或已使用。",
        en: "No invitation has this token, or it was used."
    )
}
