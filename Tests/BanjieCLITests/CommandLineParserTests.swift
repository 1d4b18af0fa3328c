import CivilTime
import Testing

@testable import BanjieCLI

/// A small tree with every kind of operand and option.
private let tree = CommandGroup(
    "tool",
    Text("A tool.", "工具。"),
    [
        .group(
            CommandGroup(
                "box",
                Text("Boxes.", "箱子。"),
                [
                    .command(
                        Command(
                            "open",
                            Text("Opens one.", "打开一个。"),
                            operands: [
                                CommandOperand("BOX", .integer(1...9), Text("the box", "箱子")),
                                CommandOperand(
                                    "KEY",
                                    .text,
                                    Text("its key", "钥匙"),
                                    isRequired: false
                                ),
                            ],
                            options: [
                                CommandOption("day", .date, Text("when", "何时"), isRequired: true),
                                CommandOption(
                                    "colour",
                                    .choice(of: ["RED", "BLUE"]),
                                    Text("its colour", "颜色"),
                                    isRepeatable: true
                                ),
                                CommandOption(
                                    "depth",
                                    .integer(-5...5),
                                    Text("how deep", "多深"),
                                    variable: "DEPTH",
                                    fallback: "2"
                                ),
                                CommandOption(flag: "slowly", Text("take time", "慢慢来")),
                            ] + CommandOption.shared,
                            run: { _ in .success }
                        )
                    )
                ]
            )
        )
    ]
)

private func parse(
    _ line: String,
    variables: [String: String] = [:]
) throws(UsageFailure) -> CommandLineRequest {
    try CommandLineParser(root: tree) { variables[$0] }
        .request(for: line.split(separator: " ").map(String.init))
}

private func values(
    _ line: String,
    variables: [String: String] = [:]
) throws -> ArgumentValues {
    guard case .run(let command, let path, let values) = try parse(line, variables: variables)
    else {
        Issue.record("\(line) runs nothing")
        throw CancellationError()
    }
    #expect(command.name == "open")
    #expect(path == ["box", "open"])
    return values
}

struct CommandLineParserTests {
    @Test func valuesOfEveryKind() throws {
        let values = try values(
            "box open 7 --day=2026-03-02 k --colour red --slowly --colour BLUE --depth -3"
        )
        #expect(values.required("BOX", .integer(1...9)) == 7)
        #expect(values.value("KEY", .text) == "k")
        #expect(values.required("day", .date) == CivilDate("2026-03-02"))
        #expect(values.all("colour", .choice(of: ["RED", "BLUE"])) == ["RED", "BLUE"])
        #expect(values.required("depth", .integer(-5...5)) == -3)
        #expect(values.has("slowly"))
        #expect(!values.has("json"))
    }

    @Test func whatIsntGivenComesFromTheEnvironmentOrAFallback() throws {
        let bare = "box open 1 --day 2026-03-02"
        #expect(try values(bare).required("depth", .integer(-5...5)) == 2)
        let set = ["DEPTH": "4", "BANJIE_LOGIN": ""]
        #expect(try values(bare, variables: set).required("depth", .integer(-5...5)) == 4)
        #expect(try values(bare, variables: set).value("login", .text) == nil)
        let given = try values(bare + " --depth 1", variables: set)
        #expect(given.required("depth", .integer(-5...5)) == 1)
    }

    @Test func sharedOptionsMayStandBeforeTheCommand() throws {
        let values = try values("--login ana --json box --timeout=2s open 1 --day 2026-03-02")
        #expect(values.value("login", .text) == "ana")
        #expect(values.value("timeout", .milliseconds) == 2000)
        #expect(values.has("json"))
    }

    @Test func whatFollowsTwoDashesAreOperands() throws {
        let values = try values("box open --day 2026-03-02 -- 3 --key")
        #expect(values.value("KEY", .text) == "--key")
        #expect(try self.key("box open --day 2026-03-02 3 -") == "-")
    }

    private func key(_ line: String) throws -> String? {
        try values(line).value("KEY", .text)
    }

    @Test(
        "command lines that are wrong",
        arguments: [
            ("", UsageError.missingCommand(group: "", names: ["box"])),
            ("box", .missingCommand(group: "box", names: ["open"])),
            ("bxo open", .unknownCommand("bxo", group: "", nearest: "box")),
            ("zebra", .unknownCommand("zebra", group: "", nearest: nil)),
            ("box opne", .unknownCommand("opne", group: "box", nearest: "open")),
            ("--colour RED box open", .unknownOption("--colour", nearest: nil)),
            ("--sever x box open", .unknownOption("--sever", nearest: "server")),
            ("box open 1 --dya 2026-03-02", .unknownOption("--dya", nearest: "day")),
            ("box open 1 --dya=2026-03-02", .unknownOption("--dya", nearest: "day")),
            ("box open 1 -d", .unknownOption("-d", nearest: nil)),
            ("box open 1 --slowly=yes", .unexpectedValue(option: "slowly", found: "yes")),
            ("box open 1 --slowly --slowly", .repeatedOption("slowly")),
            ("box open 1 --depth 1 --depth 1", .repeatedOption("depth")),
            ("box open 1 --day", .missingValue(option: "day", expected: date)),
            ("box open 1 --day --json", .missingValue(option: "day", expected: date)),
            ("box open 1", .missingOption("day", expected: date)),
            (
                "box open --day 2026-03-02",
                .missingOperand("BOX", expected: Text("the box", "箱子"))
            ),
            ("box open 1 2 3 --day 2026-03-02", .unexpectedOperand("3")),
            (
                "box open 0 --day 2026-03-02",
                .badValue("BOX", found: "0", expected: digits, nearest: nil)
            ),
            (
                "box open 1 --day 2026-02-29",
                .badValue("--day", found: "2026-02-29", expected: date, nearest: nil)
            ),
            (
                "box open 1 --colour bleu",
                .badValue(
                    "--colour",
                    found: "bleu",
                    expected: Text("one of RED, BLUE", "RED, BLUE 之一"),
                    nearest: "BLUE"
                )
            ),
            ("help box close", .unknownCommand("close", group: "box", nearest: nil)),
            ("help box open lid", .unexpectedOperand("lid")),
        ]
    )
    func errors(line: String, error: UsageError) {
        #expect { try parse(line) } throws: { ($0 as? UsageFailure)?.error == error }
        for language in Language.allCases {
            #expect(error.text(in: language).isChinese == (language == .chinese))
        }
    }

    private static let date = ValueForm<CivilDate>.date.expected
    private static let digits = ValueForm.integer(1...9).expected

    @Test func aBadVariableIsNamed() {
        #expect {
            try parse("box open 1 --day 2026-03-02", variables: ["DEPTH": "9"])
        } throws: { error in
            guard case .badVariable("DEPTH", found: "9", _) = (error as? UsageFailure)?.error
            else { return false }
            return true
        }
    }

    @Test func errorsNameTheCommandAsFarAsItWasUnderstood() {
        #expect { try parse("box open 1") } throws: {
            ($0 as? UsageFailure)?.path == ["box", "open"]
        }
        #expect { try parse("box shut") } throws: { ($0 as? UsageFailure)?.path == ["box"] }
    }

    @Test(
        "questions for help",
        arguments: [
            ("--help", []), ("-h", []), ("help", []), ("box --help", ["box"]),
            ("help box", ["box"]), ("help box open", ["box", "open"]),
            ("box open --help", ["box", "open"]), ("box open -h", ["box", "open"]),
            ("box open --day --help", ["box", "open"]), ("box open 0 --what -h", ["box", "open"]),
        ]
    )
    func help(line: String, words: [String]) throws {
        guard case .help(let node, let path) = try parse(line) else {
            Issue.record("\(line) isn't a question for help")
            return
        }
        #expect(path == words)
        #expect(node.name == words.last ?? "tool")
    }

    @Test func dashHIsAValueWhereOneIsDue() throws {
        #expect(try values("box open 1 --day 2026-03-02 --login -h").value("login", .text) == "-h")
    }
}

private let date = ValueForm<CivilDate>.date.expected
private let digits = ValueForm.integer(1...9).expected

struct ValueFormTests {
    @Test(arguments: [
        ("500ms", 500), ("5s", 5000), ("2m", 120_000), ("24h", 86_400_000), ("0s", nil),
        ("25h", nil), ("5", nil), ("s", nil), ("-5s", nil), ("5 s", nil), ("99999999999s", nil),
        ("٥s", nil), ("4294967295h", nil),
    ])
    func milliseconds(text: String, value: UInt32?) {
        #expect(ValueForm.milliseconds.read(text) == value)
    }

    @Test(arguments: [
        ("2026-05-01", 1), ("2026-05-01..2026-05-05", 5), ("2026-01-01..2026-12-31", 365),
        ("2024-01-01..2024-12-31", 366), ("2026-01-01..2027-01-02", nil),
        ("2026-05-05..2026-05-01", nil), ("2026-05-01..", nil), ("2026-05-01...2026-05-2", nil),
        ("", nil),
    ])
    func dates(text: String, count: Int?) {
        #expect(ValueForm<[CivilDate]>.dates.read(text)?.count == count)
    }

    @Test(arguments: [
        ("00", [0]), ("00ff", [0, 255]), ("0", nil), ("", nil), ("xy", nil),
        (
            "018f0000-0000-7000-8000-00000000000a",
            [1, 0x8F, 0, 0, 0, 0, 0x70, 0, 0x80] + zeros + [10]
        ),
        (String(repeating: "a", count: 66), nil),
    ])
    func requestIDs(text: String, bytes: [UInt8]?) {
        #expect(ValueForm.requestID.read(text) == bytes)
    }

    private static let zeros = [UInt8](repeating: 0, count: 6)

    @Test(arguments: [
        ("127.0.0.1:7410", "127.0.0.1:7410"), ("gate.city", "gate.city:7410"),
        ("[::1]:80", "[::1]:80"), ("[::1]", "[::1]:7410"), ("unix:/run/b", "unix:/run/b"),
        ("/run/b", "unix:/run/b"), ("./b", "unix:./b"), ("", nil), (":80", nil), ("a:", nil),
        ("a:0", nil), ("a:65536", nil), ("a:b", nil), ("[::1", nil), ("[::1]x", nil),
        ("unix:", nil), ("a b:1", nil), ("a:+1", nil),
        ("tls:a,b:1,unix:/c", "tls:a:7410,b:1,unix:/c"), ("a,", nil), (",a", nil), ("a,b:x", nil),
        ("/" + String(repeating: "x", count: 107), nil),
    ])
    func servers(text: String, address: String?) {
        #expect(ValueForm.servers.read(text)?.description == address)
    }

    @Test func integers() {
        #expect(ValueForm.integer(0...10).read("10") == 10)
        #expect(ValueForm.integer(0...10).read("11") == nil)
        #expect(ValueForm.integer(UInt64.min...UInt64.max).read("18446744073709551616") == nil)
    }
}

struct NearestNameTests {
    @Test(arguments: [
        ("accpet", "accept"), ("shwo", "show"), ("SHOW", "show"), ("withdrawn", "withdraw"),
        ("x", nil), ("", nil), ("completely", nil),
    ])
    func nearest(word: String, name: String?) {
        #expect(NearestName.of(word, among: ["accept", "show", "withdraw"]) == name)
    }

    @Test func slips() {
        #expect(NearestName.slips(from: "", to: "abc") == 3)
        #expect(NearestName.slips(from: "abc", to: "") == 3)
        #expect(NearestName.slips(from: "abcd", to: "abdc") == 1)
        #expect(NearestName.slips(from: "kitten", to: "sitting") == 3)
    }
}
