internal import COpenSSL

/// scrypt (RFC 7914): a key from a password, costly in time and memory to whoever tries many.
package enum Scrypt {
    /// What one derivation costs: about 128 × `blockSize` × 2^`logarithmicCost` bytes of memory, and
    /// `parallelization` times the work of filling them.
    package struct Cost: Hashable, Sendable {
        /// The base-2 logarithm of RFC 7914's N.
        package let logarithmicCost: Int
        /// RFC 7914's r.
        package let blockSize: Int
        /// RFC 7914's p.
        package let parallelization: Int

        /// The most memory that a derivation may take: what a stored value asks for is believed up to
        /// here.
        package static let mostMemory = 256 << 20

        /// Nil when a derivation would take more than `mostMemory`, or the numbers aren't scrypt's.
        package init?(logarithmicCost: Int, blockSize: Int, parallelization: Int) {
            guard (1...24).contains(logarithmicCost), (1...64).contains(blockSize),
                (1...64).contains(parallelization),
                // RFC 7914, 2: N < 2^(128 × r / 8).
                logarithmicCost < 16 * blockSize
            else { return nil }
            self.logarithmicCost = logarithmicCost
            self.blockSize = blockSize
            self.parallelization = parallelization
            guard memory <= Self.mostMemory else { return nil }
        }

        private init(_ logarithmicCost: Int, _ blockSize: Int, _ parallelization: Int) {
            self.logarithmicCost = logarithmicCost
            self.blockSize = blockSize
            self.parallelization = parallelization
        }

        /// 32 MiB, three times over: one of the settings of equal strength in OWASP's Password Storage
        /// Cheat Sheet, and the one of them that suits a thread beside others.
        package static let standard = Cost(15, 8, 3)

        /// In bytes.
        package var memory: Int {
            128 * blockSize * ((1 << logarithmicCost) + parallelization + 2)
        }
    }

    /// `count` bytes from a password and its salt. Takes the time that `cost` stands for.
    package static func derive(
        _ count: Int,
        from password: [UInt8],
        salt: [UInt8],
        cost: Cost
    ) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: count)
        let status = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.assumingMemoryBound(to: CChar.self).baseAddress,
                password.count,
                salt,
                salt.count,
                UInt64(1) << UInt64(cost.logarithmicCost),
                UInt64(cost.blockSize),
                UInt64(cost.parallelization),
                UInt64(cost.memory + 1 << 20),
                &key,
                count
            )
        }
        precondition(status == 1, "scrypt failed: out of memory")
        return key
    }
}
