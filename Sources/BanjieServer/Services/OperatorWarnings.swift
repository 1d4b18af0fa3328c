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
    /// How many matters stand longer than was planned; those beyond `RecordContext.pausesMax` aren't counted.
    var longPauses = 0
}

extension QueryContext {
    /// What an operator should look at: what is wrong with the server, the calendar of the next year, and
    /// matters that stand longer than was planned.
    func warnings() throws(HandlerFailure) -> [Warning] {
        var warnings: [Warning] = []
        if !status.writable { warnings.append(Warning(kind: .storeNotWritable)) }
        if !status.firing { warnings.append(Warning(kind: .clockInDoubt)) }
        if let year = CalendarWarning.missingYear(on: now.date, in: calendars.current.calendar) {
            warnings.append(Warning(kind: .calendarMissing, subject: "\(year)"))
        }
        for pause in try longPauses() {
            warnings.append(
                Warning(kind: .longPause, subject: pause.key, since: pause.planned)
            )
        }
        return warnings
    }
}

extension RecordContext {
    /// The most matters that are warned of.
    private static var pausesMax: Int { 100 }

    func officeWarnings() throws(HandlerFailure) -> OfficeWarnings {
        OfficeWarnings(
            missingYear: CalendarWarning.missingYear(
                on: now.date,
                in: calendars.current.calendar
            ),
            longPauses: try longPauses().count
        )
    }

    fileprivate func longPauses() throws(HandlerFailure) -> [PauseRecord] {
        let found = try find(
            PauseRecord.self,
            Search(by: PauseRecord.byEnd, limit: Self.pausesMax)
        )
        return Array(found.prefix { $0.planned < now.date })
    }
}
