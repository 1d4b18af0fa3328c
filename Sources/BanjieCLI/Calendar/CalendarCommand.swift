import CivilTime
import WorkCalendar

/// `banjie calendar due`, `minutes` and `show`: dates by the calendar, worked out here, without a
/// server.
enum CalendarCommand {
    static let due = Command(
        "due",
        Text("When a limit ends, explained day by day.", "期限何时届满，逐日说明。"),
        notes: Text(
            "With `-`, limits are read from the standard input as lines of JSON, such as "
                + #"{"from":"2026-03-02","days":20,"unit":"WORKING","#
                + #""pauses":[["2026-03-09","2026-03-12"]]}, and answered a line each, in order."#,
            "给出 `-` 时，从标准输入逐行读取 JSON，如 "
                + #"{"from":"2026-03-02","days":20,"unit":"WORKING","#
                + #""pauses":[["2026-03-09","2026-03-12"]]}，并依次逐行作答。"#
        ),
        operands: [
            CommandOperand(
                "LINES",
                .choice(of: ["-"]),
                Text("read lines of JSON from the standard input", "从标准输入逐行读取 JSON"),
                isRequired: false
            )
        ],
        options: [
            CommandOption(
                "from",
                .date,
                Text("the day from which the limit runs; it doesn't count", "起算日，不计入")
            ),
            CommandOption("days", .limitDays, Text("the limit in days", "期限的天数")),
            CommandOption("unit", .limitUnit, Text("its unit", "单位"), fallback: "working"),
            CommandOption(
                "pause",
                .pauseSpan,
                Text(
                    "a pause: its day counts, the day on which it is resumed doesn't",
                    "中止区间：中止之日计入，恢复之日不计入"
                ),
                isRepeatable: true
            ),
            .calendarFile, .json,
        ],
        examples: [
            "banjie calendar due --from 2026-03-02 --days 20 --pause 2026-03-09..2026-03-12",
            "banjie calendar due - < limits.jsonl",
        ],
        run: { invocation throws(CommandFailure) in
            guard invocation.values.value("LINES", .choice(of: ["-"])) != nil else {
                return try explainDue(invocation)
            }
            let own = ["from", "days", "pause"]
            if let option = own.first(where: { !invocation.values.texts($0).isEmpty }) {
                throw .usage(
                    .combination(
                        Text(
                            "--\(option) can't be given with -: each line says it for itself",
                            "给出 - 时不能再给 --\(option)：由各行自行说明"
                        )
                    )
                )
            }
            return try answerLines(invocation)
        }
    )

    static let minutes = Command(
        "minutes",
        Text("When a limit in office hours ends.", "按办公时间计算的期限何时届满。"),
        options: [
            CommandOption(
                "from",
                .instant,
                Text("when the limit begins", "起算时刻"),
                isRequired: true
            ),
            CommandOption(
                "minutes",
                .workingMinutes,
                Text("the limit in minutes of office hours", "期限的办公分钟数"),
                isRequired: true
            ),
            .calendarFile, .json,
        ],
        examples: ["banjie calendar minutes --from 2026-03-02T16:50:00 --minutes 30"],
        run: { invocation throws(CommandFailure) in try explainMinutes(invocation) }
    )

    static let show = Command(
        "show",
        Text("The days off and make-up days of a year.", "某年的放假与调休上班日。"),
        operands: [CommandOperand("YEAR", .firstDay, Text("the year", "年份"))],
        options: [.calendarFile, .json],
        examples: ["banjie calendar show 2026"],
        run: { invocation throws(CommandFailure) in try showYear(invocation) }
    )

    /// The built-in calendar, with the years of `--calendar` loaded into it.
    static func calendar(_ invocation: Invocation) throws(CommandFailure) -> WorkCalendar {
        guard let path = invocation.values.value("calendar", .path) else { return .builtIn }
        let bytes: [UInt8]
        do { bytes = try invocation.console.readFile(path) } catch { throw .file(error) }
        let file: CalendarFile
        do { file = try CalendarFile(parsing: bytes) } catch { throw .calendarFile(path, error) }
        return file.loaded(into: .builtIn)
    }
}

extension CommandOption {
    fileprivate static let calendarFile = CommandOption(
        "calendar",
        .path,
        Text(
            "a JSON file with the arrangements of more years",
            "JSON 文件，载入更多年份的放假安排"
        )
    )
}

extension ValueForm where Value == Int {
    /// A limit in days.
    static var limitDays: ValueForm { integer(LimitCalculation.days) }

    /// A limit in working minutes.
    static var workingMinutes: ValueForm { integer(0...1_000_000) }
}

extension ValueForm where Value == LimitCalculation.Unit {
    static var limitUnit: ValueForm {
        ValueForm(
            Text(same: "working|natural"),
            expected: Text(
                "working or natural",
                "working（工作日）或 natural（自然日）"
            ),
            choices: ["working", "natural"]
        ) { .init(name: $0.uppercased()) }
    }
}

extension ValueForm where Value == PauseSpan {
    static var pauseSpan: ValueForm {
        ValueForm(
            Text("DATE..[DATE]", "日期..[日期]"),
            expected: Text(
                "a pause such as 2026-03-09..2026-03-12, or 2026-03-09.. while it lasts",
                "中止区间，如 2026-03-09..2026-03-12，尚未恢复的写 2026-03-09.."
            )
        ) { PauseSpan($0) }
    }
}

extension ValueForm where Value == CivilDate {
    /// A year, as its first day.
    static var firstDay: ValueForm {
        ValueForm(
            Text("YEAR", "年份"),
            expected: Text("a year such as 2026", "年份，如 2026")
        ) { text in
            Int(text).flatMap { CivilDate(year: $0, month: 1, day: 1) }
        }
    }
}

extension LimitError {
    func text(in language: Language) -> String {
        switch language {
        case .english: return description
        case .chinese: break
        }
        switch self {
        case .daysOutOfRange(let days):
            let range = LimitCalculation.days
            return "不能计算 \(days) 天的期限；可用 \(range.lowerBound) 至 \(range.upperBound) 天"
        case .beyondReach: return "期限自起算日起 \(LimitCalculation.reach) 天内未届满；请缩短中止时间"
        }
    }
}
