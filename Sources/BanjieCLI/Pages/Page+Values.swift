import BanjieProtocol
import CivilTime

extension Page {
    /// A date with its day of the week.
    func date(_ date: CivilDate) -> String { "\(date) \(date.weekday.name(in: language))" }

    /// A moment as people write it, with its day of the week.
    func moment(_ instant: Instant) -> String {
        let text = instant.description
        return "\(date(instant.date)) \(text.suffix(8))"
    }

    func yesNo(_ value: Bool) -> String {
        value ? language.text("yes", "是") : language.text("no", "否")
    }

    /// Adds the line that says that a list has more entries than shown, and how to see them.
    mutating func more(_ option: String) {
        line(language.text("there are more: \(option)", "还有更多：\(option)"), .faint)
    }

    /// Adds a heading and a line for each text; nothing when there is none.
    mutating func list(_ title: Text, _ texts: [String]) {
        guard !texts.isEmpty else { return }
        heading(title)
        for (index, text) in texts.enumerated() { line("\(index + 1). \(text)") }
    }

    /// Adds a line in place of an empty list.
    mutating func none() { line(language.text("none", "无"), .faint) }
}

extension Rung {
    /// The colour of the card.
    var ink: Ink {
        switch self {
        case .remind: .cyan
        case .yellow: .yellow
        case .red: .red
        default: .plain
        }
    }
}

/// The names of entries and columns that several pages share.
enum Label {
    static let at = Text("at", "时间")
    static let calendarVersion = Text("calendar version", "日历版本")
    static let card = Text("card", "牌")
    static let `case` = Text("case", "办件")
    static let citizenID = Text("citizen ID", "身份证号")
    static let clock = Text("clock", "时钟")
    static let code = Text("code", "代码")
    static let creditCode = Text("credit code", "统一社会信用代码")
    static let deadline = Text("deadline", "时限编号")
    static let department = Text("department", "部门")
    static let due = Text("due", "届满日")
    static let firm = Text("firm", "单位")
    static let item = Text("item", "事项")
    static let label = Text("label", "名称")
    static let name = Text("name", "名称")
    static let phone = Text("phone", "电话")
    static let now = Text("server time", "服务器时间")
    static let owner = Text("owner", "所属")
    static let provisional = Text("provisional", "暂定")
    static let result = Text("result", "结果")
    static let rung = Text("rung", "节点")
    static let state = Text("state", "状态")
    static let used = Text("used", "已用")
    static let version = Text("version", "版本")
}
