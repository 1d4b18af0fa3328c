/// A refusal that one module alone gives: the reason that its schema declares, and what a person is told.
package struct ModuleRefusal: Hashable, Sendable {
    /// As the schema has it: `ROUND_FROZEN`.
    package let reason: String
    package let chinese: String
    package let english: String

    package init(_ reason: String, zh chinese: String, en english: String) {
        self.reason = reason
        self.chinese = chinese
        self.english = english
    }
}

extension Refusal {
    static func module(_ reason: String, zh chinese: String, en english: String) -> Refusal {
        .module(ModuleRefusal(reason, zh: chinese, en: english))
    }
}
