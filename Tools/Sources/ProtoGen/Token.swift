/// A word, number, sign or piece of documentation of a schema file.
struct Token: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A name or a word of the notation; hyphens may stand within.
        case word(String)
        case integer(Int64)
        /// A span of time, in milliseconds: `60s`, `500ms`.
        case duration(Int64)
        /// The text between double quotes.
        case text(String)
        /// One of `{ } ( ) < > , : = -> ..`.
        case sign(String)
        /// The lines after `///` that follow each other without a gap.
        case documentation([String])
        case end
    }

    let kind: Kind
    let position: Position
    /// The line on which it ends.
    let lastLine: Int
}

extension Token.Kind: CustomStringConvertible {
    /// What the token is, for a sentence.
    var description: String {
        switch self {
        case .word(let word): "`\(word)`"
        case .integer(let value): "`\(value)`"
        case .duration(let milliseconds): "a span of \(milliseconds) ms"
        case .text(let text): "\"\(text)\""
        case .sign(let sign): "`\(sign)`"
        case .documentation: "documentation"
        case .end: "the end of the file"
        }
    }
}
