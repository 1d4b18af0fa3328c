import CivilTime
import Testing
import WorkCalendar

@testable import BanjieCLI

/// Runs `banjie calendar`.
private func calendar(
    _ arguments: String,
    input: [String] = [],
    files: [String: String] = [:],
    language: Language = .english
) async -> Outcome {
    await run(
        "calendar " + arguments,
        input: input,
        files: files,
        language: language
    )
}

struct CalendarCommandTests {
    @Test func aLimitIsExplainedDayByDay() async {
        let outcome = await calendar(
            "due --from 2026-02-24 --days 5 --pause 2026-02-25..2026-02-26"
        )
        #expect(
            outcome.output
                == """
                due 2026-03-03 Tue, at 24:00 (5 working days from 2026-02-24)

                       2026-02-24 Tue  the day it runs from
                    1  2026-02-25 Wed
                       2026-02-26 Thu  paused
                    2  2026-02-27 Fri
                    3  2026-02-28 Sat  make-up working day
                       2026-03-01 Sun  weekend
                    4  2026-03-02 Mon
                    5  2026-03-03 Tue

                """
        )
        #expect(outcome.status == .success)
        #expect(outcome.errors.isEmpty)
    }

    @Test func aNaturalLimitSaysWhereItMovedTo() async {
        let outcome = await calendar(
            "due --unit natural --days=2 --from 2026-12-31",
            language: .chinese
        )
        #expect(
            outcome.output == """
                2027-01-04 周一 24:00 届满（自 2026-12-31 起 2 个自然日）

                       2026-12-31 周四  起算日，不计入
                    1  2027-01-01 周五
                    2  2027-01-02 周六
                       2027-01-03 周日  周末
                       2027-01-04 周一  末日为休息日，顺延至此

                暂定：涉及放假安排尚未公布的年份

                """
        )
    }

    @Test func aLimitAsJSON() async {
        let outcome = await calendar(
            "due --from 2026-03-05 --days 2 --pause 2026-03-06..2026-03-09 --json"
        )
        #expect(
            outcome.output == """
                {"due":"2026-03-10","counted":["2026-03-06","2026-03-10"],\
                "skipped":[{"day":"2026-03-07","why":"weekend"},{"day":"2026-03-08","why":"weekend"},\
                {"day":"2026-03-09","why":"paused"}],"provisional":false,"calendar_version":1}

                """
        )
    }

    @Test func aPauseThatLastsRunsToToday() async {
        let outcome = await calendar("due --from 2026-03-10 --days 1 --pause 2026-03-10.. --json")
        #expect(outcome.output.hasPrefix(#"{"due":"2026-03-17","#))
    }

    @Test func minutes() async {
        #expect(
            await calendar("minutes --from 2026-03-02T16:50:00 --minutes 60").output
                == "due 2026-03-03T09:20:00 Tue (60 minutes of office hours from 2026-03-02T16:50:00)\n"
        )
        #expect(
            await calendar("minutes --from 2026-12-31T17:00:00 --minutes 60 --json").output
                == "{\"due\":\"2027-01-04T09:30:00\",\"provisional\":true}\n"
        )
    }

    @Test func aYearIsShown() async {
        let lines = await calendar("show 2026", language: .chinese).lines
        #expect(lines.first == "2026 年：248 个工作日")
        #expect(lines.contains("  2026-02-15 周日 … 2026-02-23 周一  放假"))
        #expect(lines.contains("  2026-10-10 周六  调休上班"))
        #expect(await calendar("show 2027").lines.last?.hasPrefix("provisional") == true)
        #expect(
            await calendar("show 2025 --json").output.contains(
                "\"working_days\":248,\"provisional\":false"
            )
        )
        #expect(await calendar("show 9999").status == .success)
    }

    @Test(
        "calls that are wrong",
        arguments: [
            ("", "needs a command"), ("weeks", "weeks"), ("due", "--from"),
            ("due --from 2026-03-02", "--days"),
            ("due --from 2026-02-29 --days 1", "2026-02-29"),
            ("due --from 2026-03-02 --days -1", "-1"),
            ("due --from 2026-03-02 --days 10001", "0…10000"),
            ("due --from 2026-03-02 --days", "--days"),
            ("due --from 2026-03-02 --days 1 --unit weeks", "weeks"),
            ("due --from 2026-03-02 --days 1 --pause 2026-03-03", "--pause"),
            ("due --from 2026-03-02 --days 1 --pause 2026-03-03..2026-03-02", "--pause"),
            ("due --from 2026-03-02 --days 1 --pause 2026-03-03...2026-03-04", "--pause"),
            ("due --from 2026-03-02 --days 1 --pause é026-03-03..2026-03-02", "--pause"),
            ("due --from 2026-03-02 --from 2026-03-02 --days 1", "--from"),
            ("due --from 2026-03-02 --days 1 --json=1", "--json takes no value"),
            ("due --from 2026-03-02 --days 1 x", "x"),
            ("due - --from 2026-03-02", "--from"), ("due - -", "-"), ("show", "YEAR"),
            ("show MMXXVI", "MMXXVI"),
            ("show 0", "0"), ("show 10000", "10000"), ("show 2026 2027", "2027"),
            ("minutes --from 2026-03-02 --minutes 1", "2026-03-02"),
            ("minutes --from 2026-03-02T09:00:00 --minutes 1000001", "1000001"),
        ]
    )
    func usage(arguments: String, named: String) async {
        for language in [Language.english, .chinese] {
            let outcome = await calendar(arguments, language: language)
            #expect(outcome.status == .usage)
            if language == .english { #expect((outcome.errors + outcome.output).contains(named)) }
        }
    }

    @Test func help() async {
        for command in ["due", "minutes", "show", "due - -", "due --days"] {
            #expect(await calendar(command + " --help").status == .success)
        }
    }

    @Test func aLimitBeyondReach() async {
        let outcome = await calendar(
            "due --from 2026-03-02 --days 1 --pause 2026-03-02..9999-12-31"
        )
        #expect(outcome.status == .dataError)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("36525"))
    }

    @Test func lines() async {
        let outcome = await calendar(
            "due -",
            input: [
                "{\"from\":\"2026-03-02\",\"days\":1}\n\n{\"days\":2,\"from\":\"2026-0",
                "3-06\",\"unit\":\"NATURAL\",\"pauses\":[[\"2026-03-06\",\"2026-03-07\"]]}\r\n",
                "{\"from\":\"2026-12-31\",\"unit\":\"WORKING\",\"days\":1,\"pauses\":[]}",
            ]
        )
        #expect(
            outcome.lines == [
                #"{"due":"2026-03-03","counted":["2026-03-03"],"provisional":false}"#,
                #"{"due":"2026-03-09","counted":["2026-03-08","2026-03-09"],"provisional":false}"#,
                #"{"due":"2027-01-04","counted":["2027-01-04"],"provisional":true}"#,
            ]
        )
        #expect(outcome.status == .success)
    }

    @Test func badLinesAreNamedAndFailInTheEnd() async {
        let outcome = await calendar(
            "due -",
            input: [
                #"{"from":"2026-03-02","days":1,"pauses":[["2026-03-03",7]]}"#, "\n",
                #"{"from":"2026-03-02","days":1}"#, "\n", "{\"from\"\n",
                #"{"from":"2026-03-02","days":1,"pauses":[["2026-03-02","9999-12-31"]]}"#,
            ]
        )
        #expect(outcome.status == .dataError)
        #expect(outcome.lines.count == 4)
        #expect(outcome.lines[0].contains("line 1: pauses[0]: expected"))
        #expect(outcome.lines[1].hasPrefix(#"{"due":"2026-03-03""#))
        #expect(outcome.lines[2] == #"{"error":"line 3: byte 8: the JSON text ends too early"}"#)
        #expect(outcome.lines[3].contains("line 4: the limit doesn't end within 36525 days"))
    }

    @Test func theLanguageComesFromTheLocale() {
        func language(_ variables: [String: String]) -> Language { Language { variables[$0] } }
        #expect(language([:]) == .english)
        #expect(language(["LANG": "zh_CN.UTF-8"]) == .chinese)
        #expect(language(["LANG": "zh_CN.UTF-8", "LC_ALL": "C"]) == .english)
        #expect(
            language(["LANG": "en_GB.UTF-8", "LC_ALL": "", "LC_MESSAGES": "zh_TW"]) == .chinese
        )
    }
}

struct CalendarFileTests {
    private let year = """
        {"2027":[
          {"version":2,"source":"x","off":["2027-01-01","2027-03-01"],"make_up":["2027-03-06"],
           "working_days":260},
          {"version":1,"off":[],"make_up":[]}
        ],"2028":[{"off":["2028-01-01"],"make_up":[]}]}
        """

    @Test func theHighestVersionOfAYearCounts() throws {
        let file = try CalendarFile(parsing: Array(year.utf8))
        #expect(file.arrangements.map(\.year) == [2027, 2028])
        #expect(file.arrangements.map(\.source) == ["x", ""])
        let calendar = file.loaded(into: .builtIn)
        #expect(calendar.knownYears == Array(2020...2028))
        #expect(calendar.version.rawValue == 3)
    }

    @Test func aFileIsLoaded() async {
        let arguments = "due --from 2027-02-26 --days 5 --json --calendar years.json"
        let outcome = await calendar(arguments, files: ["years.json": year])
        #expect(outcome.output.hasPrefix(#"{"due":"2027-03-06","#))
        #expect(outcome.output.contains(#""provisional":false"#))
        #expect(await calendar(arguments).status == .notFound)
        #expect(await calendar(arguments).errors.contains("years.json"))
        let lines = await calendar(
            "due - --calendar years.json",
            input: ["{\"from\":\"2027-02-26\",\"days\":5}"],
            files: ["years.json": year]
        )
        #expect(lines.output.hasPrefix(#"{"due":"2027-03-06""#))
    }

    @Test(
        "files that are no calendar",
        arguments: [
            ("", "ends too early"), ("[]", "object"), ("{\"2027\":{}}", "2027"),
            ("{\"2027\":[]}", "2027"),
            ("{\"27\":[{\"off\":[],\"make_up\":[]}]}", "27[0]"), ("{\"x\":[]}", "x"),
            ("{\"02027\":[]}", "02027"),
            ("{\"2027\":[{\"off\":[]}]}", "2027[0].make_up"), ("{\"2027\":[3]}", "2027[0]"),
            ("{\"2027\":[{\"off\":[],\"make_up\":[],\"makeup\":[]}]}", "2027[0].makeup"),
            ("{\"2027\":[{\"off\":[\"2027-02-29\"],\"make_up\":[]}]}", "2027[0].off[0]"),
            ("{\"2027\":[{\"off\":[\"2028-02-29\"],\"make_up\":[]}]}", "2028-02-29"),
            ("{\"2027\":[{\"off\":[],\"make_up\":[\"2027-03-01\"]}]}", "2027-03-01"),
            ("{\"2027\":[{\"off\":[\"2027-03-06\"],\"make_up\":[\"2027-03-06\"]}]}", "2027-03-06"),
            ("{\"2027\":[{\"off\":[],\"make_up\":[],\"working_days\":260}]}", "261"),
            ("{\"2027\":[{\"off\":[],\"make_up\":[],\"version\":-1}]}", "version"),
        ]
    )
    func badFiles(text: String, named: String) async {
        for language in [Language.english, .chinese] {
            let outcome = await calendar(
                "show 2027 --calendar f",
                files: ["f": text],
                language: language
            )
            #expect(outcome.status == .dataError)
            if language == .english { #expect(outcome.errors.contains(named), "\(outcome.errors)") }
        }
    }
}
