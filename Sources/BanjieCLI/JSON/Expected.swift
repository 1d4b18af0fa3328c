/// What stands in JSON where something else was found.
enum Expected: Hashable {
    case date, unit, list, year
    /// A pause and a resume day; the latter may be null.
    case pausePair
    case integer(ClosedRange<Int>)
    /// A year's versions, each an object with the lists of days.
    case versions
    case text

    func text(in language: Language) -> String {
        switch self {
        case .date: language.text("a date such as 2026-03-02", "日期，如 2026-03-02")
        case .unit: language.text("WORKING or NATURAL", "WORKING（工作日）或 NATURAL（自然日）")
        case .list: language.text("a list", "列表")
        case .year: language.text("a year such as 2026", "年份，如 2026")
        case .pausePair:
            language.text(
                "[\"2026-03-09\", \"2026-03-12\"], the resume day null while it lasts",
                "[\"2026-03-09\", \"2026-03-12\"]，尚未恢复的第二项写 null"
            )
        case .integer(let range):
            language.text(
                "a whole number in \(range.lowerBound)…\(range.upperBound)",
                "\(range.lowerBound) 至 \(range.upperBound) 的整数"
            )
        case .versions:
            language.text("a list of at least one version, each an object", "至少一个版本（对象）的列表")
        case .text: language.text("a text", "文字")
        }
    }
}
