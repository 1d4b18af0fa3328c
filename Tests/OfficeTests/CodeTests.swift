import SeededRandom
import CivilTime
import Deadlines
import RuleTesting
import Testing

@testable import Office

/// Unified social credit codes, item codes and case serials.
@Suite struct CodeTests {
    /// The standard's own example, and codes that organisations bear.
    static let creditCodes = [
        "91350100M000100Y43", "9144030071526726XG", "914403001922038216", "91330100799655058B",
        "91110000802100433B", "91440300708461136T", "12100000400000624D", "911100001000044477",
    ]
    static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")

    @Test(arguments: creditCodes) func aCreditCodeInUseIsRight(_ text: String) throws {
        #expect(try CreditCode(text).description == text)
    }

    @Test(arguments: creditCodes) func everyWrongCharacterIsFound(_ text: String) {
        for position in text.indices {
            for character in Self.alphabet where character != text[position] {
                var wrong = text
                wrong.replaceSubrange(position...position, with: [character])
                #expect(throws: CodeProblem.self, "\(wrong)") { try CreditCode(wrong) }
            }
        }
    }

    @Test(arguments: creditCodes) func everyExchangeOfTwoNeighboursIsFound(_ text: String) {
        let characters = Array(text)
        for index in 0..<16 where characters[index] != characters[index + 1] {
            var wrong = characters
            wrong.swapAt(index, index + 1)
            #expect(throws: CodeProblem.self) { try CreditCode(String(wrong)) }
        }
    }

    @Test(
        arguments: ["I", "O", "S", "V", "Z", "a", "-", " ", "\u{0}", "０", "é", "中"] as [Character]
    )
    func aCharacterOutsideTheAlphabetIsNamed(_ character: Character) {
        let text = "9135\(character)100M000100Y43"
        #expect(throws: CodeProblem.character(character, position: 5)) { try CreditCode(text) }
    }

    @Test func aCharacterThatOnlyLooksRightIsntTaken() throws {
        // U+212A, the Kelvin sign, is canonically equivalent to K, but another character.
        let body = "91350100K000100Y4"
        let right = body + String(try CreditCode.checkCharacter(for: body))
        #expect(throws: Never.self) { try CreditCode(right) }
        let wrong = String(right.map { $0 == "K" ? "\u{212A}" : $0 })
        #expect(throws: CodeProblem.self) { try CreditCode(wrong) }
        // A digit with an accent lies between two digits, and is none.
        let accented = "91350100M000100Y431" + "00011234500\u{30}\u{301}"
        #expect(throws: CodeProblem.self) { try ItemCode(accented) }
    }

    @Test(arguments: ["", "9", "91350100M000100Y4", "91350100M000100Y430"])
    func aCreditCodeHasEighteenCharacters(_ text: String) {
        #expect(throws: CodeProblem.length(expected: 18, found: text.count)) {
            try CreditCode(text)
        }
    }

    @Test func theCheckCharacterIsNamed() {
        #expect(throws: CodeProblem.checkCharacter(expected: "3")) {
            try CreditCode("91350100M000100Y44")
        }
    }

    @Test(arguments: seeds) func aCodeIsCompletedByOneCharacter(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let body = String(
                (0..<17).map { _ in Self.alphabet.randomElement(using: &random) ?? "0" }
            )
            let right = Self.alphabet.filter { (try? CreditCode(body + String($0))) != nil }
            #expect(right == [try CreditCode.checkCharacter(for: body)], "seed \(seed) \(body)")
        }
    }

    @Test(arguments: ["1000112345000", "9ABCDEFGHIJKL", "4ZZ0011223344"])
    func anItemCodeIsACreditCodeALevelAndABasicCode(_ rest: String) throws {
        let text = "91350100M000100Y43" + rest
        #expect(try ItemCode(text).description == text)
    }

    @Test(
        arguments: [
            ("91350100M000100Y4310001123450", .length(expected: 31, found: 29)),
            ("91350100M000100Y4310001123450000", .length(expected: 31, found: 32)),
            ("91350100M000100Y441000112345000", .checkCharacter(expected: "3")),
            ("91350100M000100Y430000112345000", .character("0", position: 19)),
            ("91350100M000100Y43A000112345000", .character("A", position: 19)),
            ("91350100M000100Y43100011234500a", .character("a", position: 31)),
            ("91350100M000100Y431-00112345000", .character("-", position: 20)),
        ] as [(String, CodeProblem)]
    )
    func anItemCodeThatIsntOneIsRefused(_ text: String, _ problem: CodeProblem) {
        #expect(throws: problem) { try ItemCode(text) }
    }

    @Test(arguments: [
        (1, "0001"), (42, "0042"), (9999, "9999"),
    ])
    func aSerialIsTheItemTheDayAndANumber(_ number: Int, _ digits: String) throws {
        let serial = CaseSerial(
            item: try ItemCode(Matter.itemCode),
            day: "2026-03-02",
            number: number
        )
        #expect(serial.description == Matter.itemCode + "20260302" + digits)
    }

    // MARK: Items

    @Test func aPromiseIsNeverLongerThanTheLawAllows() {
        #expect(throws: Refusal.promiseExceedsStatutory(promised: 25, statutory: 20)) {
            try item(statutory: 20, promised: 25)
        }
        #expect(throws: Never.self) { try item(statutory: 20, promised: 20) }
    }

    @Test func anItemIsPublishedUnderACheckedCode() {
        #expect(
            throws: Refusal.badCode(field: "code", problem: .length(expected: 31, found: 1))
        ) { try item(code: "X", statutory: 20, promised: 25) }
    }

    private func item(
        code: String = Matter.itemCode,
        statutory: Int32,
        promised: Int32
    ) throws(Refusal) -> ItemRecord {
        try ItemRecord(
            code: code,
            version: 1,
            name: "item",
            department: "LEAD",
            statutoryDays: statutory,
            promisedDays: promised,
            isInstant: false,
            isJoint: false,
            at: "2026-03-02"
        )
    }
}
