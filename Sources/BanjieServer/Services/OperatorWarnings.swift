internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

/// What operators are warned of without asking: in the log when it changes, and as metrics.
struct OfficeWarnings: Hashable, Sendable {
    /// The next year, whose calendar isn't loaded though it is December.
    var missingYear: Int?
    /// Matters that stand longer than was planned: at most `longPausesMax`.
    var longPauses: [LongPause] = []

    static let longPausesMax = 100

    struct LongPause: Hashable, Sendable {
        /// The case serial.
        let serial: String
        /// The last day that was planned.
        let planned: CivilDate
    }
}

extension QueryContext {
    /// What an operator should look at: what is wrong with the server, the calendar of the next year, and
    /// matters that stand longer than was planned.
    func warnings() throws(HandlerFailure) -> [Warning] {
        let office = try officeWarnings()
        var warnings: [Warning] = []
        if !status.writable { warnings.append(Warning(kind: .storeNotWritable)) }
        if !status.firing { warnings.append(Warning(kind: .clockInDoubt)) }
        if let year = office.missingYear {
            warnings.append(Warning(kind: .calendarMissing, subject: "\(year)"))
        }
        warnings += office.longPauses.map {
            Warning(kind: .longPause, subject: $0.serial, since: $0.planned)
        }
        return warnings
    }
}

extension RecordContext {
    func officeWarnings() throws(HandlerFailure) -> OfficeWarnings {
        let today = now.date
        let pauses = try find(
            PauseRecord.self,
            Search(by: PauseRecord.byEnd, limit: OfficeWarnings.longPausesMax)
        )
        return OfficeWarnings(
            missingYear: CalendarWarning.missingYear(on: today, in: calendars.current.calendar),
            longPauses: pauses.prefix { $0.planned < today }
                .map { .init(serial: $0.key, planned: $0.planned) }
        )
    }
}
