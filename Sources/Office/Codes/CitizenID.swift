import CivilTime

/// 公民身份号码: the citizen identification number of GB 11643-1999, 18 characters: district (6), day of
/// birth (8), sequence (3), and a check character by ISO 7064 MOD 11-2.
///
/// What is wrong with a text isn't told: it would be a part of what was written.
package struct CitizenID: PersonalValue {
    package static let length = 18
    package let clear: String

    private static let checkCharacters = Array("10X98765432".utf8)

    /// Nil when `text` isn't one.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.length, let expected = Self.checkCharacter(for: bytes.dropLast()),
            bytes.last == expected, bytes[0] != UInt8(ascii: "0"),
            CivilDate(Self.day(bytes[6..<14])) != nil
        else { return nil }
        clear = text
    }

    private static func day(_ digits: ArraySlice<UInt8>) -> String {
        let text = Array(String(decoding: digits, as: UTF8.self))
        return "\(String(text[0..<4]))-\(String(text[4..<6]))-\(String(text[6..<8]))"
    }

    /// The character that completes 17 digits: the one whose value makes the sum of all, each by
    /// 2^(places to its right), 1 modulo 11. Nil when they aren't 17 digits.
    package static func checkCharacter(for body: some Collection<UInt8>) -> UInt8? {
        guard body.count == length - 1 else { return nil }
        var sum = 0
        for digit in body {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            sum = (sum + Int(digit - UInt8(ascii: "0"))) * 2 % 11
        }
        return checkCharacters[sum]
    }
}
