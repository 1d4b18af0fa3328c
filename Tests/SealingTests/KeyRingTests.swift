import Sealing
import SeededRandom
import Testing

@Suite struct KeyRingTests {
    private static func key(_ number: UInt32, _ byte: UInt8) -> KeyRing.Key {
        KeyRing.Key(
            number: number,
            secret: SecretBytes([UInt8](repeating: byte, count: AESGCM.keyBytes))
        )
    }

    private let ring = KeyRing(sealing: [key(7, 1)], searching: [key(1, 2)])
    private let place = SealedPlace(table: "person", column: "phone", key: "42")

    @Test func opensWhatItSealedWhereItWasSealed() throws {
        for text in [
            [], [0], Array("110101199003070035".utf8), [UInt8](repeating: 9, count: 70_000),
        ] {
            let sealed = ring.seal(text, for: place)
            #expect(sealed.count == text.count + KeyRing.overhead)
            #expect(try ring.open(sealed, for: place) == text)
            #expect(try KeyRing.keyNumber(of: sealed) == 7)
        }
    }

    @Test func sealsTheSameTextDifferently() {
        let text = Array("王建国".utf8)
        let seals = (0..<100).map { _ in ring.seal(text, for: place) }
        #expect(Set(seals).count == seals.count)
    }

    @Test func aValueCannotBeMoved() throws {
        let sealed = ring.seal([1, 2, 3], for: place)
        let others = [
            SealedPlace(table: "person", column: "phone", key: "43"),
            SealedPlace(table: "person", column: "name", key: "42"),
            SealedPlace(table: "applicant", column: "phone", key: "42"),
            // The same letters, cut elsewhere.
            SealedPlace(table: "personp", column: "hone", key: "42"),
            SealedPlace(table: "person", column: "phone4", key: "2"),
            SealedPlace(table: "", column: "personphone", key: "42"),
        ]
        for other in others {
            #expect(throws: SealingError.notAuthentic(key: 7)) {
                try ring.open(sealed, for: other)
            }
        }
    }

    @Test func everyChangedBitAndEveryCutIsRefused() throws {
        let sealed = ring.seal(Array("secret".utf8), for: place)
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            let expected: SealingError =
                switch bit / 8 {
                case 0: .notSealed
                case 1...4: .unknownKey(try KeyRing.keyNumber(of: changed))
                default: .notAuthentic(key: 7)
                }
            #expect(throws: expected) { try ring.open(changed, for: place) }
        }
        for length in 0..<sealed.count {
            let expected: SealingError =
                length < KeyRing.overhead ? .notSealed : .notAuthentic(key: 7)
            #expect(throws: expected) { try ring.open(Array(sealed[..<length]), for: place) }
        }
        #expect(throws: SealingError.notAuthentic(key: 7)) {
            try ring.open(sealed + [0], for: place)
        }
    }

    @Test func bytesThatWereNeverSealedAreRefused() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...80, using: &generator)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Half of them get beyond the header.
            if count >= 5, Bool.random(using: &generator) {
                bytes.replaceSubrange(0..<5, with: [1, 0, 0, 0, 7])
            }
            #expect(throws: SealingError.self) { try ring.open(bytes, for: place) }
        }
    }

    @Test func anOlderKeyOpensAndTheNewestSeals() throws {
        let rotated = KeyRing(
            sealing: [Self.key(7, 1), Self.key(9, 3), Self.key(8, 4)],
            searching: [Self.key(1, 2)]
        )
        let old = ring.seal([5], for: place)
        #expect(rotated.newestKey == 9)
        #expect(try rotated.open(old, for: place) == [5])
        #expect(try rotated.isOutdated(old))
        let new = rotated.seal([5], for: place)
        #expect(try KeyRing.keyNumber(of: new) == 9)
        #expect(try !rotated.isOutdated(new))
        #expect(throws: SealingError.unknownKey(9)) { try ring.open(new, for: place) }
        // The same number elsewhere doesn't make it the same key.
        let other = KeyRing(sealing: [Self.key(9, 1)], searching: [Self.key(1, 2)])
        #expect(throws: SealingError.notAuthentic(key: 9)) { try other.open(new, for: place) }
    }

    @Test func searchHashesDependOnKeyAndPlaceAlone() {
        let text = Array("13800138000".utf8)
        let hash = ring.searchHash(of: text, table: "person", column: "phone")
        #expect(hash.count == HMACSHA256.byteCount)
        #expect(hash == ring.searchHash(of: text, table: "person", column: "phone"))
        #expect(hash != ring.searchHash(of: text, table: "person", column: "fax"))
        #expect(hash != ring.searchHash(of: text, table: "personp", column: "hone"))
        #expect(hash != ring.searchHash(of: text + [0], table: "person", column: "phone"))
        let rotated = KeyRing(
            sealing: [Self.key(7, 1)],
            searching: [Self.key(1, 2), Self.key(2, 6)]
        )
        let hashes = rotated.searchHashes(of: text, table: "person", column: "phone")
        #expect(hashes.count == 2)
        #expect(hashes[0] == rotated.searchHash(of: text, table: "person", column: "phone"))
        #expect(hashes[1] == hash)
    }

    @Test func secretsAreNotPrinted() {
        let secret = SecretBytes([0xAB, 0xCD])
        #expect("\(secret)" == "2 secret bytes")
        #expect(secret.equals(SecretBytes([0xAB, 0xCD])))
        #expect(!secret.equals(SecretBytes([0xAB, 0xCE])))
        #expect(!secret.equals(SecretBytes([0xAB])))
        #expect(!SecretBytes(randomCount: 32).equals(SecretBytes(randomCount: 32)))
    }
}
