import Testing

@testable import ProtoGen

/// A way to spoil the sample schema, and what is said about it.
struct Spoilt: CustomTestStringConvertible {
    let old: String
    let new: String
    /// Text on the line that is blamed, when it isn't the replaced one.
    let blamed: String?
    let problem: String

    init(_ old: String, _ new: String, blamed: String? = nil, _ problem: String) {
        self.old = old
        self.new = new
        self.blamed = blamed
        self.problem = problem
    }

    var testDescription: String { problem }

    static let notation = [
        Spoilt("/// A schema for tests.\n", "", blamed: "reason OUT", "touches what follows"),
        Spoilt("    /// How many.\n", "", blamed: "1 amount", "a field has no documentation"),
        Spoilt("/// A part.", "///", "the documentation is empty"),
        Spoilt("/// A part.\n", "/// A part.\n\n", blamed: "/// A part.", "stands apart"),
        Spoilt("message Part {", "massage Part {", "`massage` begins no definition"),
        Spoilt("1 amount: int32", "amount: int32", "stands where the field's number should"),
        Spoilt("1 amount: int32", "1 amount int32", "`:` is missing before `int32`"),
        Spoilt("(1..10)", "(1-10)", "`..` is missing before `-10`"),
        Spoilt("personal", "private", "`private` isn't a mark of a field"),
        Spoilt("list<string(..8)>", "list<list<string>>", "elements of a list are values"),
        Spoilt("optional date", "optional list<date>", "`optional` stands before a list"),
        Spoilt("kind command", "kind order", "`order` isn't a method's kind"),
        Spoilt("        kind command\n", "", blamed: "method Tell", "method Tell lacks `kind`"),
        Spoilt("timeout 500ms max", "timeout 500 max", "`500` stands where the default timeout"),
        Spoilt("500ms", "500min", "500min isn't a span of time"),
        Spoilt("500ms", "99999999999999999999ms", "doesn't fit into 64 bits"),
        Spoilt("idempotency safe", "idempotency perhaps", "`perhaps` isn't an idempotency"),
        Spoilt("idempotency safe", "kind query", "`kind` is stated twice"),
        Spoilt("idempotency safe", "audience all", "`audience` isn't a clause of a method"),
        Spoilt("reserved 9, old_name", "reserved (9)", "`(` can't be reserved"),
        Spoilt("STAFF = 1", "STAFF = one", "stands where the value's number should"),
        Spoilt("STAFF = 1", "STAFF ; 1", "`;` has no meaning here"),
        Spoilt(
            "reserved 3, Forget\n}",
            "reserved 3, Forget\n",
            blamed: "",
            "the file ends too early"
        ),
        Spoilt(
            "/// A part.\n",
            "import \"other.wire\"\n/// A part.\n",
            blamed: "import",
            "a definition has no documentation"
        ),
    ]

    static let meaning = [
        Spoilt(
            "reason HEAD_REQUIRED: PERMISSION_DENIED",
            "reason HEAD_REQUIRED: FORBIDDEN",
            "`FORBIDDEN` isn't a status"
        ),
        Spoilt("reason HEAD_REQUIRED", "reason HeadRequired", "isn't in UPPER_SNAKE_CASE"),
        Spoilt(
            "reason UNDECODABLE",
            "reason OUT_OF_RANGE",
            "the reason `OUT_OF_RANGE` is defined at"
        ),
        Spoilt(
            "reason UNDECODABLE",
            "reason GIBBERISH",
            blamed: "message Part",
            "there is no reason `UNDECODABLE`"
        ),
        Spoilt("STAFF = 1", "STAFF = 0", "the number 0 of `STAFF` of Role is out of range"),
        Spoilt("HEAD = 2", "HEAD = 1", "the number 1 of `HEAD` of Role is taken"),
        Spoilt("STAFF = 1", "STAFF = 8", blamed: "HEAD = 2", "comes after 8"),
        Spoilt("HEAD = 2", "HEAD = 3", "the number 3 of `HEAD` of Role is reserved"),
        Spoilt("HEAD = 2", "CLERK = 2", "the name of `CLERK` of Role is reserved"),
        Spoilt("HEAD = 2", "STAFF = 2", "the name of `STAFF` of Role is taken"),
        Spoilt("HEAD = 2", "head = 2", "the value `head` isn't in UPPER_SNAKE_CASE"),
        Spoilt("message AskReply", "message Part", "the name `Part` is taken by a definition"),
        Spoilt("message AskReply", "message Optional", "is taken by the runtime"),
        Spoilt("message AskReply", "message ask_reply", "isn't in UpperCamelCase"),
        Spoilt(
            "message AskReply",
            "message AskingClient",
            blamed: "service Asking",
            "`AskingClient` is taken"
        ),
        Spoilt("1 name: string", "1 theName: string", "isn't in lower_snake_case"),
        Spoilt("1 name: string", "1 unknown_fields: string", "a field can't be called"),
        Spoilt("10 note: string", "536870912 note: string", "is out of range"),
        Spoilt("10 note: string", "19500 note: string", "protobuf keeps the numbers"),
        Spoilt(
            "10 note: string",
            "9 note: string",
            "the number 9 of `note` of AskRequest is reserved"
        ),
        Spoilt(
            "10 note: string",
            "10 old_name: string",
            "the name of `old_name` of AskRequest is reserved"
        ),
        Spoilt("10 note: string", "10 note: Nothing", "there is no type `Nothing`"),
        Spoilt("10 note: string", "10 note: string(5..2)", "allow nothing"),
        Spoilt(
            "10 note: string",
            "10 note: string(-1..2)",
            "the limit -1 of `note` lies outside its type"
        ),
        Spoilt("10 note: string", "10 note: string(..)", "the limits are empty"),
        Spoilt("10 note: string", "10 note: bool(0..1)", "a value of type bool has no limits"),
        Spoilt("10 note: string", "10 note: uint32(0..4294967296)", "lies outside its type"),
        Spoilt(
            "10 note: string",
            "10 note: string required NOTHING",
            "there is no reason `NOTHING`"
        ),
        Spoilt(
            "10 note: string",
            "10 note: optional string required REASON_REQUIRED",
            "both optional and required"
        ),
        Spoilt("10 note: string", "10 note: bool required REASON_REQUIRED", "would always be true"),
        Spoilt("10 note: string", "10 note: string unknown UNKNOWN_VALUE", "isn't an enum"),
        Spoilt("10 note: string", "10 note: optional Part", "`optional` stands before a message"),
        Spoilt(
            "10 note: string",
            "10 note: AskRequest",
            blamed: "message AskRequest",
            "AskRequest holds itself"
        ),
        Spoilt("service Asking = 7", "service Asking = 65536", "out of range"),
        Spoilt(
            "method Look = 2",
            "method Look = 3",
            "the number 3 of `Look` of Asking is reserved"
        ),
        Spoilt("method Look = 2 (AskRequest)", "method Look = 2 (Role)", "`Role` is an enum"),
        Spoilt(
            "roles staff, head",
            "roles staff, mayor",
            blamed: "method Tell",
            "there is no role `mayor`"
        ),
        Spoilt(
            "roles staff, head",
            "roles staff, staff",
            blamed: "method Tell",
            "a role is named twice"
        ),
        Spoilt("500ms max 60s", "90s max 60s", blamed: "method Tell", "is longer than its longest"),
        Spoilt("500ms max 60s", "0s max 60s", blamed: "method Tell", "is out of range"),
        Spoilt(
            "idempotency safe",
            "idempotency none",
            blamed: "method Look",
            "if and only if it is a query"
        ),
        Spoilt(
            "kind command",
            "kind command inline",
            blamed: "method Tell",
            "only a query can be `inline`"
        ),
    ]
}

struct SchemaErrorTests {
    @Test func theSampleIsSound() {
        #expect(SampleSchema.errors(SampleSchema.text).isEmpty)
    }

    @Test(arguments: Spoilt.notation + Spoilt.meaning)
    func anErrorNamesItsLineAndARemedy(spoilt: Spoilt) throws {
        let text = SampleSchema.replacing(spoilt.old, with: spoilt.new)
        let errors = SampleSchema.errors(text)
        let error = try #require(errors.first { $0.problem.contains(spoilt.problem) }, "\(errors)")
        let line: Int?
        switch spoilt.blamed {
        case nil: line = SampleSchema.line(of: spoilt.old, in: SampleSchema.text)
        case "": line = text.split(separator: "\n", omittingEmptySubsequences: false).count
        case let blamed?: line = SampleSchema.line(of: blamed, in: text)
        }
        #expect(error.position.line == line, "\(error)")
        #expect(error.position.file == "sample.wire" && error.position.column >= 1)
        #expect(!error.remedy.isEmpty)
        #expect(error.description.hasPrefix("sample.wire:\(error.position.line):"))
    }

    @Test func columnsAreCountedInCharacters() throws {
        let text = SampleSchema.replacing("1 amount: int32", with: "1 amount int32")
        let error = try #require(SampleSchema.errors(text).first)
        #expect(error.position.column == 14)
    }

    @Test func typesOfOtherFilesMustBeImported() throws {
        let common =
            "/// Common.\n\n" + SampleSchema.text.dropFirst("/// A schema for tests.\n\n".count)
        let other =
            "/// Other.\n\n/// Uses.\nmessage Uses {\n    /// A part.\n    1 part: Part\n}\n"
        func errors(_ text: String) -> [SchemaError] {
            do {
                _ = try SchemaLoader.schema(from: [("common.wire", common), ("other.wire", text)])
                return []
            } catch {
                guard case .unsound(let errors) = error else { return [] }
                return errors
            }
        }
        let error = try #require(errors(other).first)
        #expect(error.position == Position(file: "other.wire", line: 6, column: 7))
        #expect(error.remedy.contains("import \"common.wire\""))
        let imported = other.replacing("/// Uses.", with: "import \"common.wire\"\n\n/// Uses.")
        #expect(errors(imported).isEmpty)
        let misspelt = other.replacing("/// Uses.", with: "import \"comon.wire\"\n\n/// Uses.")
        #expect(errors(misspelt).contains { $0.problem.contains("no schema file `comon.wire`") })
    }
}
