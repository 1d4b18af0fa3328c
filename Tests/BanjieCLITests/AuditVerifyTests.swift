import Store
import Testing

@testable import BanjieCLI

struct AuditVerifyTests {
    private static let head = AuditHead(sequence: 7, hash: [UInt8](repeating: 0xAB, count: 32))
    private static let hash = String(repeating: "ab", count: 32)

    private func verify(
        _ options: String = "",
        language: Language = .english,
        _ answer: @escaping AuditAnswer
    ) async -> Outcome {
        await run("audit verify --store s \(options)", language: language, audits: ["s": answer])
    }

    @Test func anIntactLog() async {
        let bare = await verify { _ in .intact(Self.head) }
        #expect(bare.status == .success)
        #expect(bare.lines[0] == "intact: 7 entries, head 7:\(Self.hash)")
        #expect(bare.lines[1].contains("--head"))
        // The head reaches the verification.
        let anchored = await verify("--head 7:\(Self.hash)") { expected in
            expected == Self.head ? .intact(Self.head) : .broken(.rewritten(sequence: 7))
        }
        #expect(anchored.status == .success)
        #expect(anchored.lines.count == 1)
        let json = await verify("--json") { _ in .intact(Self.head) }
        #expect(json.output == "{\"intact\":true,\"sequence\":7,\"head\":\"7:\(Self.hash)\"}\n")
    }

    @Test(
        "damage",
        arguments: [
            (AuditDamage.changed(sequence: 41), "CHANGED"), (.missing(sequence: 41), "MISSING"),
            (.reordered(sequence: 41, expected: 42), "REORDERED"),
            (.cut(after: 41, expected: 43), "CUT"), (.rewritten(sequence: 41), "REWRITTEN"),
            (.unreadable(after: 41, reason: "x"), "UNREADABLE"),
        ]
    )
    func damage(damage: AuditDamage, code: String) async {
        for language in Language.allCases {
            let outcome = await verify(language: language) { _ in .broken(damage) }
            #expect(outcome.status == .dataError)
            #expect(outcome.output.contains("41"))
            #expect(outcome.output.isChinese == (language == .chinese))
        }
        let json = await verify("--json") { _ in .broken(damage) }
        #expect(json.status == .dataError)
        #expect(json.output.hasPrefix("{\"intact\":false,\"damage\":\"\(code)\","))
    }

    @Test(
        "stores that can't be checked",
        arguments: [
            (StoreError.failed("no such file"), BanjieCLI.ExitStatus.notFound),
            (.schema("no store"), .dataError), (.busy("locked"), .tryAgain),
            (.corrupt("torn"), .dataError),
        ]
    )
    func failures(error: StoreError, status: BanjieCLI.ExitStatus) async {
        let outcome = await verify { _ throws(StoreError) in throw error }
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(error.reason))
        #expect(outcome.output.isEmpty)
    }

    @Test func badHeads() async {
        for head in ["7", "7:ab", "x:\(Self.hash)", "7:\(Self.hash)00"] {
            #expect(await run("audit verify --store s --head \(head)").status == .usage)
        }
        #expect(await run("audit verify").status == .usage)
    }
}
