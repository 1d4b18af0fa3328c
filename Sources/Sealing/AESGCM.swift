internal import COpenSSL

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D), with nonces of 12 bytes and tags of 16.
package enum AESGCM {
    package static let keyBytes = 32
    package static let nonceBytes = 12
    package static let tagBytes = 16
    /// The longest text sealed in one piece: far below what the mode allows (64 GiB), within what the
    /// library counts by an `int`.
    package static let longestText = 1 << 30

    /// Looked up once: the library's own look-up takes a lock each time.
    private struct Cipher: @unchecked Sendable {
        /// Never changed nor freed, and safe to be used by several threads (`EVP_CIPHER_fetch(3)`).
        let pointer: OpaquePointer

        init() {
            guard let pointer = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil) else {
                preconditionFailure("libcrypto offers no AES-256-GCM")
            }
            self.pointer = pointer
        }
    }

    private static let cipher = Cipher()

    /// The ciphertext of `text`, and behind it the tag.
    ///
    /// - Parameter nonce: must never be used twice with one key.
    /// - Parameter context: authenticated with the text, and not part of the result.
    package static func seal(
        _ text: [UInt8],
        key: SecretBytes,
        nonce: [UInt8],
        context: [UInt8]
    ) -> [UInt8] {
        precondition(text.count <= longestText, "what is sealed was bounded before")
        let session = begin(key, nonce, encrypting: 1)
        defer { EVP_CIPHER_CTX_free(session) }
        var sealed = [UInt8](repeating: 0, count: text.count + tagBytes)
        var length: Int32 = 0
        var last: Int32 = 0
        let isSealed =
            EVP_EncryptUpdate(session, nil, &length, context, Int32(context.count)) == 1
            && EVP_EncryptUpdate(session, &sealed, &length, text, Int32(text.count)) == 1
            && EVP_EncryptFinal_ex(session, nil, &last) == 1
        precondition(isSealed && Int(length) == text.count && last == 0, "AES-256-GCM failed")
        let isTagged = sealed.withUnsafeMutableBytes { bytes in
            EVP_CIPHER_CTX_ctrl(
                session,
                EVP_CTRL_AEAD_GET_TAG,
                Int32(tagBytes),
                bytes.baseAddress.map { $0 + text.count }
            )
        }
        precondition(isTagged == 1, "AES-256-GCM gave no tag")
        return sealed
    }

    /// The text that was sealed; nil when the bytes, the key, the nonce or the context aren't what
    /// they were.
    package static func open(
        _ sealed: ArraySlice<UInt8>,
        key: SecretBytes,
        nonce: [UInt8],
        context: [UInt8]
    ) -> [UInt8]? {
        guard sealed.count >= tagBytes, sealed.count - tagBytes <= longestText else { return nil }
        let ciphertext = [UInt8](sealed.dropLast(tagBytes))
        var tag = [UInt8](sealed.suffix(tagBytes))
        let session = begin(key, nonce, encrypting: 0)
        defer { EVP_CIPHER_CTX_free(session) }
        var text = [UInt8](repeating: 0, count: ciphertext.count)
        var length: Int32 = 0
        var last: Int32 = 0
        let isOpened =
            EVP_DecryptUpdate(session, nil, &length, context, Int32(context.count)) == 1
            && EVP_DecryptUpdate(session, &text, &length, ciphertext, Int32(ciphertext.count)) == 1
            && EVP_CIPHER_CTX_ctrl(session, EVP_CTRL_AEAD_SET_TAG, Int32(tagBytes), &tag) == 1
        precondition(isOpened, "AES-256-GCM failed")
        // What was decrypted before the tag was checked is worth nothing, and goes nowhere.
        guard EVP_DecryptFinal_ex(session, nil, &last) == 1 else {
            text.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
            ERR_clear_error()
            return nil
        }
        return text
    }

    private static func begin(
        _ key: SecretBytes,
        _ nonce: [UInt8],
        encrypting: Int32
    ) -> OpaquePointer {
        precondition(key.count == keyBytes && nonce.count == nonceBytes, "lengths of AES-256-GCM")
        guard let session = EVP_CIPHER_CTX_new() else { preconditionFailure("out of memory") }
        let status = key.withBytes { key in
            EVP_CipherInit_ex2(session, cipher.pointer, key.baseAddress, nonce, encrypting, nil)
        }
        precondition(status == 1, "AES-256-GCM can't begin")
        return session
    }
}
