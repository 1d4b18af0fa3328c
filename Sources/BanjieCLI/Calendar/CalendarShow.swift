import CivilTime
import WorkCalendar

extension CalendarCommand {
    /// `minutes`: when a limit in office hours ends.
    static func explainMinutes(_ invocation: Invocation) throws(CommandFailure) -> ExitStatus {
        let console = invocation.console
        let start = invocation.values.required("from", .instant)
        let count = invocation.values.required("minutes", .workingMinutes)
        let calendar = try calendar(invocation)
        let due = calendar.instant(workingMinutes: count, after: start)
        let provisional = calendar.isProvisional(from: start.date, through: due.date)
        if invocation.wantsJSON {
            console.writeLine("{\"due\":\"\(due)\",\"provisional\":\(provisional)}")
            return .success
        }
        let language = console.language
        console.writeLine(
            language.text(
                "due \(due) \(due.date.weekday.name(in: language)) "
                    + "(\(count) minutes of office hours from \(start))",
                "\(due) \(due.date.weekday.name(in: language)) 届满"
                    + "（自 \(start) 起 \(count) 分钟办公时间）"
            )
        )
        if provisional { console.writeLine(provisionalNote(in: language)) }
        return .success
    }

    /// `show`: the days of a year that an arrangement changes.
    static func showYear(_ invocation: Invocation) throws(CommandFailure) -> ExitStatus {
        let console = invocation.console
        let days = YearDays(first: invocation.values.required("YEAR", .firstDay))
        let calendar = try calendar(invocation)
        let language = console.language
        let off = days.dates.filter { calendar.kind(of: $0) == .holiday }
        let makeUp = days.dates.filter { calendar.kind(of: $0) == .makeUp }
        let working = days.dates.count { calendar.isWorkingDay($0) }
        let provisional = calendar.isProvisional(days.first)
        var output = OutputBuffer()
        if invocation.wantsJSON {
            output.append("{\"year\":\(days.first.year),\"off\":")
            output.append(list: off) { $0.append(quoting: $1) }
            output.append(",\"make_up\":")
            output.append(list: makeUp) { $0.append(quoting: $1) }
            output.append(",\"working_days\":\(working),\"provisional\":\(provisional)")
            output.append(",\"calendar_version\":\(calendar.version.rawValue)}\n")
        } else {
            output.appendLine(
                language.text(
                    "\(days.first.year): \(working) working days",
                    "\(days.first.year) 年：\(working) 个工作日"
                )
            )
            for run in runs(of: off) { output.append(run, language.text("off", "放假"), language) }
            for day in makeUp {
                output.append([day], language.text("make-up working day", "调休上班"), language)
            }
            if provisional { output.appendLine(provisionalNote(in: language)) }
        }
        console.write(output.bytes)
        return .success
    }

    /// Dates on consecutive days, gathered.
    private static func runs(of dates: [CivilDate]) -> [[CivilDate]] {
        var runs: [[CivilDate]] = []
        for date in dates {
            if let last = runs.last?.last, last.days(until: date) == 1 {
                runs[runs.count - 1].append(date)
            } else {
                runs.append([date])
            }
        }
        return runs
    }
}

/// The days of one year.
private struct YearDays {
    let first: CivilDate

    var dates: [CivilDate] {
        var dates: [CivilDate] = []
        var date = first
        while date.year == first.year {
            dates.append(date)
            guard date < .latest else { break }
            date = date.adding(days: 1)
        }
        return dates
    }
}

extension OutputBuffer {
    /// Appends a run of days of one kind.
    fileprivate mutating func append(_ run: [CivilDate], _ kind: String, _ language: Language) {
        guard let first = run.first, let last = run.last else { return }
        let span = [first, last].map { "\($0) \($0.weekday.name(in: language))" }
        appendLine("  " + (run.count == 1 ? span[0] : span.joined(separator: " … ")) + "  \(kind)")
    }
}
