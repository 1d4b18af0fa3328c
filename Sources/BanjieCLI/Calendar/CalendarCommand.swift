import CivilTime
import WorkCalendar

/// `banjie calendar`: dates by the calendar, worked out here, without a server.
enum CalendarCommand {
    /// Runs the command with the arguments after `calendar`, and says how the process should exit.
    static func run(arguments: [String], console: Console) -> Int32 {
        let language = console.language
        if arguments.isEmpty || arguments.contains("--help") || arguments.contains("-h") {
            console.writeLine(usage(in: language))
            return arguments.isEmpty ? ExitStatus.usage : ExitStatus.success
        }
        do throws(CalendarFailure) {
            let rest = Array(arguments.dropFirst())
            switch arguments[0] {
            case "due" where rest.contains("-"): return try answerLines(rest, console)
            case "due": return try explainDue(rest, console)
            case "minutes": return try explainMinutes(rest, console)
            case "show": return try showYear(rest, console)
            default: throw .usage(.unknownCommand(arguments[0]))
            }
        } catch {
            console.writeError("banjie calendar: " + error.text(in: language))
            if case .usage = error { console.writeError(usage(in: language)) }
            return error.exitStatus
        }
    }

    /// The built-in calendar, with the years of `--calendar` loaded into it.
    static func calendar(
        _ arguments: CommandArguments,
        _ console: Console
    ) throws(CalendarFailure) -> WorkCalendar {
        guard let path = arguments.all("--calendar").first else { return .builtIn }
        let bytes: [UInt8]
        do { bytes = try console.readFile(path) } catch { throw .file(error) }
        let file: CalendarFile
        do { file = try CalendarFile(parsing: bytes) } catch { throw .calendarFile(path, error) }
        return file.loaded(into: .builtIn)
    }

    private static func usage(in language: Language) -> String {
        language.text(
            """
            usage:
              banjie calendar due --from DATE --days N [--unit working|natural]
                                  [--pause DATE..DATE]… [--json]    when a limit ends, and why
              banjie calendar due -                  the same for JSON lines on the standard input:
                {"from":"2026-03-02","days":20,"unit":"WORKING","pauses":[["2026-03-09","2026-03-12"]]}
              banjie calendar minutes --from TIME --minutes N [--json]
                                                     when a limit in office hours ends
              banjie calendar show YEAR [--json]     holidays and make-up days of a year
            each takes --calendar FILE, a JSON file with the arrangements of more years
            """,
            """
            用法：
              banjie calendar due --from 日期 --days 天数 [--unit working|natural]
                                  [--pause 日期..日期]… [--json]    期限何时届满，逐日说明
              banjie calendar due -                  同上，从标准输入逐行读取 JSON：
                {"from":"2026-03-02","days":20,"unit":"WORKING","pauses":[["2026-03-09","2026-03-12"]]}
              banjie calendar minutes --from 时间 --minutes 分钟 [--json]
                                                     按办公时间计算的期限何时届满
              banjie calendar show 年份 [--json]     某年的放假与调休上班日
            以上均可加 --calendar 文件，载入更多年份安排（JSON）
            """
        )
    }
}

/// Why a calendar command gave up.
enum CalendarFailure: Error {
    case usage(UsageError)
    case file(FileError)
    case calendarFile(String, CalendarFileError)
    case limit(LimitError)

    var exitStatus: Int32 {
        switch self {
        case .usage: ExitStatus.usage
        case .file: ExitStatus.noInput
        case .calendarFile, .limit: ExitStatus.dataError
        }
    }

    func text(in language: Language) -> String {
        switch self {
        case .usage(let error): error.text(in: language)
        case .file(let error):
            language.text(
                "can't read \(error.path): \(error.reason)",
                "不能读取 \(error.path)：\(error.reason)"
            )
        case .calendarFile(let path, let error):
            language.text("\(path): ", "\(path)：") + error.text(in: language)
        case .limit(let error): error.text(in: language)
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
