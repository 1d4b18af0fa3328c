/// The language in which a command speaks to people.
package enum Language: Hashable, Sendable, CaseIterable {
    case english, chinese

    /// The language that POSIX's locale variables ask for: the first that is set decides.
    init(variables: (String) -> String?) {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy
            .compactMap(variables).first { !$0.isEmpty }
        self = locale?.hasPrefix("zh") == true ? .chinese : .english
    }

    /// The one of two texts that is in this language.
    func text(_ english: @autoclosure () -> String, _ chinese: @autoclosure () -> String) -> String
    {
        switch self {
        case .english: english()
        case .chinese: chinese()
        }
    }

    /// The text in this language.
    func text(_ text: Text) -> String { self.text(text.english, text.chinese) }
}

/// A text in each language.
struct Text: Hashable, Sendable {
    let english: String
    let chinese: String

    init(_ english: String, _ chinese: String) {
        (self.english, self.chinese) = (english, chinese)
    }

    /// A text that is the same in both.
    init(same text: String) { self.init(text, text) }
}
