package import CivilTime

/// Writes what happens in a process, a line an event.
package struct Logger: Sendable {
    /// The machine's time: since 1970, and within the second.
    package typealias Time = @Sendable () -> (second: Instant, nanosecond: Int)

    private let level: LogLevel
    private let format: LogFormat
    private let time: Time
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter write: Takes a line with its end; called from any thread, which it must not block.
    package init(
        level: LogLevel,
        format: LogFormat,
        time: @escaping Time,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.level = level
        self.format = format
        self.time = time
        self.write = write
    }

    /// Whether lines of a level are written.
    package func writes(_ level: LogLevel) -> Bool { level >= self.level }

    /// Writes a line, if its level is written and, with a budget, there is room in that.
    ///
    /// - Parameter event: What happened, as `what.how`, such as `call.failed`.
    package func log(
        _ level: LogLevel,
        _ event: StaticString,
        within budget: LineBudget? = nil,
        _ fields: @autoclosure () -> [LogField] = []
    ) {
        guard writes(level) else { return }
        let (second, nanosecond) = time()
        var keptBack: UInt64 = 0
        if let budget {
            let moment = UInt64(clamping: second.unixSeconds) &* 1_000_000_000 &+ UInt64(nanosecond)
            guard let count = budget.take(at: moment) else { return }
            keptBack = count
        }
        // A line that isn't written costs nothing to compose.
        var fields = fields()
        if keptBack > 0 { fields.append(LogField("kept_back", .count(keptBack))) }
        let line = LogLine(
            second: second,
            nanosecond: nanosecond,
            level: level,
            event: event,
            fields: fields
        )
        write(line.encoded(as: format))
    }
}
