internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

extension QueryContext {
    /// The most matters that are warned of.
    private static let pausesMax = 100

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

    private func longPauses() throws(HandlerFailure) -> [PauseRecord] {
        let found = try find(
            PauseRecord.self,
            Search(by: PauseRecord.byEnd, limit: Self.pausesMax)
        )
        return Array(found.prefix { $0.planned < now.date })
    }
}
