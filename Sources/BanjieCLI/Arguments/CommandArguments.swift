/// The options and operands of a command, each option at most as often as it may be given.
struct CommandArguments {
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []
    private(set) var operands: [String] = []

    /// Splits arguments into `--name value` or `--name=value` for the names in `valued`, `--name`
    /// for those in `flags`, and operands. `-` alone is an operand.
    init(
        _ arguments: [String],
        valued: Set<String>,
        repeatable: Set<String> = [],
        flags known: Set<String> = []
    ) throws(UsageError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument != "-" else {
                operands.append(argument)
                continue
            }
            let parts = argument.split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let name = parts.first.map(String.init) ?? argument
            if parts.count == 1, known.contains(name) {
                flags.insert(name)
                continue
            }
            guard valued.contains(name) || repeatable.contains(name) else {
                throw .unknownOption(argument)
            }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw .missingValue(name)
            }
            if valued.contains(name), values[name] != nil { throw .repeatedOption(name) }
            values[name, default: []].append(value)
        }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// Every value of an option, in the order given.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The value of an option, parsed; nil when it wasn't given.
    func value<Value>(
        _ name: String,
        _ expected: Expected,
        _ parse: (String) -> Value?
    ) throws(UsageError) -> Value? {
        guard let text = all(name).first else { return nil }
        guard let value = parse(text) else {
            throw .badValue(name, found: text, expected: expected)
        }
        return value
    }

    /// The value of an option that must be given, parsed.
    func required<Value>(
        _ name: String,
        _ expected: Expected,
        _ parse: (String) -> Value?
    ) throws(UsageError) -> Value {
        guard let value = try value(name, expected, parse) else { throw .missingOption(name) }
        return value
    }
}

/// How a command was called wrongly.
enum UsageError: Error, Hashable {
    case unknownCommand(String)
    case unknownOption(String)
    case missingValue(String)
    case missingOption(String)
    case missingOperand(Expected)
    case repeatedOption(String)
    case unexpectedOperand(String)
    case badValue(String, found: String, expected: Expected)
}

/// What stands where something else was found.
enum Expected: Hashable {
    case date, instant, unit, pauseSpan, list, year
    /// A pause and a resume day; the latter may be null.
    case pausePair
    case integer(ClosedRange<Int>)
    /// A year's versions, each an object with the lists of days.
    case versions
    case text

    func text(in language: Language) -> String {
        switch self {
        case .date: language.text("a date such as 2026-03-02", "日期，如 2026-03-02")
        case .instant:
            language.text("a time such as 2026-03-02T16:50:00", "时间，如 2026-03-02T16:50:00")
        case .unit: language.text("WORKING or NATURAL", "WORKING（工作日）或 NATURAL（自然日）")
        case .pauseSpan:
            language.text(
                "a pause such as 2026-03-09..2026-03-12, or 2026-03-09.. while it lasts",
                "中止区间，如 2026-03-09..2026-03-12，尚未恢复的写 2026-03-09.."
            )
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

extension UsageError {
    func text(in language: Language) -> String {
        switch self {
        case .unknownCommand(let name):
            language.text("there is no command \(name)", "没有命令 \(name)")
        case .unknownOption(let name):
            language.text("there is no option \(name)", "没有选项 \(name)")
        case .missingValue(let name):
            language.text("\(name) needs a value", "\(name) 后须有值")
        case .missingOption(let name):
            language.text("\(name) must be given", "须给出 \(name)")
        case .missingOperand(let expected):
            language.text(
                "\(expected.text(in: language)) must be given",
                "须给出\(expected.text(in: language))"
            )
        case .repeatedOption(let name):
            language.text("\(name) may be given only once", "\(name) 只能给出一次")
        case .unexpectedOperand(let text):
            language.text("\(text) isn't expected here", "多余的参数 \(text)")
        case .badValue(let name, let found, let expected):
            language.text(
                "\(name): expected \(expected.text(in: language)), found \(found)",
                "\(name)：应为\(expected.text(in: language))，却是 \(found)"
            )
        }
    }
}
