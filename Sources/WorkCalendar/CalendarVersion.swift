/// The number of a calendar version: 1 is the built-in one, and each change takes a higher one.
package struct CalendarVersion: Hashable, Comparable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The version of `WorkCalendar.builtIn`.
    package static let builtIn = CalendarVersion(rawValue: 1)

    package static func < (left: CalendarVersion, right: CalendarVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}
