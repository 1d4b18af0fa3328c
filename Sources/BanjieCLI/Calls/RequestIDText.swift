import Digest
import BanjieClient

extension RequestID {
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
