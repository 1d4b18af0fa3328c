/// A piece of a page. What is written into it stands as it is; texts that are put into it are escaped.
struct HTML: ExpressibleByStringInterpolation, Hashable, Sendable {
    private(set) var source: String

    init(stringLiteral value: String) { source = value }
    init(stringInterpolation: StringInterpolation) { source = stringInterpolation.source }

    /// Text, in which nothing is markup.
    init(text: String) { source = Self.escape(text) }

    static func + (first: HTML, second: HTML) -> HTML { "\(first)\(second)" }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var source = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            source.reserveCapacity(literalCapacity)
        }

        mutating func appendLiteral(_ literal: String) { source += literal }
        mutating func appendInterpolation(_ text: String) { source += HTML.escape(text) }
        mutating func appendInterpolation(_ number: some BinaryInteger) { source += "\(number)" }
        mutating func appendInterpolation(_ piece: HTML) { source += piece.source }
        mutating func appendInterpolation(_ piece: HTML?) { source += piece?.source ?? "" }
        mutating func appendInterpolation(_ pieces: [HTML]) {
            for piece in pieces { source += piece.source }
        }
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n": escaped += "<br>"
            // Control characters may not stand in a page.
            case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}": escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension HTML {
    /// A section with its heading; nil when there is nothing in it.
    static func section(_ title: String, _ content: HTML?) -> HTML? {
        content.map { "<section>\n<h2>\(title)</h2>\n\($0)</section>\n" }
    }

    /// A numbered list; nil when it is empty.
    static func list(_ texts: [String]) -> HTML? {
        guard !texts.isEmpty else { return nil }
        return "<ol>\n\(texts.map { "<li>\($0)</li>\n" as HTML })</ol>\n"
    }

    /// A table; nil when it has no rows. The first cell of a row says what the row is about.
    static func table(_ caption: String, _ columns: [String], _ rows: [[HTML]]) -> HTML? {
        guard !rows.isEmpty else { return nil }
        let head: [HTML] = columns.map { "<th scope=\"col\">\($0)</th>" }
        let body: [HTML] = rows.map { cells in
            let first: [HTML] = cells.prefix(1).map { "<th scope=\"row\">\($0)</th>" }
            let rest: [HTML] = cells.dropFirst().map { "<td>\($0)</td>" }
            return "<tr>\(first)\(rest)</tr>\n"
        }
        return """
            <div class="wide" role="region" aria-label="\(caption)" tabindex="0"><table>
            <caption>\(caption)</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody>
            </table></div>

            """
    }

    /// Terms and what they are; those without a value are left out. Nil when none is left.
    static func terms(_ terms: [(name: String, value: HTML)]) -> HTML? {
        let given = terms.filter { !$0.value.source.isEmpty }
        guard !given.isEmpty else { return nil }
        let entries: [HTML] = given.map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>\n" }
        return "<dl>\n\(entries)</dl>\n"
    }
}
