public import CivilTime

// Dates and moments spelled as they are read, so that a table of rules reads like a calendar.

extension CivilDate: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        guard let date = CivilDate(Substring(text)) else {
            preconditionFailure("\(text) is no date")
        }
        self = date
    }
}

extension Instant: ExpressibleByStringLiteral {
    /// A moment, or a date for its first moment.
    public init(stringLiteral text: String) {
        if let date = CivilDate(Substring(text)) {
            self = date.start
            return
        }
        guard let fields = Fields(text) else { preconditionFailure("\(text) is no moment") }
        self = Instant(fields.date, secondOfDay: fields.second)
    }

    /// `YYYY-MM-DDTHH:MM`, with or without seconds, or with a space in the place of the T.
    private struct Fields {
        let date: CivilDate
        let second: Int

        init?(_ text: String) {
            let parts = text.split { $0 == "T" || $0 == " " }
            guard parts.count == 2, let date = CivilDate(parts[0]) else { return nil }
            let numbers = parts[1].split(separator: ":").compactMap { Int($0) }
            guard (2...3).contains(numbers.count) else { return nil }
            self.date = date
            second = numbers[0] * 3600 + numbers[1] * 60 + (numbers.count == 3 ? numbers[2] : 0)
        }
    }
}

extension Instant {
    /// `time` (`HH:MM` or `HH:MM:SS`) of a day.
    package init(_ date: CivilDate, _ time: String) {
        self.init(stringLiteral: "\(date)T\(time)")
    }
}
