import Foundation
import PrivateFiles
import Sealing
import Testing

@Suite struct KeyFileTests {
    private let place = SealedPlace(table: "person", column: "phone", key: "42")

    @Test func aFileMadeIsRead() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/keys"
            try KeyFile.create(path)
            let ring = try KeyFile.read(path)
            let sealed = ring.seal([1, 2], for: place)
            #expect(try KeyFile.read(path).open(sealed, for: place) == [1, 2])
            #expect(throws: KeyFileError.self) { try KeyFile.create(path) }
            #expect(try KeyFile.read(path).open(sealed, for: place) == [1, 2])
        }
    }

    @Test func rotationKeepsTheOlderKeys() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/keys"
            try KeyFile.create(path)
            let before = try KeyFile.read(path)
            let old = before.seal([1], for: place)
            #expect(try KeyFile.addSealingKey(path) == 2)
            #expect(try KeyFile.addSealingKey(path) == 3)
            let after = try KeyFile.read(path)
            #expect(after.newestKey == 3)
            #expect(try after.open(old, for: place) == [1])
            #expect(try after.isOutdated(old))
            #expect(
                after.searchHash(of: [1], table: "a", column: "b")
                    == before.searchHash(of: [1], table: "a", column: "b")
            )
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["keys"])
        }
    }

    @Test func anOlderKeyIsTakenOut() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/keys"
            try KeyFile.create(path)
            let old = try KeyFile.read(path).seal([1], for: place)
            try KeyFile.addSealingKey(path)
            let new = try KeyFile.read(path).seal([2], for: place)
            for number: UInt32 in [2, 3, 0] {
                #expect(throws: KeyFileError.self) {
                    try KeyFile.removeSealingKey(number, from: path)
                }
            }
            try KeyFile.removeSealingKey(1, from: path)
            let ring = try KeyFile.read(path)
            #expect(ring.sealingKeys == [2])
            #expect(try ring.open(new, for: place) == [2])
            #expect(throws: SealingError.unknownKey(1)) { try ring.open(old, for: place) }
            #expect(
                try String(contentsOfFile: path, encoding: .utf8).hasPrefix("# The keys of Banjie")
            )
        }
    }

    @Test func keysAreRotatedWhileTheProgramRuns() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/keys"
            try KeyFile.create(path)
            let kept = try KeptKeyRing(path)
            let old = kept.current.seal([1], for: place)
            try KeyFile.addSealingKey(path)
            #expect(kept.current.newestKey == 1)
            try kept.reload()
            #expect(kept.current.newestKey == 2)
            #expect(try kept.current.open(old, for: place) == [1])
            // What may be sealed by the newest key isn't lost by a file of other keys, or none.
            try FileManager.default.removeItem(atPath: path)
            #expect(throws: KeyFileError.self) { try kept.reload() }
            try KeyFile.create(path)
            #expect(throws: KeyFileError.self) { try kept.reload() }
            #expect(kept.current.newestKey == 2)
            #expect(try kept.current.open(old, for: place) == [1])
        }
    }

    @Test func aFileOpenToOthersIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/keys"
            try KeyFile.create(path)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            #expect(throws: KeyFileError.file(.openToOthers(path, mode: 0o644))) {
                try KeyFile.read(path)
            }
        }
    }

    private static let digits = String(repeating: "0123456789abcDEF", count: 4)

    @Test func linesAreTakenInAnyOrderWithBlanksAndComments() throws {
        let text = """
            # a comment

              banjie-keys 1\r
            search 5 \(Self.digits)
            \tseal   4294967295   \(Self.digits)
            seal 1 \(String(repeating: "0", count: 64))
            """
        #expect(try read(text).newestKey == .max)
    }

    @Test(
        arguments: [
            ("", "has no seal key"),
            ("banjie-keys 2", "line 1: the first line must be \"banjie-keys 1\""),
            ("seal 1 \(digits)", "line 1: the first line must be"),
            ("banjie-keys 1\nseal 1 \(digits)", "has no search key"),
            ("banjie-keys 1\nsearch 1 \(digits)", "has no seal key"),
            ("banjie-keys 1\nsign 1 \(digits)", "line 2: a line is"),
            ("banjie-keys 1\nseal 1", "line 2: a line is"),
            ("banjie-keys 1\nseal 1 \(digits) 2", "line 2: a line is"),
            ("banjie-keys 1\nseal 0 \(digits)", "line 2: a key's number is"),
            ("banjie-keys 1\nseal 4294967296 \(digits)", "line 2: a key's number is"),
            ("banjie-keys 1\nseal -1 \(digits)", "line 2: a key's number is"),
            ("banjie-keys 1\nseal 1 \(digits)0", "line 2: a key has 64"),
            ("banjie-keys 1\nseal 1 \(digits.dropLast())", "line 2: a key has 64"),
            ("banjie-keys 1\nseal 1 \(digits.dropLast())g", "line 2: a key has 64"),
            ("banjie-keys 1\nseal 1 \(digits.dropLast())é", "line 2: a key has 64"),
            ("banjie-keys 1\nseal 1 \(digits)\n\nseal 1 \(digits)", "line 4: seal key 1 stands"),
        ]
    )
    func whatIsWrongIsSaidWithItsLine(text: String, problem: String) throws {
        let error = #expect(throws: KeyFileError.self) { try read(text) }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("0123456789") == false, "a key stands in the error")
    }

    @Test func bytesThatAreNoTextAreRefused() throws {
        #expect(throws: KeyFileError.self) { try read(bytes: [0xFF, 0xFE, 0x0A]) }
    }

    private func read(_ text: String) throws -> KeyRing { try read(bytes: Array(text.utf8)) }

    private func read(bytes: [UInt8]) throws -> KeyRing {
        try withTemporaryFolder { folder in
            try PrivateFile.create("\(folder)/keys", with: bytes)
            return try KeyFile.read("\(folder)/keys")
        }
    }
}
