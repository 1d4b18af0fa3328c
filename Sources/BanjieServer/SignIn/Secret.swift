internal import Digest

/// A secret of 256 random bits, in hexadecimal.
struct Secret {
    let text: String

    init(_ bytes: [UInt8]) { text = Hexadecimal.text(of: bytes) }

    /// What is kept of it: a plain SHA-256, since 256 random bits can't be searched.
    var digest: [UInt8] { Self.digest(of: text) }

    static func digest(of text: String) -> [UInt8] { SHA256.hash(Array(text.utf8)) }

    /// Compares digests in a time that doesn't depend on where they differ.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
