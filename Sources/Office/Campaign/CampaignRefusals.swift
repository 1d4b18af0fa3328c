extension Refusal {
    package static func noBody(_ code: String) -> Refusal {
        .module("NO_SUCH_BODY", zh: "没有机构 \(code)。", en: "There is no body \(code).")
    }

    package static func noPublication(_ number: UInt64) -> Refusal {
        .module(
            "NO_SUCH_PUBLICATION",
            zh: "没有第 \(number) 号公告或案例。",
            en: "There is no publication \(number)."
        )
    }

    package static func noLesson(_ number: UInt64) -> Refusal {
        .module(
            "NO_SUCH_LESSON",
            zh: "没有第 \(number) 条经验。",
            en: "There is no lesson \(number)."
        )
    }

    package static func notOffered(to department: String) -> Refusal {
        .module(
            "NOT_OFFERED",
            zh: "该经验未推荐给部门 \(department)。",
            en: "The lesson wasn't offered to \(department)."
        )
    }
}
