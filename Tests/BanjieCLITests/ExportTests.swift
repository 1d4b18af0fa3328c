import Store
import StoreSQLite
import Testing

@testable import BanjieCLI

@Suite struct ExportTests {
    private static let choices = StoredColumn.Choices([1: "OPEN", 3: "WAIT_CORRECTION"])

    @Test(
        arguments: [
            (.null, .day, "null"), (.integer(-7), .integer, "-7"),
            (.integer(0), .day, "\"1970-01-01\""),
            (.integer(20_514), .day, "\"2026-03-02\""),
            (.integer(1_772_416_800), .instant, "\"2026-03-02T10:00:00\""),
            (.integer(1), .flag, "true"), (.integer(0), .flag, "false"),
            (.integer(3), .choice(choices), "\"WAIT_CORRECTION\""),
            (.integer(2), .choice(choices), "2"),
            (.integer(0b1010), .set(choices), "[\"OPEN\",\"WAIT_CORRECTION\"]"),
            (.integer(0), .set(choices), "[]"), (.text("办\"结"), .text, "\"办\\\"结\""),
            (.blob([0, 255]), .digest, "\"00ff\""), (.blob([0, 255]), .blob, "\"AP8=\""),
            (
                .blob(ValueList.encode([[.text("甲"), .text("乙")]])), .list(of: .text),
                "[\"甲\",\"乙\"]"
            ),
            (
                .blob(ValueList.encode([[.integer(0)], [.integer(1)]])), .list(of: .day),
                "[\"1970-01-01\",\"1970-01-02\"]"
            ),
            (
                .blob(ValueList.encode([[.integer(1), .null]])),
                .rows([StoredColumn("paid", .flag), StoredColumn("on", .day)]),
                "[{\"paid\":true,\"on\":null}]"
            ),
        ] as [(Value, StoredColumn.Kind, String)]
    )
    func aValueIsWrittenAsWhatItMeans(
        _ value: Value,
        _ kind: StoredColumn.Kind,
        _ expected: String
    ) throws {
        #expect(try JSON(value, of: kind).serialized == expected)
    }

    /// What other hands have put there is refused, and never trapped on.
    @Test(
        arguments: [
            (.integer(.max), .day), (.blob([1, 2, 0]), .list(of: .text)),
            (.blob(ValueList.encode([[.null]])), .rows([])), (.blob([200]), .rows([])),
        ] as [(Value, StoredColumn.Kind)]
    )
    func aValueThatIsNoneIsRefused(_ value: Value, _ kind: StoredColumn.Kind) {
        #expect(throws: StoreError.self) { try JSON(value, of: kind) }
    }

    @Test func aRowOfSpreadsheetsIsQuotedWhereItMust() throws {
        let row: [JSON.Member] = [
            .init(key: "a", value: .string("一,\"二\"")), .init(key: "b", value: .null),
            .init(key: "c", value: .array([.string("三")])), .init(key: "d", value: .string("四\n")),
            .init(key: "e", value: .boolean(true)),
        ]
        #expect(ExportFormat.csv.head(["a", "b"]) == "\u{FEFF}a,b\r\n")
        #expect(
            ExportFormat.csv.row(row) == "\"一,\"\"二\"\"\",,\"[\"\"三\"\"]\",\"四\n\",true\r\n"
        )
    }

    @Test func theCommandTellsWhatItWrote() async throws {
        let chinese = await run(
            "export folder --store s --format CSV --keys k",
            language: .chinese
        )
        #expect(chinese.status == .success)
        #expect(chinese.output.contains("case_file.csv"))
        #expect(chinese.output.isChinese)
        let json = await run("export folder --store s --json")
        #expect(
            json.output.contains(
                #""files":[{"name":"case_file.jsonl","rows":2,"bytes":99,"sha256":""}]"#
            )
        )
        let taken = await run("export taken --store s")
        #expect(taken.status == .outputLost)
        #expect(taken.errors.contains("file exists"))
    }
}
