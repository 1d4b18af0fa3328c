import CivilTime
import WorkCalendar

extension Weekday {
    func name(in language: Language) -> String {
        switch self {
        case .monday: language.text("Mon", "周一")
        case .tuesday: language.text("Tue", "周二")
        case .wednesday: language.text("Wed", "周三")
        case .thursday: language.text("Thu", "周四")
        case .friday: language.text("Fri", "周五")
        case .saturday: language.text("Sat", "周六")
        case .sunday: language.text("Sun", "周日")
        }
    }
}

extension LimitExplanation.Reason {
    func name(in language: Language) -> String {
        switch self {
        case .weekend: language.text("weekend", "周末")
        case .holiday: language.text("holiday", "放假")
        case .paused: language.text("paused", "中止")
        }
    }
}

extension CalendarCommand {
    /// Said of every date that reaches into a year whose arrangement isn't known.
    static func provisionalNote(in language: Language) -> String {
        language.text(
            "provisional: it reaches into a year whose arrangement isn't known",
            "暂定：涉及放假安排尚未公布的年份"
        )
    }
}

extension OutputBuffer {
    mutating func appendLine(_ line: String) {
        append(line)
        append("\n")
    }
}
