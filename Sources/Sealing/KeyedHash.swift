internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1).
package enum HMACSHA256 {
    /// The length of a hash, in bytes.
    package static let byteCount = 32

    /// The keyed hash of `message`.
    package static func hash(_ message: [UInt8], key: SecretBytes) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: byteCount)
        var length = UInt32(byteCount)
        let result = key.withBytes { key in
            HMAC(
                EVP_sha256(),
                key.baseAddress,
                Int32(key.count),
                message,
                message.count,
                &hash,
                &length
            )
        }
        precondition(result != nil && length == byteCount, "libcrypto offers no HMAC-SHA-256")
        return hash
    }
}
