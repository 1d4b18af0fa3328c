import CivilTime

/// What is wrong with a value read from JSON, and where it stands in it.
enum JSONReadingError: Error, Hashable {
    case notJSON(JSONError)
    case notAnObject
    case unknownKey(String)
    case missingKey(String)
    /// The value at a path such as `pauses[0]`.
    case wrongValue(String, found: JSON, expected: Expected)
}

/// The members of a JSON object, each asked for once; what is left over is an error.
struct JSONFields {
    private var members: [JSON.Member]
    private let path: String

    init(_ value: JSON, path: String = "") throws(JSONReadingError) {
        guard case .object(let members) = value else { throw .notAnObject }
        (self.members, self.path) = (members, path)
    }

    /// Where the member `key` stands.
    func path(to key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Takes the value of `key`, or nil when there is none.
    mutating func take(_ key: String) -> JSON? {
        guard let index = members.firstIndex(where: { $0.key == key }) else { return nil }
        return members.remove(at: index).value
    }

    /// Takes the value of `key`, which must be there, as `read` understands it.
    mutating func required<Value>(
        _ key: String,
        _ expected: Expected,
        _ read: (JSON) -> Value?
    ) throws(JSONReadingError) -> Value {
        guard let value = take(key) else { throw .missingKey(path(to: key)) }
        guard let result = read(value) else {
            throw .wrongValue(path(to: key), found: value, expected: expected)
        }
        return result
    }

    /// Takes the value of `key` as `read` understands it, or nil when there is none.
    mutating func optional<Value>(
        _ key: String,
        _ expected: Expected,
        _ read: (JSON) -> Value?
    ) throws(JSONReadingError) -> Value? {
        guard let value = take(key) else { return nil }
        guard let result = read(value) else {
            throw .wrongValue(path(to: key), found: value, expected: expected)
        }
        return result
    }

    /// Refuses whatever wasn't taken.
    func finish() throws(JSONReadingError) {
        if let member = members.first { throw .unknownKey(path(to: member.key)) }
    }
}

extension JSON {
    /// The string's text, or nil when this is no string.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The elements of an array, or nil when this is none.
    var elements: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The date that a string spells, or nil.
    var date: CivilDate? { text.flatMap { CivilDate($0) } }

    /// How the value is shown to a person: short, and on one line.
    var summary: String {
        switch self {
        case .null: return "null"
        case .boolean(let value): return String(value)
        case .number(let spelling): return String(spelling.prefix(40))
        case .string(let text):
            var quoted = OutputBuffer()
            quoted.append(quoting: String(text.prefix(40)))
            return String(decoding: quoted.bytes, as: UTF8.self)
        case .array: return "[…]"
        case .object: return "{…}"
        }
    }
}

extension JSONReadingError {
    func text(in language: Language) -> String {
        switch self {
        case .notJSON(let error): error.text(in: language)
        case .notAnObject: language.text("expected a JSON object", "应为 JSON 对象")
        case .unknownKey(let key): language.text("there is no key \(key)", "没有键 \(key)")
        case .missingKey(let key): language.text("\(key) is missing", "缺少 \(key)")
        case .wrongValue(let path, let found, let expected):
            language.text(
                "\(path): expected \(expected.text(in: language)), found \(found.summary)",
                "\(path)：应为\(expected.text(in: language))，却是 \(found.summary)"
            )
        }
    }
}

extension JSONError {
    func text(in language: Language) -> String {
        let place = language.text("byte \(offset + 1): ", "第 \(offset + 1) 字节：")
        switch fault {
        case .endOfText:
            return place + language.text("the JSON text ends too early", "JSON 不完整")
        case .unexpected: return place + language.text("not JSON", "不是 JSON")
        case .badString:
            return place + language.text("a string that isn't valid JSON", "字符串不合 JSON 规则")
        case .badNumber:
            return place + language.text("a number that isn't valid JSON", "数字不合 JSON 规则")
        case .tooDeep: return place + language.text("nested too deep", "嵌套过深")
        case .repeatedKey(let key):
            return place + language.text("the key \(key) comes twice", "键 \(key) 重复")
        }
    }
}
