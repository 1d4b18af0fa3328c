/// A value of JSON (RFC 8259), numbers as they were written.
indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// What kind of value it is, for a sentence.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a bool"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A member of a JSON object.
struct JSONMember: Hashable, Sendable {
    let key: String
    let value: JSONValue
}

// MARK: - Writing

extension JSONValue {
    /// The value as JSON text, on one line or, when `isPretty`, indented by two spaces a level.
    func text(isPretty: Bool) -> String {
        var result = ""
        write(to: &result, indentation: isPretty ? 0 : nil)
        return result
    }

    /// `indentation` is nil for text on one line.
    private func write(to text: inout String, indentation: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let content): Self.quote(content, into: &text)
        case .array(let elements):
            Self.write(elements, between: ("[", "]"), to: &text, indentation) {
                element,
                text,
                inner in
                element.write(to: &text, indentation: inner)
            }
        case .object(let members):
            Self.write(members, between: ("{", "}"), to: &text, indentation) {
                member,
                text,
                inner in
                Self.quote(member.key, into: &text)
                text += inner == nil ? ":" : ": "
                member.value.write(to: &text, indentation: inner)
            }
        }
    }

    private static func write<Part>(
        _ parts: [Part],
        between brackets: (String, String),
        to text: inout String,
        _ indentation: Int?,
        _ writePart: (Part, inout String, Int?) -> Void
    ) {
        text += brackets.0
        let inner = indentation.map { $0 + 2 }
        for (index, part) in parts.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            writePart(part, &text, inner)
        }
        if let indentation, !parts.isEmpty {
            text += "\n" + String(repeating: " ", count: indentation)
        }
        text += brackets.1
    }

    private static func quote(_ content: String, into text: inout String) {
        text += "\""
        for scalar in content.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
