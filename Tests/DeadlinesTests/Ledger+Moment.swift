import CivilTime
import Deadlines
import WorkCalendar

extension Ledger {
    /// The moment of any rung, as `Deadline.next` takes it from the ledger.
    func moment(of rung: Rung, in calendar: WorkCalendar, on today: CivilDate) -> Instant? {
        switch rung {
        case .remind, .yellow: openingMoment(of: rung, in: calendar, on: today)
        case .red, .expire: term(in: calendar, on: today).overdueAt
        }
    }
}
