/// Lines of generated text, indented by blocks.
struct SourceText {
    private(set) var text = ""
    private var depth = 0
    private let indentation: String

    init(indentation: String = "    ") { self.indentation = indentation }

    /// Adds a line, or an empty one.
    mutating func line(_ content: String = "") {
        if !content.isEmpty {
            text += String(repeating: indentation, count: depth) + content
        }
        text += "\n"
    }

    /// Adds documentation lines, each after `prefix`.
    mutating func documentation(_ lines: [String], prefix: String = "///") {
        for content in lines { line(content.isEmpty ? prefix : "\(prefix) \(content)") }
    }

    /// Adds `opening`, what `body` writes one step deeper, and `closing`.
    mutating func block(
        _ opening: String,
        closing: String = "}",
        _ body: (inout SourceText) -> Void
    ) {
        line(opening)
        indented(body)
        line(closing)
    }

    /// Adds a `switch`, whose cases stand at its own depth.
    mutating func cases(_ opening: String, _ body: (inout SourceText) -> Void) {
        line(opening)
        body(&self)
        line("}")
    }

    /// Adds what `body` writes, one step deeper.
    mutating func indented(_ body: (inout SourceText) -> Void) {
        depth += 1
        body(&self)
        depth -= 1
    }
}

/// A file that `protogen` writes.
package struct GeneratedFile: Hashable, Sendable {
    /// Relative to the root of the package.
    package let path: String
    package let content: String
}
