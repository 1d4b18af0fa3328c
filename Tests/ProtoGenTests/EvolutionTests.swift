import Testing

@testable import ProtoGen

/// A change of the sample schema, and the rule that it breaks; nil when it breaks none.
struct Change: CustomTestStringConvertible {
    let rule: EvolutionRule?
    let old: String
    let new: String
    let problem: String

    init(_ rule: EvolutionRule?, _ old: String, _ new: String, _ problem: String = "") {
        self.rule = rule
        self.old = old
        self.new = new
        self.problem = problem
    }

    var testDescription: String { "\(rule?.name ?? "free"): \(old) → \(new)" }

    static let breaking = [
        Change(
            .definitionsStay,
            "/// No reason given.\nreason REASON_REQUIRED",
            "/// Another.\nreason ELSEWHERE",
            "reason REASON_REQUIRED is gone"
        ),
        Change(
            .definitionsStay,
            "service Asking = 7",
            "service Questions = 7",
            "service Asking is gone"
        ),
        Change(
            .deletionReserves,
            "    /// Free.\n    10 note: string\n",
            "",
            "`note` of AskRequest is gone"
        ),
        Change(
            .deletionReserves,
            "    /// Free.\n    10 note: string\n",
            "    reserved 10\n",
            "`note` of AskRequest is gone"
        ),
        Change(
            .deletionReserves,
            "    /// Visits.\n    GUEST = 4\n",
            "    /// Leads.\n    CHIEF = 5\n",
            "`GUEST` of Role is gone"
        ),
        Change(
            .reservationsStay,
            "    reserved 9, old_name\n",
            "",
            "no longer reserves 9, old_name"
        ),
        Change(
            .reservationsStay,
            "    reserved 3, Forget\n",
            "    reserved 3\n",
            "no longer reserves Forget"
        ),
        Change(.numbersStay, "10 note:", "11 note:", "had the number 10"),
        Change(.numbersStay, "10 note:", "10 remark:", "the number 10 belongs to `note`"),
        Change(.numbersStay, "GUEST = 4", "VISITOR = 4", "the number 4 belongs to `GUEST`"),
        Change(.numbersStay, "service Asking = 7", "service Asking = 8", "had the number 7"),
        Change(.numbersStay, "method Tell = 1", "method Say = 1", "the number 1 belongs to `Tell`"),
        Change(.typesStay, "10 note: string", "10 note: bytes", "`note` of AskRequest was string"),
        Change(.typesStay, "10 note: string", "10 note: optional string", "was string"),
        Change(.typesStay, "list<Part>(1..5)", "Part", "was list<Part>"),
        Change(.limitsDontNarrow, "(1..64)", "(2..64)", "allowed 1…64"),
        Change(.limitsDontNarrow, "(1..64)", "(1..63)", "allowed 1…64"),
        Change(.limitsDontNarrow, "10 note: string", "10 note: string(..9)", "allowed everything"),
        Change(.limitsDontNarrow, "list<Part>(1..5)", "list<Part>(1..4)", "allowed 1…5"),
        Change(.limitsDontNarrow, "list<string(..8)>", "list<string(..7)>", "allowed at most 8"),
        Change(
            .limitsDontNarrow,
            "10 note: string",
            "10 note: string required REASON_REQUIRED",
            "wasn't required"
        ),
        Change(
            .newFieldsMayBeAbsent,
            "10 note: string",
            "10 note: string\n    /// New.\n    11 new: int32(1..5)",
            "doesn't allow its default"
        ),
        Change(
            .newFieldsMayBeAbsent,
            "10 note: string",
            "10 note: string\n    /// New.\n    11 new: Role",
            "has no value"
        ),
        Change(
            .newFieldsMayBeAbsent,
            "1 amount: int32(1..10)",
            "1 amount: int32(1..10)\n    /// New.\n    2 new: list<string>(1..)",
            "must have elements"
        ),
        Change(
            .newFieldsMayBeAbsent,
            "10 note: string",
            "10 note: string\n    /// New.\n    11 new: Part required REASON_REQUIRED",
            "is new and required"
        ),
        Change(.personalStays, "(..64) personal", "(..64)", "was personal"),
        Change(
            .methodMessagesStay,
            "Look = 2 (AskRequest)",
            "Look = 2 (AskReply)",
            "was (AskRequest) -> AskReply"
        ),
        Change(.kindsStay, "kind query inline", "kind watch", "was a query"),
        Change(
            .rightsDontNarrow,
            "roles staff, head else",
            "roles head else",
            "was open to staff, head"
        ),
        Change(
            .rightsDontNarrow,
            "roles any",
            "roles staff, head",
            "was open to anybody who has signed in"
        ),
        Change(.timeoutsDontShorten, "500ms max 60s", "400ms max 60s", "had 500 ms, at most 60 s"),
        Change(.timeoutsDontShorten, "500ms max 60s", "500ms max 50s", "had 500 ms, at most 60 s"),
        Change(
            .idempotencyDoesntWeaken,
            "idempotency request-id",
            "idempotency none",
            "had idempotency request-id"
        ),
        Change(
            .reasonsStay,
            "reason HEAD_REQUIRED: PERMISSION_DENIED",
            "reason HEAD_REQUIRED: UNAUTHENTICATED",
            "had status PERMISSION_DENIED"
        ),
        Change(.reasonsStay, "else HEAD_REQUIRED", "", "was refused with HEAD_REQUIRED"),
        Change(.reasonsStay, "required REASON_REQUIRED", "required OUT_OF_RANGE", "another reason"),
        Change(.reasonsStay, "unknown ROLE_REQUIRED", "", "another reason"),
    ]

    static let free = [
        Change(nil, "/// Free.", "/// Otherwise documented."),
        Change(nil, "10 note: string", "10 note: string personal"),
        Change(nil, "10 note: string", "10 note: string\n    /// New.\n    11 new: optional Role"),
        Change(nil, "1 number: uint64", "1 number: uint64\n    /// New.\n    2 new: Role"),
        Change(nil, "(1..64)", "(0..128)"),
        Change(nil, "(1..64)", ""),
        Change(nil, "required REASON_REQUIRED", ""),
        Change(nil, "GUEST = 4", "GUEST = 4\n    /// New.\n    MAYOR = 5"),
        Change(nil, "    /// Free.\n    10 note: string\n", "    reserved 10, note\n"),
        Change(nil, "roles staff, head else HEAD_REQUIRED", "roles any"),
        Change(nil, "roles any", "roles public"),
        Change(nil, "500ms max 60s", "5s max 90s"),
        Change(nil, "kind query inline", "kind query"),
    ]
}

struct EvolutionTests {
    @Test func anUnchangedSchemaKeepsAll() throws {
        let schema = try SampleSchema.schema()
        #expect(Evolution.breaks(from: schema, to: schema).isEmpty)
    }

    @Test(arguments: Change.breaking)
    func aBrokenRuleIsNamed(change: Change) throws {
        let text = SampleSchema.replacing(change.old, with: change.new)
        // What the new text no longer defines but uses is mended, so that the schema stays sound.
        let mended = text.replacing(
            "required REASON_REQUIRED",
            with: text.contains("reason REASON_REQUIRED") ? "required REASON_REQUIRED" : ""
        )
        let breaks = Evolution.breaks(
            from: try SampleSchema.schema(),
            to: try SampleSchema.schema(mended)
        )
        let found = try #require(breaks.first, "nothing was found")
        #expect(Set(breaks.map(\.rule)) == [try #require(change.rule)], "\(breaks)")
        #expect(found.problem.contains(change.problem), "\(found)")
        #expect(!found.remedy.isEmpty)
        #expect(found.description.contains(": \(found.rule.name): "))
        if found.rule != .definitionsStay {
            #expect(found.position.file == "sample.wire" && found.position.line > 1)
        } else {
            #expect(found.position.file == "baseline/sample.wire")
        }
    }

    @Test(arguments: Change.free)
    func whatIsFreeBreaksNothing(change: Change) throws {
        let text = SampleSchema.replacing(change.old, with: change.new)
        let breaks = Evolution.breaks(
            from: try SampleSchema.schema(),
            to: try SampleSchema.schema(text)
        )
        #expect(breaks.isEmpty, "\(breaks)")
    }

    @Test func everyRuleIsBrokenOnce() {
        #expect(Set(Change.breaking.compactMap(\.rule)) == Set(EvolutionRule.allCases))
    }
}
