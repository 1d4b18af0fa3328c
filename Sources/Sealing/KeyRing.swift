/// Where a value lies. A sealed value opens only there, so that nobody who can write to the database
/// can move one person's into another's record.
package struct SealedPlace: Hashable, Sendable {
    package let table: String
    package let column: String
    /// The record's key.
    package let key: String

    package init(table: String, column: String, key: String) {
        self.table = table
        self.column = column
        self.key = key
    }

    /// The place in bytes, which no other place has.
    fileprivate var bytes: [UInt8] { Self.join([table, column, key]) }

    /// Parts with their lengths before them: `ab`, `c` isn't `a`, `bc`.
    fileprivate static func join(_ parts: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { [UInt8]($0) }
            bytes += part.utf8
        }
        return bytes
    }
}

/// The keys by which values are sealed, opened and searched for.
///
/// A sealed value is: format, 1 byte, which is 1 · the key's number, 4 bytes, the highest first ·
/// nonce, 12 bytes · ciphertext, as long as the text · tag, 16 bytes. The format and the key's number
/// are authenticated with the place. The newest key seals, each of them opens what it has sealed. As
/// nonces are random, a key is good for 2³² values (NIST SP 800-38D, 8.3): rotate it before.
package final class KeyRing: Sendable {
    /// A key and its number, by which sealed values name it.
    package struct Key: Sendable {
        package let number: UInt32
        let secret: SecretBytes

        package init(number: UInt32, secret: SecretBytes) {
            precondition(secret.count == AESGCM.keyBytes, "keys have 32 bytes")
            self.number = number
            self.secret = secret
        }
    }

    /// How many bytes a sealed value has more than its text.
    package static let overhead = headerBytes + AESGCM.nonceBytes + AESGCM.tagBytes
    private static let headerBytes = 5
    private static let format: UInt8 = 1

    /// Newest first, at least one.
    private let sealing: [Key]
    private let searching: [Key]

    /// - Precondition: there is a key of each kind, and no number twice within a kind.
    package init(sealing: [Key], searching: [Key]) {
        for keys in [sealing, searching] {
            precondition(!keys.isEmpty, "a ring has keys")
            precondition(Set(keys.map(\.number)).count == keys.count, "a number names one key")
        }
        self.sealing = sealing.sorted { $0.number > $1.number }
        self.searching = searching.sorted { $0.number > $1.number }
    }

    /// The number of the key that seals.
    package var newestKey: UInt32 { sealing[0].number }

    /// The numbers of the keys that open, the newest first.
    package var sealingKeys: [UInt32] { sealing.map(\.number) }

    /// The number of the key under whose hashes values are kept.
    package var newestSearchingKey: UInt32 { searching[0].number }

    // MARK: - Sealing

    /// Seals a value for a place, by the newest key. Two seals of one text differ.
    package func seal(_ text: [UInt8], for place: SealedPlace) -> [UInt8] {
        let key = sealing[0]
        let header = [Self.format] + withUnsafeBytes(of: key.number.bigEndian) { [UInt8]($0) }
        let nonce = SecureRandom.bytes(AESGCM.nonceBytes)
        let sealed = AESGCM.seal(
            text,
            key: key.secret,
            nonce: nonce,
            context: header + place.bytes
        )
        return header + nonce + sealed
    }

    /// Opens a value that was sealed for a place.
    package func open(
        _ sealed: [UInt8],
        for place: SealedPlace
    ) throws(SealingError) -> [UInt8] {
        let number = try Self.keyNumber(of: sealed)
        guard let key = sealing.first(where: { $0.number == number }) else {
            throw .unknownKey(number)
        }
        let content = sealed.dropFirst(Self.headerBytes)
        let text = AESGCM.open(
            content.dropFirst(AESGCM.nonceBytes),
            key: key.secret,
            nonce: [UInt8](content.prefix(AESGCM.nonceBytes)),
            context: sealed.prefix(Self.headerBytes) + place.bytes
        )
        guard let text else { throw .notAuthentic(key: number) }
        return text
    }

    /// The number of the key by which a value was sealed, as it says itself.
    package static func keyNumber(of sealed: [UInt8]) throws(SealingError) -> UInt32 {
        guard sealed.count >= overhead, sealed[0] == format else { throw .notSealed }
        return sealed[1..<headerBytes].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Whether a value was sealed by an older key than the one that seals now.
    package func isOutdated(_ sealed: [UInt8]) throws(SealingError) -> Bool {
        try Self.keyNumber(of: sealed) != newestKey
    }

    // MARK: - Searching

    /// The hash under which a value is kept, to be found again: by the newest searching key.
    ///
    /// It is bound to the table and column, so that equal values of two columns can't be told.
    package func searchHash(of text: [UInt8], table: String, column: String) -> [UInt8] {
        Self.searchHash(of: text, table, column, key: searching[0])
    }

    /// Every hash under which a value may have been kept, by all searching keys, the newest first.
    package func searchHashes(of text: [UInt8], table: String, column: String) -> [[UInt8]] {
        searching.map { Self.searchHash(of: text, table, column, key: $0) }
    }

    private static func searchHash(
        of text: [UInt8],
        _ table: String,
        _ column: String,
        key: Key
    ) -> [UInt8] {
        HMACSHA256.hash(SealedPlace.join([table, column]) + text, key: key.secret)
    }
}
