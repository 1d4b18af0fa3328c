internal import COpenSSL

/// What is kept of a password: enough to recognize it, by scrypt, with a salt and the cost beside it.
package struct PasswordHash: Hashable, Sendable {
    private static let saltBytes = 16
    private static let keyBytes = 32

    package let cost: Scrypt.Cost
    private let salt: [UInt8]
    private let key: [UInt8]

    /// The hash of a password, with a fresh salt. Takes the time that `cost` stands for, about 0.2 s.
    package init(of password: String, cost: Scrypt.Cost = .standard) {
        self.cost = cost
        salt = SecureRandom.bytes(Self.saltBytes)
        key = Self.derive(from: password, salt: salt, cost: cost)
    }

    /// A hash that no password has: judged in the place of one that there isn't, it takes as long.
    package static func unmatchable(cost: Scrypt.Cost = .standard) -> PasswordHash {
        PasswordHash(
            cost: cost,
            salt: SecureRandom.bytes(saltBytes),
            key: SecureRandom.bytes(keyBytes)
        )
    }

    private init(cost: Scrypt.Cost, salt: [UInt8], key: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.key = key
    }

    private static func derive(
        from password: String,
        salt: [UInt8],
        cost: Scrypt.Cost
    ) -> [UInt8] {
        Scrypt.derive(keyBytes, from: Array(password.utf8), salt: salt, cost: cost)
    }

    /// Whether this is the password's. Takes the time that the cost stands for, whatever the answer.
    package func matches(_ password: String) -> Bool {
        let candidate = Self.derive(from: password, salt: salt, cost: cost)
        return CRYPTO_memcmp(candidate, key, Self.keyBytes) == 0
    }

    /// Whether it should be made anew at the next occasion, since hashes cost otherwise by now.
    package var isOutdated: Bool { cost != .standard }

    // MARK: - Stored

    /// The hash in text: `$scrypt$ln=15,r=8,p=3$SALT$KEY`, with the base-2 logarithm of N, and base64
    /// without padding.
    package var stored: String {
        "$scrypt$ln=\(cost.logarithmicCost),r=\(cost.blockSize),p=\(cost.parallelization)"
            + "$\(Self.base64(salt))$\(Self.base64(key))"
    }

    /// Takes the text of `stored`; nil when it isn't one, or asks for more than is believed.
    package init?(stored: String) {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let cost = Self.cost(parts[2]),
            let salt = Self.bytes(parts[3], count: Self.saltBytes),
            let key = Self.bytes(parts[4], count: Self.keyBytes)
        else { return nil }
        self.init(cost: cost, salt: salt, key: key)
    }

    private static func cost(_ text: Substring) -> Scrypt.Cost? {
        let names = ["ln", "r", "p"]
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == names.count else { return nil }
        var numbers: [Int] = []
        for (name, part) in zip(names, parts) {
            guard part.hasPrefix("\(name)=") else { return nil }
            let digits = part.dropFirst(name.count + 1)
            guard let number = Int(digits), String(number) == digits else { return nil }
            numbers.append(number)
        }
        return Scrypt.Cost(
            logarithmicCost: numbers[0],
            blockSize: numbers[1],
            parallelization: numbers[2]
        )
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let length = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        let isPadding = { (byte: UInt8) in byte == UInt8(ascii: "=") }
        return String(decoding: text.prefix(Int(length)).prefix { !isPadding($0) }, as: UTF8.self)
    }

    private static func bytes(_ text: Substring, count: Int) -> [UInt8]? {
        guard text.utf8.count == (count * 4 + 2) / 3 else { return nil }
        let padded =
            Array(text.utf8) + Array(repeating: UInt8(ascii: "="), count: (3 - count % 3) % 3)
        var bytes = [UInt8](repeating: 0, count: padded.count / 4 * 3)
        guard EVP_DecodeBlock(&bytes, padded, Int32(padded.count)) >= count else {
            ERR_clear_error()
            return nil
        }
        let content = Array(bytes.prefix(count))
        // One text stands for one hash: no blanks, no bits that nobody reads.
        return base64(content) == text ? content : nil
    }
}
