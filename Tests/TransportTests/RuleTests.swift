import Foundation
import Testing

/// Every rule of WIRE.md is tested by a test that names it.
@Suite struct RuleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL

    @Test func `each numbered rule has a test of its name, and no test names another`() throws {
        let text = try String(
            contentsOf: Self.root.appending(path: "Protocol/WIRE.md"),
            encoding: .utf8
        )
        let stated = text.matches(of: /\*\*(W[0-9]+)\*\*/).map { String($0.1) }
        var tested: Set<String> = []
        let tests = Self.root.appending(path: "Tests")
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let source = try String(contentsOf: file, encoding: .utf8)
            for test in source.matches(of: /@Test\(\s*"((?:W[0-9]+(?:, )?)+):/) {
                tested.formUnion(test.1.split(separator: ", ").map(String.init))
            }
        }
        let rules = Set(stated)
        #expect(rules.count == 74)
        #expect(rules.subtracting(tested).sorted() == [])
        #expect(tested.subtracting(rules).sorted() == [])
    }
}
