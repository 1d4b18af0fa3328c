internal import CivilTime

/// How a line is written.
package enum LogFormat: String, CaseIterable, Sendable {
    /// `name=value` by spaces.
    case logfmt
    /// An object of JSON a line.
    case json
}

/// What is written in one line.
struct LogLine {
    let second: Instant
    /// Within the second, 0…999 999 999.
    let nanosecond: Int
    let level: LogLevel
    let event: StaticString
    let fields: [LogField]

    /// The line, with its end.
    func encoded(as format: LogFormat) -> [UInt8] {
        var writer = LogLineWriter(format)
        writer.add("time", text: time)
        writer.add("level", text: level.rawValue)
        writer.add("event", text: "\(event)")
        for field in fields { writer.add(field) }
        return writer.finish()
    }

    /// ISO 8601 with milliseconds, in the city's own time.
    private var time: String {
        let milliseconds = String(nanosecond / 1_000_000)
        let padding = String(repeating: "0", count: max(0, 3 - milliseconds.count))
        return "\(second).\(padding)\(milliseconds)+08:00"
    }
}

private struct LogLineWriter {
    private let format: LogFormat
    private var bytes: [UInt8] = []

    init(_ format: LogFormat) { self.format = format }

    mutating func add(_ field: LogField) {
        switch field.value.content {
        case .integer(let number): add(field.name, bare: "\(number)")
        case .flag(let flag): add(field.name, bare: flag ? "true" : "false")
        case .nanoseconds(let span):
            let microseconds = span / 1000
            let decimals = String(microseconds % 1000 + 1000).dropFirst()
            add(field.name, bare: "\(microseconds / 1000).\(decimals)")
        case .text(let text): add(field.name, text: text)
        }
    }

    mutating func add(_ name: StaticString, text: String) {
        begin(name)
        if format == .json || Self.needsQuotes(text) {
            appendQuoted(text)
        } else {
            bytes.append(contentsOf: text.utf8)
        }
    }

    private mutating func add(_ name: StaticString, bare text: String) {
        begin(name)
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func begin(_ name: StaticString) {
        switch format {
        case .logfmt:
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: "\(name)=".utf8)
        case .json:
            bytes.append(contentsOf: (bytes.isEmpty ? "{\"" : ",\"").utf8)
            bytes.append(contentsOf: "\(name)\":".utf8)
        }
    }

    mutating func finish() -> [UInt8] {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func needsQuotes(_ text: String) -> Bool {
        text.isEmpty
            || text.utf8.contains {
                $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=")
                    || $0 == UInt8(ascii: "\\")
            }
    }

    /// A string of JSON (RFC 8259, section 7): a line's end in a value never ends the line.
    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
                bytes.append(contentsOf: String(byte, radix: 16).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
