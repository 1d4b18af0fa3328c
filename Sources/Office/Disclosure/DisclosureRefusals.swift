package import CivilTime

extension Refusal {
    package static func noPower(_ code: String) -> Refusal {
        .module(
            "NO_SUCH_POWER",
            zh: "权责清单中没有 \(code)。",
            en: "There is no power \(code) on the list."
        )
    }

    package static func noGuide(for item: String) -> Refusal {
        .module(
            "NO_SUCH_GUIDE",
            zh: "事项 \(item) 没有办事指南，或没有这一版。",
            en: "There is no guide for item \(item), or no such edition of it."
        )
    }

    package static func noAbsence(of login: String, from day: CivilDate) -> Refusal {
        .module(
            "NO_SUCH_ABSENCE",
            zh: "没有 \(login) 自 \(day) 起离岗的记录。",
            en: "No absence of \(login) from \(day) is on record."
        )
    }
}
