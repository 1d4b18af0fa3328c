/// A text for people, in each language.
package struct Text: Hashable, Sendable {
    let english: String
    let chinese: String

    init(_ english: String, _ chinese: String) {
        self.english = english
        self.chinese = chinese
    }

    func text(in language: Language) -> String {
        language == .chinese ? chinese : english
    }
}

extension Language {
    /// The language that POSIX's locale variables ask for: the first that is set decides.
    init(environment: [String: String]) {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
        self.init(tag: locale ?? "")
    }
}
