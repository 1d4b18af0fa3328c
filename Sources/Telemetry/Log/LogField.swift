/// How much a log line matters.
package enum LogLevel: String, CaseIterable, Comparable, Sendable {
    /// Every call, for whoever looks for a fault.
    case debug
    /// What happens in the ordinary course.
    case info
    /// What an operator should know of, and the server goes on.
    case warning
    /// What the server failed at.
    case error

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.severity < right.severity
    }

    private var severity: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}

/// A type whose values come from a closed list, or are numbers that the server made: to conform is to
/// vouch that none of them tells anything of a person or a request's content.
package protocol LogIdentifier {
    /// The value in a word.
    var logName: String { get }
}

/// What a field of a log line may hold.
///
/// Nothing makes one of text that came from outside, so that neither a name, a secret nor a request's
/// content gets into the log by carelessness.
package struct LogValue: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case integer(Int64)
        case flag(Bool)
        case nanoseconds(UInt64)
        case text(String)
    }

    let content: Content

    /// The longest sentence of the server's own that is told in full, in bytes.
    static let diagnosisBytesMax = 1000

    /// One of a closed list.
    package static func identifier(_ identifier: some LogIdentifier) -> LogValue {
        LogValue(content: .text(identifier.logName))
    }

    package static func count(_ count: some BinaryInteger) -> LogValue {
        LogValue(content: .integer(Int64(clamping: count)))
    }

    package static func flag(_ flag: Bool) -> LogValue { LogValue(content: .flag(flag)) }

    /// A span of time, told in milliseconds with three decimals.
    package static func milliseconds(ofNanoseconds span: UInt64) -> LogValue {
        LogValue(content: .nanoseconds(span))
    }

    /// A sentence in which the server tells what failed in it, and nothing of a request; cut to 1000
    /// bytes.
    package static func diagnosis(_ sentence: String) -> LogValue {
        guard sentence.utf8.count > diagnosisBytesMax else {
            return LogValue(content: .text(sentence))
        }
        var size = 0
        let beginning = sentence.prefix { character in
            size += character.utf8.count
            return size <= diagnosisBytesMax
        }
        return LogValue(content: .text(beginning + "…"))
    }
}

/// A named value of a log line.
package struct LogField: Sendable {
    let name: StaticString
    let value: LogValue

    package init(_ name: StaticString, _ value: LogValue) {
        self.name = name
        self.value = value
    }
}
