import Testing

@testable import BanjieCLI

struct CompletionTests {
    private func candidates(_ words: String...) -> [String] {
        Completion(root: CommandTree.root).candidates(for: words)
    }

    @Test func commands() {
        #expect(candidates("ca") == ["case", "campaign", "calendar", "call"])
        #expect(candidates("case", "with") == ["withdraw"])
        #expect(candidates("directory", "item", "") == ["publish", "show", "list"])
        #expect(candidates("") == CommandTree.root.members.map(\.name))
        #expect(candidates("nothing", "x").isEmpty)
        #expect(candidates().isEmpty)
    }

    @Test func sharedOptionsBeforeTheCommandAreSkipped() {
        #expect(
            candidates("--server", "case", "--json", "case", "acc") == [
                "accept", "accept-with-gap",
            ]
        )
    }

    @Test func options() {
        #expect(
            candidates("case", "pause", "S1", "--re") == ["--reason", "--realm", "--request-id"]
        )
        #expect(
            candidates("case", "pause", "--reason", "HEARING", "S1", "--re")
                == ["--realm", "--request-id"]
        )
        #expect(candidates("case", "pause", "--reason=HEARING", "--reas").isEmpty)
        // What may be repeated is offered again.
        #expect(candidates("deadline", "arm", "--rungs", "RED", "--ru") == ["--rungs"])
        #expect(candidates("case", "pause", "--he") == ["--help"])
        #expect(candidates("--he") == ["--help"])
    }

    @Test func values() {
        #expect(candidates("case", "pause", "S1", "--reason", "A") == ["AUCTION", "APPRAISAL"])
        #expect(candidates("call", "Diag") == ["Diagnostics/Echo", "Diagnostics/Status"])
        #expect(candidates("case", "pause", "S1", "--planned-days", "").isEmpty)
        #expect(candidates("case", "show", "").isEmpty)
        #expect(candidates("call", "Diagnostics/Status", "{").isEmpty)
        #expect(candidates("calendar", "due", "--from", "2026-03-02", "") == ["-"])
    }

    @Test func theProgramAnswersTheShells() async {
        let outcome = await run([
            "completion", "words", "--", "case", "pause", "S1", "--reason", "",
        ])
        #expect(outcome.status == .success)
        #expect(outcome.lines.contains("EXPERT_REVIEW"))
        #expect(
            await run(["completion", "words", "--", "clock", ""]).lines == ["advance", "confirm"]
        )
    }
}
