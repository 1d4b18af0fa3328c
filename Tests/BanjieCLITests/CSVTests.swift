import Testing

@testable import BanjieCLI

@Suite struct CSVTests {
    @Test(
        arguments: [
            ("", []), ("a", [["a"]]), ("a,b\n", [["a", "b"]]),
            ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
            ("a,\n,b\n", [["a", ""], ["", "b"]]), ("\n\na\n\n", [["a"]]),
            ("\"a,b\",c\n", [["a,b", "c"]]), ("\"a\nb\"\r\nc\n", [["a\nb"], ["c"]]),
            ("\"say \"\"hi\"\"\"\n", [["say \"hi\""]]), ("\"\",x\n", [["", "x"]]),
            ("王,é\u{301},\u{1F600}\n", [["王", "é\u{301}", "\u{1F600}"]]),
        ] as [(String, [[String]])]
    )
    func recordsAreRead(_ text: String, _ cells: [[String]]) throws {
        #expect(try CSV.records(of: text).map(\.cells) == cells)
    }

    @Test func recordsKnowTheirLines() throws {
        let records = try CSV.records(of: "a\n\n\"b\nc\"\r\nd\n")
        #expect(records.map(\.line) == [1, 3, 5])
    }

    @Test(
        arguments: [
            ("a\n\"b", .openQuote(line: 2)), ("a\"b\n", .strayQuote(line: 1)),
            ("\"a\"b\n", .strayQuote(line: 1)), ("\"", .openQuote(line: 1)),
        ] as [(String, CSV.Fault)]
    )
    func whatIsBrokenIsTold(_ text: String, _ fault: CSV.Fault) {
        #expect(throws: fault) { try CSV.records(of: text) }
    }
}
