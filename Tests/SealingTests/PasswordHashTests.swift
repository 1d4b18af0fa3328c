import Sealing
import Testing

@Suite struct PasswordHashTests {
    /// As little as there can be, for tests of everything but the cost.
    private static let cheap = Scrypt.Cost(logarithmicCost: 4, blockSize: 8, parallelization: 1)

    @Test func recognizesItsPasswordAndNoOther() throws {
        let cost = try #require(Self.cheap)
        let hash = PasswordHash(of: "办结 correct horse", cost: cost)
        #expect(hash.matches("办结 correct horse"))
        for other in ["", "办结 correct hors", "办结 correct horse ", "办结 Correct horse"] {
            #expect(!hash.matches(other))
        }
        #expect(!PasswordHash.unmatchable(cost: cost).matches(""))
        #expect(PasswordHash(of: "", cost: cost).matches(""))
    }

    @Test func saltsEachHash() throws {
        let cost = try #require(Self.cheap)
        let one = PasswordHash(of: "secret", cost: cost)
        let other = PasswordHash(of: "secret", cost: cost)
        #expect(one.stored != other.stored)
    }

    @Test func standsInTextWithItsCost() throws {
        let cost = try #require(Self.cheap)
        let hash = PasswordHash(of: "secret", cost: cost)
        #expect(hash.stored.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(hash.stored.utf8.count == "$scrypt$ln=4,r=8,p=1$".utf8.count + 22 + 1 + 43)
        let read = try #require(PasswordHash(stored: hash.stored))
        #expect(read == hash)
        #expect(read.matches("secret"))
        #expect(read.isOutdated)
        #expect(!PasswordHash(of: "secret").isOutdated)
    }

    /// A hash made by Python's `hashlib.scrypt`, from the password `banjie` and the salt 0…15.
    @Test func recognizesWhatAnotherImplementationMade() throws {
        let stored =
            "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$Gulkjp/VM1hKoueP0CiZhNBUUSUzXiVLJVApmuHgz/0"
        let hash = try #require(PasswordHash(stored: stored))
        #expect(hash.matches("banjie"))
        #expect(!hash.matches("banjie "))
        #expect(hash.stored == stored)
    }

    @Test func refusesTextThatIsNone() throws {
        let cost = try #require(Self.cheap)
        let stored = PasswordHash(of: "secret", cost: cost).stored
        let broken = [
            "", "$", "$scrypt$", stored + "$", "x" + stored,
            stored.replacing("scrypt", with: "bcrypt"),
            stored.replacing("ln=4", with: "ln=04"),
            stored.replacing("ln=4", with: "ln=+4"),
            stored.replacing("ln=4", with: "ln="),
            stored.replacing("ln=4", with: "ln=99999999999999999999"),
            stored.replacing("ln=4,r=8", with: "r=8,ln=4"),
            stored.replacing("ln=4", with: "ln=20"),
            stored.replacing("p=1", with: "p=-1"),
        ]
        for text in broken { #expect(PasswordHash(stored: text) == nil, "\(text)") }
        for length in 0..<stored.count {
            #expect(PasswordHash(stored: String(stored.prefix(length))) == nil)
        }
        // The last character of the key holds two bits that nobody would read.
        let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let spellings = characters.filter {
            PasswordHash(stored: stored.dropLast() + "\($0)") != nil
        }
        #expect(spellings.count == 16)
        #expect(PasswordHash(stored: stored.dropLast() + "=") == nil)
        #expect(PasswordHash(stored: stored.dropLast() + " ") == nil)
    }
}
