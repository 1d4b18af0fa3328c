/// What kind of day a date is, enough to say why it counts or doesn't.
package enum DayKind: Hashable, Sendable, CaseIterable {
    /// A weekday on which the office works.
    case working
    /// A Saturday or Sunday on which the office works, to make up for a holiday (调休上班).
    case makeUp
    /// A Saturday or Sunday off that no arrangement names.
    case weekend
    /// A day off by an arrangement or a declaration, whatever its weekday; also 1 January of a year
    /// whose arrangement isn't known.
    case holiday

    /// Whether the office works on such a day.
    package var isWorkingDay: Bool { self == .working || self == .makeUp }
}
