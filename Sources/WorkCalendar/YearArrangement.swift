package import CivilTime

/// The days off and make-up days of one year, as the State Council announces them
/// (国务院办公厅关于节假日安排的通知).
package struct YearArrangement: Hashable, Sendable {
    package let year: Int
    /// Every day off that the announcement names, weekends among them; ascending, each once.
    package let off: [CivilDate]
    /// Every Saturday or Sunday that is worked instead; ascending, each once.
    package let makeUp: [CivilDate]
    /// The announcement's number.
    package let source: String

    /// The years for which an arrangement may be given.
    package static let years = 1992...9998

    /// Checks an arrangement; its days may come in any order.
    ///
    /// - Throws: `CalendarError` about the first day that doesn't lie in the year, is both off and
    ///   made up, or is made up on a weekday.
    package init(
        year: Int,
        off: [CivilDate],
        makeUp: [CivilDate],
        source: String
    ) throws(CalendarError) {
        guard Self.years.contains(year) else { throw .yearOutOfRange(year) }
        let off = Set(off).sorted()
        let makeUp = Set(makeUp).sorted()
        for day in off + makeUp where day.year != year { throw .dayOutsideYear(day, year: year) }
        try CalendarError.check(off: off, work: makeUp)
        for day in makeUp where !day.weekday.isWeekend { throw .makeUpDayOnWeekday(day) }
        (self.year, self.off, self.makeUp, self.source) = (year, off, makeUp, source)
    }

    /// How many working days the year has.
    package var workingDays: Int { YearPattern(self).working.count }
}

extension CalendarError {
    /// Refuses a day that is both off and worked.
    static func check(off: [CivilDate], work: [CivilDate]) throws(CalendarError) {
        let off = Set(off)
        for day in work.sorted() where off.contains(day) { throw .dayBothOffAndWork(day) }
    }
}
