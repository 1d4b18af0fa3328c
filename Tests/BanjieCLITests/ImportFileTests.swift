import BanjieProtocol
import Testing

@testable import BanjieCLI

@Suite struct ImportFileTests {
    /// `code,name⏎JT-01,岗位①€𠮷⏎` in GB 18030, by Python's codec.
    private static let gb18030: [UInt8] =
        Array("code,name\r\nJT-01,".utf8)
        + [0xB8, 0xDA, 0xCE, 0xBB, 0xA2, 0xD9, 0xA2, 0xE3, 0x95, 0x34, 0xB2, 0x35, 0x0D, 0x0A]

    private func file(_ bytes: [UInt8]) -> ImportFile {
        ImportFile(bytes, named: "posts.csv", of: .posts, in: .english)
    }

    @Test func spreadsheetsInGB18030AreRead() {
        let file = file(Self.gb18030)
        #expect(file.problems == [])
        #expect(file.rows.map(\.row.post?.name) == ["岗位①€𠮷"])
        #expect(file.rows.map(\.line) == [2])
    }

    @Test func utf8IsReadAsUTF8() {
        let file = file([0xEF, 0xBB, 0xBF] + Array("code,name\nJT-01,岗位①€𠮷\n".utf8))
        #expect(file.problems == [])
        #expect(file.rows.map(\.row.post?.name) == ["岗位①€𠮷"])
    }

    @Test(
        "bytes that are in neither encoding are told, and bring nothing",
        arguments: [[0xFF], [0xB8], [0x95, 0x34, 0xB2], [0x41, 0x80], [0xE3, 0x31, 0xFF, 0x30]]
    )
    func others(bytes: [UInt8]) {
        let file = file(Array("code,name\nJT-01,".utf8) + bytes)
        #expect(file.rows.isEmpty)
        #expect(file.problems.map(\.message) == ["the file is neither UTF-8 nor GB 18030"])
    }
}
