/// 事项编码: an item's code, 31 characters: the credit code of who answers for it (18), the level of
/// government (1), and the basic code (12 digits or capital letters).
package struct ItemCode: Hashable, Sendable, CustomStringConvertible {
    package static let length = 31
    package let description: String

    /// - Throws: what is wrong with `text`.
    package init(_ text: String) throws(CodeProblem) {
        let characters = Array(text)
        guard characters.count == Self.length else {
            throw .length(expected: Self.length, found: characters.count)
        }
        _ = try CreditCode(String(characters.prefix(CreditCode.length)))
        for (index, character) in characters.enumerated().dropFirst(CreditCode.length) {
            let isAllowed =
                index == CreditCode.length
                ? ("1"..."9").contains(character)
                : ("0"..."9").contains(character) || ("A"..."Z").contains(character)
            guard isAllowed else { throw .character(character, position: index + 1) }
        }
        description = text
    }
}
