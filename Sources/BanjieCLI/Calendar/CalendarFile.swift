import CivilTime
import WorkCalendar

/// The arrangements of further years, read from a JSON file.
///
/// The file maps each year to the list of its announced versions, of which the highest counts:
/// `{"2027": [{"version": 1, "source": "…", "off": ["2027-01-01"], "make_up": ["2027-02-06"]}]}`.
/// `version` (by default the place in the list), `source` and `working_days` may be left out; the
/// last, when given, must be how many working days the year then has.
struct CalendarFile {
    /// The newest arrangement of each year, by ascending year.
    let arrangements: [YearArrangement]

    init(parsing bytes: [UInt8]) throws(CalendarFileError) {
        let years = try reading { () throws(JSONReadingError) in
            let value: JSON
            do throws(JSONError) {
                value = try JSON(parsing: bytes[...])
            } catch {
                throw .notJSON(error)
            }
            guard case .object(let years) = value else { throw .notAnObject }
            return years
        }
        var arrangements: [YearArrangement] = []
        for year in years { arrangements.append(try newestArrangement(of: year)) }
        self.arrangements = arrangements.sorted { $0.year < $1.year }
    }

    /// `calendar` with these arrangements, one version each.
    func loaded(into calendar: WorkCalendar) -> WorkCalendar {
        var calendar = calendar
        for arrangement in arrangements {
            let version = CalendarVersion(rawValue: calendar.version.rawValue + 1)
            do {
                calendar = try calendar.loading(arrangement, version: version)
            } catch {
                preconditionFailure("versions made here ascend: \(error)")
            }
        }
        return calendar
    }
}

/// Why a file isn't a calendar.
enum CalendarFileError: Error, Hashable {
    case form(JSONReadingError)
    /// The arrangement at a place of the file can't be.
    case arrangement(at: String, CalendarError)
    case workingDays(at: String, stated: Int, counted: Int)
}

/// One version of a year, as the file has it.
private struct Version {
    let number: Int
    let arrangement: YearArrangement
}

private func reading<Value>(
    _ read: () throws(JSONReadingError) -> Value
) throws(CalendarFileError) -> Value {
    do { return try read() } catch { throw .form(error) }
}

private func newestArrangement(of member: JSON.Member) throws(CalendarFileError) -> YearArrangement
{
    guard let year = Int(member.key), String(year) == member.key else {
        throw .form(.wrongValue(member.key, found: .string(member.key), expected: .year))
    }
    guard case .array(let values) = member.value else {
        throw .form(.wrongValue(member.key, found: member.value, expected: .versions))
    }
    var newest: Version?
    for (index, value) in values.enumerated() {
        let version = try version(of: year, value, place: index)
        if let newest, newest.number >= version.number { continue }
        newest = version
    }
    guard let newest else {
        throw .form(.wrongValue(member.key, found: member.value, expected: .versions))
    }
    return newest.arrangement
}

private func version(
    of year: Int,
    _ value: JSON,
    place: Int
) throws(CalendarFileError) -> Version {
    let path = "\(year)[\(place)]"
    guard case .object = value else {
        throw .form(.wrongValue(path, found: value, expected: .versions))
    }
    var fields = try reading { () throws(JSONReadingError) in try JSONFields(value, path: path) }
    let parts = try reading { () throws(JSONReadingError) in
        let parts = (
            number: try fields.integer("version", 1...9999) ?? place + 1,
            source: try fields.optional("source", .text) { $0.text } ?? "",
            off: try fields.dates("off"),
            makeUp: try fields.dates("make_up"),
            workingDays: try fields.integer("working_days", 0...366)
        )
        try fields.finish()
        return parts
    }
    let arrangement: YearArrangement
    do {
        arrangement = try YearArrangement(
            year: year,
            off: parts.off,
            makeUp: parts.makeUp,
            source: parts.source
        )
    } catch {
        throw .arrangement(at: path, error)
    }
    if let stated = parts.workingDays {
        let counted = arrangement.workingDays
        guard stated == counted else {
            throw .workingDays(at: path, stated: stated, counted: counted)
        }
    }
    return Version(number: parts.number, arrangement: arrangement)
}

extension JSONFields {
    /// Takes the whole number under `key`, or nil when there is none.
    fileprivate mutating func integer(
        _ key: String,
        _ range: ClosedRange<Int>
    ) throws(JSONReadingError) -> Int? {
        try optional(key, .integer(range)) { $0.integer(in: range) }
    }

    /// Takes the list of dates under `key`, which must be there.
    fileprivate mutating func dates(_ key: String) throws(JSONReadingError) -> [CivilDate] {
        let values = try required(key, .list) { $0.elements }
        var dates: [CivilDate] = []
        for (index, value) in values.enumerated() {
            guard let date = value.date else {
                throw .wrongValue("\(path(to: key))[\(index)]", found: value, expected: .date)
            }
            dates.append(date)
        }
        return dates
    }
}

extension CalendarFileError {
    func text(in language: Language) -> String {
        switch self {
        case .form(let error): error.text(in: language)
        case .arrangement(let path, let error):
            language.text("\(path): ", "\(path)：") + error.text(in: language)
        case .workingDays(let path, let stated, let counted):
            language.text(
                "\(path): working_days says \(stated), but the days given leave \(counted)",
                "\(path)：working_days 写的是 \(stated)，按所列日期应为 \(counted)"
            )
        }
    }
}

extension CalendarError {
    func text(in language: Language) -> String {
        switch language {
        case .english: return description
        case .chinese: break
        }
        switch self {
        case .yearOutOfRange(let year):
            let years = YearArrangement.years
            return "不能安排 \(year) 年；可用 \(years.lowerBound) 至 \(years.upperBound) 年"
        case .dayOutsideYear(let day, let year): return "\(day) 不在 \(year) 年内；请列入其所在年份"
        case .dayBothOffAndWork(let day): return "\(day) 既列为休息又列为上班；请只保留一项"
        case .makeUpDayOnWeekday(let day): return "\(day) 列为调休上班，却不是周六或周日"
        case .versionNotHigher(let version, let current):
            return "日历版本 \(version.rawValue) 不高于其所更改的版本 \(current.rawValue)"
        }
    }
}
