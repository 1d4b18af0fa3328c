/// Ids under which commands are carried out at most once.
enum RequestID {
    /// A UUID of version 7 (RFC 9562, section 5.7): later ones sort after earlier ones.
    static func make(
        atMilliseconds milliseconds: UInt64,
        random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &random)
        let low = 1 << 63 | UInt64.random(in: 0..<(1 << 62), using: &random)
        return [high, low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
        }
    }

    /// How people read an id: 16 bytes as a UUID, others in hexadecimal digits.
    static func text(of id: [UInt8]) -> String {
        let digits = Hexadecimal.text(of: id)
        guard id.count == 16 else { return digits }
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }
}
