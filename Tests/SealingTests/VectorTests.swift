import Sealing
import Testing

/// RFC 7914, section 12. Its last vector takes a gigabyte, more than is ever believed.
@Suite struct ScryptTests {
    struct Vector: Sendable {
        let password: String
        let salt: String
        let logarithmicCost: Int
        let blockSize: Int
        let parallelization: Int
        let key: String
    }

    static let vectors = [
        Vector(
            password: "",
            salt: "",
            logarithmicCost: 4,
            blockSize: 1,
            parallelization: 1,
            key: """
                77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442
                fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                """
        ),
        Vector(
            password: "password",
            salt: "NaCl",
            logarithmicCost: 10,
            blockSize: 8,
            parallelization: 16,
            key: """
                fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162
                2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                """
        ),
        Vector(
            password: "pleaseletmein",
            salt: "SodiumChloride",
            logarithmicCost: 14,
            blockSize: 8,
            parallelization: 1,
            key: """
                7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2
                d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
                """
        ),
    ]

    @Test(arguments: vectors) func derivesTheKeyOfTheVector(vector: Vector) throws {
        let cost = try #require(
            Scrypt.Cost(
                logarithmicCost: vector.logarithmicCost,
                blockSize: vector.blockSize,
                parallelization: vector.parallelization
            )
        )
        let key = Scrypt.derive(
            64,
            from: Array(vector.password.utf8),
            salt: Array(vector.salt.utf8),
            cost: cost
        )
        #expect(key == Hex(stringLiteral: vector.key).bytes)
    }

    @Test(
        arguments: [
            (0, 8, 1), (25, 1, 1), (15, 0, 1), (15, 8, 0), (15, 65, 1), (15, 8, 65), (-1, 8, 1),
            // As much as would take more than 256 MiB, or isn't N < 2^(128 r / 8).
            (20, 8, 1), (18, 8, 1), (16, 1, 1),
        ]
    )
    func costsThatAreNotBelieved(cost: (Int, Int, Int)) {
        #expect(
            Scrypt.Cost(
                logarithmicCost: cost.0,
                blockSize: cost.1,
                parallelization: cost.2
            ) == nil
        )
    }
}

/// Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), which NIST's
/// SP 800-38D rests on: those for keys of 256 bits with nonces of 96.
@Suite struct AESGCMTests {
    struct Vector: Sendable {
        let key: String
        let nonce: String
        let context: String
        let text: String
        let sealed: String
    }

    private static let key = "feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308"
    private static let text = """
        d9313225f88406e5a55909c5aff5269a 86a7a9531534f7da2e4c303d8a318a72
        1c3c0c95956809532fcf0e2449a6b525 b16aedf5aa0de657ba637b39
        """
    private static let ciphertext = """
        522dc1f099567d07f47f37a32a84427d 643a8cdcbfe5c0c97598a2bd2555d1aa
        8cb08e48590dbb3da7b08b1056828838 c5f61e6393ba7a0abcc9f662
        """

    static let vectors = [
        Vector(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            context: "",
            text: "",
            sealed: "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        Vector(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            context: "",
            text: String(repeating: "0", count: 32),
            sealed: "cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919"
        ),
        Vector(
            key: key,
            nonce: "cafebabefacedbaddecaf888",
            context: "",
            text: text + "1aafd255",
            sealed: ciphertext + "898015ad b094dac5d93471bdec1a502270e3cc6c"
        ),
        Vector(
            key: key,
            nonce: "cafebabefacedbaddecaf888",
            context: "feedfacedeadbeeffeedfacedeadbeef abaddad2",
            text: text,
            sealed: ciphertext + "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test(arguments: vectors) func sealsAndOpensTheVector(vector: Vector) {
        let key = SecretBytes(Hex(stringLiteral: vector.key).bytes)
        let nonce = Hex(stringLiteral: vector.nonce).bytes
        let context = Hex(stringLiteral: vector.context).bytes
        let text = Hex(stringLiteral: vector.text).bytes
        let sealed = Hex(stringLiteral: vector.sealed).bytes
        #expect(AESGCM.seal(text, key: key, nonce: nonce, context: context) == sealed)
        #expect(AESGCM.open(sealed[...], key: key, nonce: nonce, context: context) == text)
        #expect(AESGCM.open(sealed[...], key: key, nonce: nonce, context: context + [0]) == nil)
    }
}

/// RFC 4231, section 4.
@Suite struct HMACTests {
    struct Vector: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let hash: String
    }

    static let vectors = [
        Vector(
            key: [UInt8](repeating: 0x0B, count: 20),
            message: Array("Hi There".utf8),
            hash: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        Vector(
            key: Array("Jefe".utf8),
            message: Array("what do ya want for nothing?".utf8),
            hash: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        Vector(
            key: [UInt8](repeating: 0xAA, count: 20),
            message: [UInt8](repeating: 0xDD, count: 50),
            hash: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        Vector(
            key: [UInt8](repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            hash: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]

    @Test(arguments: vectors) func hashesTheVector(vector: Vector) {
        let hash = HMACSHA256.hash(vector.message, key: SecretBytes(vector.key))
        #expect(hash == Hex(stringLiteral: vector.hash).bytes)
    }
}
