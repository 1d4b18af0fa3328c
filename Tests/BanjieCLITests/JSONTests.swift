import Testing

@testable import BanjieCLI

struct JSONTests {
    private func parse(_ text: String) throws(JSONError) -> JSON {
        try JSON(parsing: Array(text.utf8)[...])
    }

    @Test func values() throws {
        let parsed = try parse(
            #" {"a":[1,-0.5e+3,true,false,null],"b":{}," ":"\"\\\/\b\f\n\r\t办"} "#
        )
        let expected: [JSON.Member] = [
            .init(
                key: "a",
                value: .array([
                    .number("1"), .number("-0.5e+3"), .boolean(true), .boolean(false), .null,
                ])
            ),
            .init(key: "b", value: .object([])),
            .init(key: " ", value: .string("\"\\/\u{8}\u{C}\n\r\t办")),
        ]
        #expect(parsed == .object(expected))
        #expect(try parse(#""\u529e\u7ed3\ud83d\uDCC5\u0041""#) == .string("办结📅A"))
        #expect(try parse("[]") == .array([]))
    }

    @Test(arguments: [
        ("", 0, JSONError.Fault.endOfText), ("  ", 2, .endOfText), ("[1,", 3, .endOfText),
        ("{\"a\"", 4, .endOfText), ("\"a", 2, .endOfText), ("-", 1, .endOfText),
        ("1.", 2, .endOfText),
        ("tru", 3, .endOfText), ("\"\\u12", 5, .endOfText),
        ("[1,]", 3, .unexpected), ("{,}", 1, .unexpected), ("{\"a\":1,}", 7, .unexpected),
        ("[1 2]", 3, .unexpected), ("1 2", 2, .unexpected), ("truE", 3, .unexpected),
        ("01", 1, .unexpected), ("+1", 0, .unexpected), ("'a'", 0, .unexpected),
        ("\u{feff}1", 0, .unexpected),
        ("NaN", 0, .unexpected), ("-a", 1, .badNumber), ("1.a", 2, .badNumber),
        ("1e ", 2, .badNumber),
        ("\"\u{1}\"", 1, .badString), ("\"\\x\"", 2, .badString), ("\"\\ud800\"", 7, .badString),
        ("\"\\udc00\\ud800\"", 7, .badString), ("\"\\ud800\\u0041\"", 13, .badString),
        ("\"\\u12g4\"", 5, .badString),
        ("{\"a\":1,\"a\":2}", 7, .repeatedKey("a")),
        ("{\"a\":1,\"\\u0061\":2}", 7, .repeatedKey("a")),
    ])
    func faults(text: String, offset: Int, fault: JSONError.Fault) {
        #expect(throws: JSONError(offset: offset, fault: fault)) { try parse(text) }
    }

    @Test func depthIsLimited() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        _ = try parse(nested(16))
        #expect(throws: JSONError(offset: 16, fault: .tooDeep)) { try parse(nested(17)) }
        #expect(throws: JSONError(offset: 16, fault: .tooDeep)) { try parse(nested(1_000_000)) }
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
    ])
    func bytesThatAreNotUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError(offset: 1, fault: .badString)) { try JSON(parsing: bytes[...]) }
    }

    @Test func everyPrefixIsRefused() {
        let text = Array(
            #"{"from":"2026-03-02","pauses":[["2026-03-03",null],[true,-1.5e3,"\u529e"]]}"#.utf8
        )
        for length in text.indices {
            #expect(throws: JSONError(offset: length, fault: .endOfText)) {
                try JSON(parsing: text[..<length])
            }
        }
    }

    @Test func anyByteMayBeWrong() throws {
        let text = Array(#"{"from":"2026-03-02","days":20,"pauses":[["2026-03-03",null]]}"#.utf8)
        var parsed = 0
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                if (try? JSON(parsing: changed[...])) != nil { parsed += 1 }
            }
        }
        // At least the text as it is, once for each place.
        #expect(parsed >= text.count)
    }

    @Test func integers() throws {
        #expect(try parse("20").integer(in: 0...20) == 20)
        #expect(try parse("-20").integer(in: -20...0) == -20)
        #expect(try parse("21").integer(in: 0...20) == nil)
        for text in ["1.0", "1e1", "99999999999999999999", "\"1\"", "true"] {
            #expect(try parse(text).integer(in: 0...Int.max) == nil)
        }
    }

    @Test(arguments: ["", "plain", "\"\\\n\u{0}\u{1F}\u{7F}", "办结 📅", "a\r\nb"])
    func quotedTextReadsBack(text: String) throws {
        var output = OutputBuffer()
        output.append(quoting: text)
        #expect(try JSON(parsing: output.bytes[...]) == .string(text))
    }

    @Test func linesComeWholeHoweverTheyAreCut() {
        let text = Array("one\n\ntwo\r\nthree".utf8)
        for cut in text.indices {
            var splitter = LineSplitter()
            var lines = splitter.lines(in: Array(text[..<cut]))
            lines += splitter.lines(in: Array(text[cut...]))
            let whole = (lines + [splitter.lastLine].compactMap { $0 }).map { line in
                if case .whole(let bytes) = line {
                    String(decoding: bytes, as: UTF8.self)
                } else {
                    ""
                }
            }
            #expect(whole == ["one", "", "two\r", "three"])
        }
    }

    @Test func longLinesAreNotKept() {
        var splitter = LineSplitter()
        let chunk = [UInt8](repeating: 0x20, count: LineSplitter.lengthMax)
        #expect(splitter.lines(in: chunk).isEmpty)
        #expect(splitter.lines(in: chunk).isEmpty)
        #expect(splitter.lastLine == .tooLong)
        #expect(splitter.lines(in: Array("x\nnext\n".utf8)).first == .tooLong)
        #expect(splitter.lastLine == nil)
    }
}
