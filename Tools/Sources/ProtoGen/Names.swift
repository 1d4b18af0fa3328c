/// The forms in which a schema's names appear in the schema, in Swift and in `.proto` files.
enum Names {
    /// Whether `name` is `UPPER_SNAKE_CASE`.
    static func isUpperSnake(_ name: String) -> Bool { isSnake(name, letters: "A"..."Z") }

    /// Whether `name` is `lower_snake_case`.
    static func isLowerSnake(_ name: String) -> Bool { isSnake(name, letters: "a"..."z") }

    /// Whether `name` is `UpperCamelCase`.
    static func isUpperCamel(_ name: String) -> Bool {
        guard let first = name.first, ("A"..."Z").contains(first) else { return false }
        return name.allSatisfy { isAlphanumeric($0) }
    }

    /// `effective_receipt` or `ACCEPTED_GAP` as `effectiveReceipt`, `acceptedGap`.
    static func lowerCamel(snake name: String) -> String {
        let words = name.lowercased().split(separator: "_").map(String.init)
        return words.prefix(1).joined()
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// `AcceptWithGap` as `acceptWithGap`.
    static func lowerCamel(upperCamel name: String) -> String {
        name.prefix(1).lowercased() + name.dropFirst()
    }

    /// `CaseState` as `CASE_STATE`.
    static func upperSnake(upperCamel name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase && !result.isEmpty { result.append("_") }
            result += character.uppercased()
        }
        return result
    }

    /// `name` as an identifier of Swift, in backticks when it is a word of the language.
    static func swiftIdentifier(_ name: String) -> String {
        swiftKeywords.contains(name) ? "`\(name)`" : name
    }

    /// Names that a field can't have in Swift, even in backticks, or that a message needs itself.
    static let unusableFields: Set<String> = [
        "self", "init", "type", "descriptor", "unknownFields",
    ]

    private static let swiftKeywords: Set<String> = [
        "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
        "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
        "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let", "nil",
        "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows",
        "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws",
        "true", "try", "typealias", "var", "where", "while",
    ]

    private static func isSnake(_ name: String, letters: ClosedRange<Character>) -> Bool {
        guard let first = name.first, letters.contains(first) else { return false }
        return name.split(separator: "_", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { letters.contains($0) || ("0"..."9").contains($0) }
        }
    }

    private static func isAlphanumeric(_ character: Character) -> Bool {
        ("a"..."z").contains(character) || ("A"..."Z").contains(character)
            || ("0"..."9").contains(character)
    }
}
