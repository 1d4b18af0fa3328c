/// The hours in which an office works on a working day: 09:00–12:00 and 13:30–17:30.
///
/// Seconds of the civil day. A closing belongs to the hours that it ends.
package enum OfficeHours {
    package static let opening = 9 * 3600
    package static let noonClosing = 12 * 3600
    package static let afternoonOpening = 13 * 3600 + 1800
    package static let closing = 17 * 3600 + 1800

    /// How long the office works before noon.
    static let secondsOfMorning = noonClosing - opening
    /// How long the office works on a working day.
    package static let secondsPerDay = secondsOfMorning + closing - afternoonOpening

    /// Whether `second` lies in office hours, closings included.
    package static func contains(_ second: Int) -> Bool {
        (opening...noonClosing).contains(second) || (afternoonOpening...closing).contains(second)
    }

    /// How many seconds of office hours have passed by `second` of a working day.
    static func elapsed(by second: Int) -> Int {
        min(max(second - opening, 0), secondsOfMorning)
            + min(max(second - afternoonOpening, 0), closing - afternoonOpening)
    }

    /// The earliest second of a working day by which `elapsed` seconds of office hours have passed.
    ///
    /// - Precondition: `0 <= elapsed <= secondsPerDay`.
    static func second(after elapsed: Int) -> Int {
        precondition((0...secondsPerDay).contains(elapsed), "a working day holds no more than that")
        return elapsed <= secondsOfMorning
            ? opening + elapsed : afternoonOpening + elapsed - secondsOfMorning
    }
}
