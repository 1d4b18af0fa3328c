internal import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that are all at hand.
package enum SHA256 {
    /// The length of a digest, in bytes.
    package static let byteCount = 32

    /// The digest of `bytes`.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var stream = SHA256Stream()
        stream.update(bytes)
        return stream.finish()
    }

    /// The digest of `bytes`.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }
}

/// SHA-256 of bytes that come piece by piece; after `finish` it begins anew.
///
/// Holds one context of the library for its whole life, so that a digest allocates nothing when it
/// is written into the caller's memory.
package struct SHA256Stream: ~Copyable {
    private let context: OpaquePointer

    package init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        self.context = context
        begin(with: EVP_sha256())
    }

    deinit { EVP_MD_CTX_free(context) }

    /// With the algorithm only the first time: looking it up costs more than a short digest.
    private func begin(with algorithm: OpaquePointer? = nil) {
        let status = EVP_DigestInit_ex(context, algorithm, nil)
        precondition(status == 1, "libcrypto offers no SHA-256")
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(status == 1, "SHA-256 failed")
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Writes the digest of everything since the last `finish`, and begins anew.
    ///
    /// - Precondition: `digest` has `SHA256.byteCount` bytes.
    package mutating func finish(into digest: UnsafeMutableRawBufferPointer) {
        precondition(digest.count == SHA256.byteCount)
        let status = EVP_DigestFinal_ex(
            context,
            digest.baseAddress?.assumingMemoryBound(to: UInt8.self),
            nil
        )
        precondition(status == 1, "SHA-256 failed")
        begin()
    }

    /// The digest of everything since the last `finish`; begins anew.
    package mutating func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
        digest.withUnsafeMutableBytes { finish(into: $0) }
        return digest
    }
}
