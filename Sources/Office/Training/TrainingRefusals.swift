import CivilTime

extension Refusal {
    package static func noPlan(_ number: UInt64) -> Refusal {
        .module(
            "NO_SUCH_PLAN",
            zh: "没有第 \(number) 号培训计划。",
            en: "There is no training plan \(number)."
        )
    }

    package static func notEnrolled(_ login: String) -> Refusal {
        .module("NOT_ENROLLED", zh: "\(login) 未报名。", en: "\(login) isn't enrolled.")
    }

    static func enrolmentClosed(since day: CivilDate) -> Refusal {
        .module(
            "ENROLMENT_CLOSED",
            zh: "报名已于 \(day) 截止。",
            en: "Enrolment ended on \(day)."
        )
    }

    static func noPlaces(of places: Int32) -> Refusal {
        .module("NO_PLACES", zh: "\(places) 个名额已满。", en: "All \(places) places are taken.")
    }

    package static func enrolledAlready(_ login: String) -> Refusal {
        .module("ONCE_ONLY", zh: "\(login) 已报名。", en: "\(login) is enrolled already.")
    }

    static let resatAlready = Refusal.module(
        "ONCE_ONLY",
        zh: "补考只有一次，已考过。",
        en: "There is one resit, and it has been sat."
    )
}
