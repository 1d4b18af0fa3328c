/// A value that tells of a person. Whatever prints it prints it masked; who needs it as it is names
/// `clear`, so that the places that do can be found.
package protocol PersonalValue: Hashable, Sendable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The value itself.
    var clear: String { get }
}

extension PersonalValue {
    package var masked: String { Masking.masked(clear) }
    package var description: String { masked }
    package var debugDescription: String { masked }
    package var customMirror: Mirror { Mirror(self, children: ["masked": masked]) }
}

/// A person's name; empty once it is erased.
package struct PersonName: PersonalValue {
    package let clear: String

    package init(_ name: String) { clear = name }
}

/// A telephone number of the mainland: 11 digits of a mobile telephone, or a trunk code of 3 or 4
/// digits, a hyphen or none, and 7 or 8 digits.
package struct PhoneNumber: PersonalValue {
    package let clear: String

    private static let mobileLength = 11

    /// Nil when `text` isn't one.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard Self.isMobile(bytes) || Self.isFixed(bytes) else { return nil }
        clear = text
    }

    /// A mobile telephone's number; nil when `text` isn't one.
    fileprivate init?(mobile text: String) {
        guard Self.isMobile(Array(text.utf8)) else { return nil }
        clear = text
    }

    private static func isMobile(_ bytes: [UInt8]) -> Bool {
        bytes.count == mobileLength && bytes[0] == UInt8(ascii: "1")
            && bytes[1] >= UInt8(ascii: "3") && bytes.allSatisfy(Masking.isDigit)
    }

    private static func isFixed(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard bytes.first == UInt8(ascii: "0"),
            parts.allSatisfy({ $0.allSatisfy(Masking.isDigit) })
        else { return false }
        return switch parts.count {
        case 1: (10...12).contains(bytes.count)
        case 2: (3...4).contains(parts[0].count) && (7...8).contains(parts[1].count)
        default: false
        }
    }
}

/// How personal values are shown to those who may not see them: 王*, 110***********002X, 138****5678.
package enum Masking {
    private static let star = UInt8(ascii: "*")

    /// `text` with what it says of a person left out; what was masked stays as it is.
    ///
    /// Of numbers the first three and the last four characters stand, of anything else the first.
    package static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = text.first else { return "" }
        guard bytes.count > 7, bytes.allSatisfy(isOfNumber) else { return "\(first)*" }
        let hidden = bytes.dropFirst(3).dropLast(4).map { _ in star }
        return String(decoding: bytes.prefix(3) + hidden + bytes.suffix(4), as: UTF8.self)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "X"), UInt8(ascii: "-"), star: true
        default: false
        }
    }

    /// Free text in which every citizen ID and mobile number is masked: what people write as a reason
    /// stands in the audit log, which is never changed.
    ///
    /// - Complexity: O(length of the text).
    package static func scrubbed(_ text: String) -> String {
        guard text.utf8.contains(where: { isDigit($0) }) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let run = bytes[position...].prefix { isDigit($0) || $0 == UInt8(ascii: "X") }
            guard !run.isEmpty else {
                result.append(bytes[position])
                position += 1
                continue
            }
            let word = String(decoding: run, as: UTF8.self)
            let isPersonal = CitizenID(word) != nil || PhoneNumber(mobile: word) != nil
            if isPersonal { result += masked(word).utf8 } else { result += run }
            position += run.count
        }
        return String(decoding: result, as: UTF8.self)
    }

    fileprivate static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
