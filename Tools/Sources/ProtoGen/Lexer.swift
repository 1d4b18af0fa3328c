/// Cuts the text of a schema file into tokens.
struct Lexer {
    private let file: String
    private let text: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var lineStart = 0

    init(_ text: String, file: String) {
        self.file = file
        self.text = Array(text.unicodeScalars)
    }

    /// All tokens, an `end` last.
    static func tokens(of text: String, file: String) throws(SchemaError) -> [Token] {
        var lexer = Lexer(text, file: file)
        var tokens: [Token] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
        return tokens
    }

    private var position: Position {
        Position(file: file, line: line, column: index - lineStart + 1)
    }

    private func scalar(at offset: Int = 0) -> Unicode.Scalar? {
        index + offset < text.count ? text[index + offset] : nil
    }

    private func startsWith(_ sign: String) -> Bool {
        sign.unicodeScalars.enumerated().allSatisfy { scalar(at: $0.offset) == $0.element }
    }

    private mutating func advance() {
        if text[index] == "\n" {
            line += 1
            lineStart = index + 1
        }
        index += 1
    }

    private mutating func next() throws(SchemaError) -> Token {
        skipSpaceAndComments()
        let start = position
        guard let first = scalar() else {
            return Token(kind: .end, position: start, lastLine: line)
        }
        let kind: Token.Kind
        if startsWith("///") {
            kind = .documentation(documentation())
        } else if first.isLetter || first == "_" {
            kind = .word(word())
        } else if first.isDigit || (first == "-" && scalar(at: 1)?.isDigit == true) {
            kind = try number()
        } else if first == "\"" {
            kind = try quoted()
        } else {
            kind = try sign()
        }
        return Token(kind: kind, position: start, lastLine: line)
    }

    private mutating func skipSpaceAndComments() {
        while let current = scalar() {
            if current.properties.isWhitespace {
                advance()
            } else if startsWith("//") && !startsWith("///") {
                while scalar() != nil, scalar() != "\n" { advance() }
            } else {
                return
            }
        }
    }

    private mutating func word() -> String {
        var word = ""
        while let current = scalar() {
            let isHyphen = current == "-" && scalar(at: 1)?.isLetter == true
            guard current.isLetter || current.isDigit || current == "_" || isHyphen else { break }
            word.unicodeScalars.append(current)
            advance()
        }
        return word
    }

    private mutating func number() throws(SchemaError) -> Token.Kind {
        let start = position
        var digits = ""
        repeat {
            digits.unicodeScalars.append(text[index])
            advance()
        } while scalar()?.isDigit == true
        guard let value = Int64(digits) else {
            throw SchemaError(
                start,
                "\(digits) doesn't fit into 64 bits",
                remedy: "write a smaller number"
            )
        }
        guard scalar()?.isLetter == true else { return .integer(value) }
        let unit = word()
        let factor: Int64? =
            switch unit {
            case "ms": 1
            case "s": 1000
            default: nil
            }
        guard let factor,
            case let (product, overflow) = value.multipliedReportingOverflow(by: factor),
            !overflow
        else {
            throw SchemaError(
                start,
                "\(digits)\(unit) isn't a span of time",
                remedy: "write seconds as `5s` or milliseconds as `500ms`"
            )
        }
        return .duration(product)
    }

    private mutating func quoted() throws(SchemaError) -> Token.Kind {
        let start = position
        advance()
        var content = ""
        while let current = scalar(), current != "\n" {
            advance()
            if current == "\"" { return .text(content) }
            content.unicodeScalars.append(current)
        }
        throw SchemaError(start, "a quoted text has no end", remedy: "close it with `\"`")
    }

    private mutating func sign() throws(SchemaError) -> Token.Kind {
        for sign in ["->", "..", "{", "}", "(", ")", "<", ">", ",", ":", "="] where startsWith(sign)
        {
            for _ in sign.unicodeScalars { advance() }
            return .sign(sign)
        }
        throw SchemaError(
            position,
            "`\(text[index])` has no meaning here",
            remedy: "remove it, or put it into a `///` line"
        )
    }

    /// Takes the `///` lines that follow each other directly.
    private mutating func documentation() -> [String] {
        var lines: [String] = []
        while startsWith("///") {
            for _ in 0..<3 { advance() }
            if scalar() == " " { advance() }
            var content = ""
            while let current = scalar(), current != "\n" {
                content.unicodeScalars.append(current)
                advance()
            }
            lines.append(content)
            guard scalar() == "\n" else { break }
            // The next line continues the documentation if it begins, after spaces, with `///`.
            var ahead = index + 1
            while ahead < text.count, text[ahead] == " " { ahead += 1 }
            guard ahead + 2 < text.count, text[ahead...(ahead + 2)].allSatisfy({ $0 == "/" }) else {
                break
            }
            while index < ahead { advance() }
        }
        return lines
    }
}

extension Unicode.Scalar {
    fileprivate var isLetter: Bool {
        ("a"..."z").contains(self) || ("A"..."Z").contains(self)
    }

    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
