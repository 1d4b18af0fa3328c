/// 事项编码: an item's code, 31 characters: the credit code of who answers for it (18), the level of
/// government (1), and the basic code (12 digits or capital letters).
package struct ItemCode: Hashable, Sendable, CustomStringConvertible {
    package static let length = 31
    package let description: String

    /// - Throws: what is wrong with `text`.
    package init(_ text: String) throws(CodeProblem) {
        let scalars = text.unicodeScalars
        guard scalars.count == Self.length else {
            throw .length(expected: Self.length, found: scalars.count)
        }
        _ = try CreditCode(String(scalars.prefix(CreditCode.length)))
        for (index, scalar) in scalars.enumerated().dropFirst(CreditCode.length) {
            let isAllowed =
                switch scalar {
                case "1"..."9": true
                case "0", "A"..."Z": index > CreditCode.length
                default: false
                }
            guard isAllowed else { throw .character(Character(scalar), position: index + 1) }
        }
        description = text
    }
}
