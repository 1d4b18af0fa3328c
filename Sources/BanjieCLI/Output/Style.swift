/// Whether a page bears colours.
enum Style: Hashable, Sendable {
    case plain, coloured

    /// `text` in this ink, by ECMA-48's SGR sequences.
    func paint(_ text: String, _ ink: Ink) -> String {
        guard self == .coloured, let code = ink.code, !text.isEmpty else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// How a part of a page stands out.
enum Ink: Hashable, Sendable {
    case plain, strong, faint, red, yellow, green, cyan

    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .strong: "1"
        case .faint: "2"
        case .red: "1;31"
        case .yellow: "33"
        case .green: "32"
        case .cyan: "36"
        }
    }
}
