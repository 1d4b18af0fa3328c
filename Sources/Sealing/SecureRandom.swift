internal import COpenSSL

/// Random numbers that nobody can foretell, from OpenSSL's generator.
package struct SecureRandom: RandomNumberGenerator, Sendable {
    package init() {}

    package mutating func next() -> UInt64 {
        var number: UInt64 = 0
        withUnsafeMutableBytes(of: &number) { Self.fill($0) }
        return number
    }

    /// `count` random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { fill($0) }
        return bytes
    }

    /// Overwrites `bytes` with random ones.
    package static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        let status = RAND_bytes(base.assumingMemoryBound(to: UInt8.self), Int32(bytes.count))
        // To go on without randomness would be worse than to stop.
        precondition(status == 1, "the system gives no randomness")
    }
}
