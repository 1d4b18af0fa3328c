internal import COpenSSL

/// A key in memory that is overwritten when nobody holds it any more, and never printed.
package final class SecretBytes: Sendable, CustomStringConvertible {
    /// Immutable from the end of `init` to `deinit`, which nobody else can see: so it may be read by
    /// any thread.
    nonisolated(unsafe) private let bytes: UnsafeMutableRawBufferPointer

    /// A copy of `content`; overwriting the original is up to the caller.
    package init(_ content: some Collection<UInt8>) {
        bytes = .allocate(byteCount: content.count, alignment: 16)
        bytes.copyBytes(from: content)
    }

    /// A fresh random key.
    package init(randomCount count: Int) {
        bytes = .allocate(byteCount: count, alignment: 16)
        SecureRandom.fill(bytes)
    }

    deinit {
        OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        bytes.deallocate()
    }

    package var count: Int { bytes.count }

    /// The bytes, valid until `body` returns.
    package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        body(UnsafeBufferPointer(bytes.bindMemory(to: UInt8.self)))
    }

    /// Whether two keys are the same, in a time that doesn't depend on where they differ.
    package func equals(_ other: SecretBytes) -> Bool {
        count == other.count
            && CRYPTO_memcmp(bytes.baseAddress, other.bytes.baseAddress, count) == 0
    }

    package var description: String { "\(count) secret bytes" }
}
