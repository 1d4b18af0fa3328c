import Digest
import BanjieProtocol
import CivilTime
import Wire

/// How a value is written on the command line.
struct ValueForm<Value>: Sendable {
    /// What stands for the value in a usage line.
    let placeholder: Text
    /// What is expected, for a sentence such as "expected a date such as 2026-03-02".
    let expected: Text
    /// The values there are, when they make a closed list.
    let choices: [String]
    /// The values that a schema has, when they hang on the server's.
    let schemaChoices: (@Sendable (ServedSchema) -> [String])?
    /// The value that a text stands for, or nil.
    let read: @Sendable (String) -> Value?

    init(
        _ placeholder: Text,
        expected: Text,
        choices: [String] = [],
        schemaChoices: (@Sendable (ServedSchema) -> [String])? = nil,
        read: @escaping @Sendable (String) -> Value?
    ) {
        self.placeholder = placeholder
        self.expected = expected
        self.choices = choices
        self.schemaChoices = schemaChoices
        self.read = read
    }
}

/// A form of which only that is known which texts it takes.
struct ValueSyntax: Sendable {
    let placeholder: Text
    let expected: Text
    let choices: [String]
    let schemaChoices: (@Sendable (ServedSchema) -> [String])?
    let accepts: @Sendable (String) -> Bool

    init<Value>(_ form: ValueForm<Value>) {
        placeholder = form.placeholder
        expected = form.expected
        choices = form.choices
        schemaChoices = form.schemaChoices
        accepts = { form.read($0) != nil }
    }
}

extension ValueForm where Value == String {
    /// Any text.
    static var text: ValueForm {
        ValueForm(Text("TEXT", "文字"), expected: Text("a text", "文字")) { $0 }
    }

    /// The path of a file.
    static var path: ValueForm {
        ValueForm(Text("FILE", "文件"), expected: Text("the path of a file", "文件路径")) { text in
            text.isEmpty ? nil : text
        }
    }

    /// One of a closed list, in either case of letters.
    static func choice(of names: [String]) -> ValueForm {
        let list = names.joined(separator: ", ")
        return ValueForm(
            Text(same: names.joined(separator: "|")),
            expected: Text("one of \(list)", "\(list) 之一"),
            choices: names
        ) { text in
            names.first { $0.lowercased() == text.lowercased() }
        }
    }
}

extension ValueForm where Value == CivilDate {
    /// `YYYY-MM-DD`.
    static var date: ValueForm {
        ValueForm(
            Text("DATE", "日期"),
            expected: Text("a date such as 2026-03-02", "日期，如 2026-03-02")
        ) { CivilDate($0) }
    }
}

extension ValueForm where Value == [CivilDate] {
    /// `YYYY-MM-DD`, or `YYYY-MM-DD..YYYY-MM-DD` for each day from the one through the other, which
    /// are at most a leap year's.
    static var dates: ValueForm {
        ValueForm(
            Text("DATE[..DATE]", "日期[..日期]"),
            expected: Text(
                "a date such as 2026-05-01, or days such as 2026-05-01..2026-05-05",
                "日期，如 2026-05-01，或起止日期，如 2026-05-01..2026-05-05"
            )
        ) { text in
            if let date = CivilDate(text) { return [date] }
            let bytes = Array(text.utf8)
            guard bytes.count == 22, bytes[10...11].elementsEqual("..".utf8),
                let first = CivilDate(text.prefix(10)), let last = CivilDate(text.suffix(10)),
                (0..<366).contains(first.days(until: last))
            else { return nil }
            return (0...first.days(until: last)).map { first.adding(days: $0) }
        }
    }
}

extension ValueForm where Value == Instant {
    /// `YYYY-MM-DDTHH:MM:SS`.
    static var instant: ValueForm {
        ValueForm(
            Text("TIME", "时间"),
            expected: Text(
                "a time such as 2026-03-02T16:50:00",
                "时间，如 2026-03-02T16:50:00"
            )
        ) { Instant($0) }
    }
}

extension ValueForm where Value: FixedWidthInteger & Sendable {
    /// A whole number within a range.
    static func integer(_ range: ClosedRange<Value>) -> ValueForm {
        let isWhole = range == Value.min...Value.max
        return ValueForm(
            Text(same: "N"),
            expected: isWhole
                ? Text("a whole number, at most \(Value.max)", "不大于 \(Value.max) 的整数")
                : Text(
                    "a whole number in \(range.lowerBound)…\(range.upperBound)",
                    "\(range.lowerBound) 至 \(range.upperBound) 的整数"
                )
        ) { text in
            Value(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension ValueForm where Value == UInt32 {
    /// A span of time in milliseconds, written `500ms`, `5s` or `2m`; at most a day.
    static var milliseconds: ValueForm {
        ValueForm(
            Text("DURATION", "时长"),
            expected: Text(
                "a span of time such as 500ms, 5s or 2m, at most a day",
                "时长，如 500ms、5s 或 2m，至多一天"
            )
        ) { text in
            let digits = text.prefix { $0.isASCII && $0.isNumber }
            guard let count = UInt32(digits) else { return nil }
            let unit: UInt32
            switch text.dropFirst(digits.count) {
            case "ms": unit = 1
            case "s": unit = 1000
            case "m": unit = 60_000
            case "h": unit = 3_600_000
            default: return nil
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: unit)
            return overflow || !(1...86_400_000).contains(product) ? nil : product
        }
    }
}

extension ValueForm where Value == [UInt8] {
    /// 1…32 bytes in hexadecimal digits, between which dashes may stand as in a UUID.
    static var requestID: ValueForm {
        ValueForm(
            Text("HEX", "十六进制"),
            expected: Text(
                "1 to 32 bytes in hexadecimal digits, or a UUID",
                "1 至 32 字节的十六进制数，或 UUID"
            )
        ) { text in
            guard let bytes = Hexadecimal.bytes(of: text.filter { $0 != "-" }),
                (1...32).contains(bytes.count)
            else { return nil }
            return bytes
        }
    }
}

extension ValueForm where Value == TraceContext {
    /// A `traceparent` of W3C Trace Context.
    static var traceContext: ValueForm {
        ValueForm(
            Text(same: "TRACEPARENT"),
            expected: Text(
                "a traceparent: 00-, 32 hexadecimal digits, -, 16 of them, -01 or -00",
                "traceparent：00-、32 位十六进制数、-、16 位十六进制数、-01 或 -00"
            )
        ) { TraceContext($0) }
    }
}
