/// How a command was called wrongly.
enum UsageError: Error, Hashable {
    /// `group` is the command line up to the unknown word; empty at its beginning.
    case unknownCommand(String, group: String, nearest: String?)
    /// The command line ends where one of these commands should be named.
    case missingCommand(group: String, names: [String])
    case unknownOption(String, nearest: String?)
    case missingValue(option: String, expected: Text)
    /// A switch was given a value.
    case unexpectedValue(option: String, found: String)
    case missingOption(String, expected: Text?)
    case missingOperand(String, expected: Text)
    case repeatedOption(String)
    case unexpectedOperand(String)
    case badValue(String, found: String, expected: Text, nearest: String?)
    /// The value of an environment variable that stands for an option.
    case badVariable(String, found: String, expected: Text)
    /// Options that exclude each other, or need each other: what is wrong in a sentence.
    case combination(Text)
}

extension UsageError {
    /// A value that isn't of its form.
    static func badValue(_ name: String, found: String, _ syntax: ValueSyntax) -> UsageError {
        let nearest = NearestName.of(found, among: syntax.choices)
        return .badValue(name, found: found, expected: syntax.expected, nearest: nearest)
    }

    /// What is wrong, and where.
    func text(in language: Language) -> String {
        switch self {
        case .unknownCommand(let name, let group, _):
            group.isEmpty
                ? language.text("there is no command \(name)", "没有命令 \(name)")
                : language.text(
                    "there is no command \(name) in banjie \(group)",
                    "banjie \(group) 下没有命令 \(name)"
                )
        case .missingCommand(let group, _):
            language.text(
                "banjie\(group.isEmpty ? "" : " \(group)") needs a command",
                "banjie\(group.isEmpty ? "" : " \(group)") 后须有命令"
            )
        case .unknownOption(let name, _):
            language.text("there is no option \(name) here", "此处没有选项 \(name)")
        case .missingValue(let name, let expected):
            language.text(
                "--\(name) needs a value: \(expected.english)",
                "--\(name) 后须有值：\(expected.chinese)"
            )
        case .unexpectedValue(let name, let found):
            language.text(
                "--\(name) takes no value, but was given \(found)",
                "--\(name) 不带值，却给了 \(found)"
            )
        case .missingOption(let name, let expected):
            language.text(
                "--\(name) must be given\(expected.map { ": \($0.english)" } ?? "")",
                "须给出 --\(name)\(expected.map { "：\($0.chinese)" } ?? "")"
            )
        case .missingOperand(let name, let expected):
            language.text(
                "\(name) must be given: \(expected.english)",
                "须给出 \(name)：\(expected.chinese)"
            )
        case .repeatedOption(let name):
            language.text("--\(name) may be given only once", "--\(name) 只能给出一次")
        case .unexpectedOperand(let text):
            language.text("\(text) isn't expected here", "多余的参数 \(text)")
        case .badValue(let name, let found, let expected, _):
            language.text(
                "\(name): expected \(expected.english), found \(found)",
                "\(name)：应为\(expected.chinese)，却是 \(found)"
            )
        case .badVariable(let name, let found, let expected):
            language.text(
                "the environment variable \(name): expected \(expected.english), found \(found)",
                "环境变量 \(name)：应为\(expected.chinese)，却是 \(found)"
            )
        case .combination(let text):
            language.text(text)
        }
    }

    /// What to do; nil when the text says all.
    func advice(in language: Language) -> String? {
        switch self {
        case .unknownCommand(_, _, let nearest?), .badValue(_, _, _, let nearest?):
            language.text("\(nearest) may be meant", "可能是 \(nearest)")
        case .unknownOption(_, let nearest?):
            language.text("--\(nearest) may be meant", "可能是 --\(nearest)")
        case .missingCommand(_, let names):
            language.text(
                "one of \(names.joined(separator: ", "))",
                "可用：\(names.joined(separator: "、"))"
            )
        default: nil
        }
    }
}
