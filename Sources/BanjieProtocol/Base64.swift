/// Base64 with padding (RFC 4648, section 4).
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    package static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) }
            bits <<= 8 * (3 - group.count)
            for place in 0..<4 {
                let isPadding = place > group.count
                result.append(
                    isPadding ? UInt8(ascii: "=") : alphabet[bits >> (18 - 6 * place) & 63]
                )
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes, or nil when `text` isn't what `encode` gives for some bytes.
    package static func decode(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count.isMultiple(of: 4) else { return nil }
        var result: [UInt8] = []
        for start in stride(from: 0, to: characters.count, by: 4) {
            let group = characters[start..<(start + 4)].prefix { $0 != UInt8(ascii: "=") }
            guard group.count >= 2 else { return nil }
            var bits = 0
            for character in group {
                guard let digit = alphabet.firstIndex(of: character) else { return nil }
                bits = bits << 6 | digit
            }
            bits <<= 6 * (4 - group.count)
            for place in 0..<(group.count - 1) {
                result.append(UInt8(truncatingIfNeeded: bits >> (16 - 8 * place)))
            }
        }
        return encode(result) == text ? result : nil
    }
}
