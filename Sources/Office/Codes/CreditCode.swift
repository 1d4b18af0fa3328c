/// What is wrong with a code.
package enum CodeProblem: Error, Hashable, Sendable {
    case length(expected: Int, found: Int)
    /// A character that the code's alphabet doesn't have; the position counts from 1.
    case character(Character, position: Int)
    case checkCharacter(expected: Character)
}

/// 统一社会信用代码: the unified social credit code of GB 32100-2015, 18 characters.
package struct CreditCode: Hashable, Sendable, CustomStringConvertible {
    package static let length = 18
    package let description: String

    private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".unicodeScalars)
    /// 3^i mod 31 for the places from the left (GB 32100, annex A).
    private static let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

    /// - Throws: what is wrong with `text`.
    package init(_ text: String) throws(CodeProblem) {
        // Scalars, for of two characters that Swift takes for equal only one is in the alphabet.
        let scalars = Array(text.unicodeScalars)
        guard scalars.count == Self.length else {
            throw .length(expected: Self.length, found: scalars.count)
        }
        for (index, scalar) in scalars.enumerated() where !Self.alphabet.contains(scalar) {
            throw .character(Character(scalar), position: index + 1)
        }
        let expected = try Self.checkCharacter(for: String(text.dropLast()))
        guard text.last == expected else { throw .checkCharacter(expected: expected) }
        description = text
    }

    /// The character that completes the first 17.
    package static func checkCharacter(for body: String) throws(CodeProblem) -> Character {
        let scalars = Array(body.unicodeScalars)
        guard scalars.count == weights.count else {
            throw .length(expected: weights.count, found: scalars.count)
        }
        var sum = 0
        for (index, scalar) in scalars.enumerated() {
            guard let value = alphabet.firstIndex(of: scalar) else {
                throw .character(Character(scalar), position: index + 1)
            }
            sum += value * weights[index]
        }
        return Character(alphabet[(31 - sum % 31) % 31])
    }
}
