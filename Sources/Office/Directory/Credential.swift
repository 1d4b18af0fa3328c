import CivilTime
package import Store

/// What a person signs in with.
package struct CredentialRecord: Record, Hashable {
    package enum Proof: Hashable, Sendable {
        /// SHA-256 of a secret: 256 random bits that the server drew, so that a plain digest can't be
        /// searched.
        case secret(digest: [UInt8])
        /// What is kept of a password, in text: the hash with its salt and cost.
        case password(hash: String)
    }

    /// The login.
    package let key: String
    package let proof: Proof

    package init(login: String, proof: Proof) {
        key = login
        self.proof = proof
    }

    package static let table = Table(
        "credential",
        key: [Column("login", .text)],
        columns: [
            // Empty where there is a password.
            Column("secret_digest", .digest),
            Column("password_hash", .text, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        switch proof {
        case .secret(let digest):
            row.digest(digest)
            row.null()
        case .password(let hash):
            row.digest([])
            row.text(hash)
        }
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        let digest = try row.blob()
        let hash = try row.optionalText()
        switch (digest.isEmpty, hash) {
        case (false, nil): proof = .secret(digest: digest)
        case (true, let hash?): proof = .password(hash: hash)
        default: throw row.mismatch("a secret or a password", .blob(digest))
        }
    }
}

/// What a password must be.
package enum PasswordRule {
    package static let length = 12...200

    /// - Throws: `weakPassword`.
    package static func check(_ password: String, login: String) throws(Refusal) {
        guard length.contains(password.count) else { throw .weakPassword(.length) }
        let folded = password.lowercased()
        if !login.isEmpty, folded.contains(login.lowercased()) { throw .weakPassword(.login) }
        if Set(password).count < 5 { throw .weakPassword(.repetitive) }
        if isSecret(password) { throw .weakPassword(.secret) }
    }

    /// Whether a text has the form of a secret that the server draws: 64 hexadecimal digits.
    package static func isSecret(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// What is wrong with one.
    package enum Weakness: Hashable, Sendable {
        case length
        /// It contains the login.
        case login
        /// It has fewer than five different characters.
        case repetitive
        /// It has the form of a secret.
        case secret
    }
}
