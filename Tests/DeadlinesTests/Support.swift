import CivilTime
import RuleTesting
import Testing
import WorkCalendar

@testable import Deadlines

extension Ledger {
    /// A ledger of pauses and extensions whose reasons don't matter.
    init(
        _ budget: Budget,
        from start: Instant,
        pauses: [(from: Instant, to: Instant?)] = [],
        extended: [Int] = []
    ) {
        self.init(
            budget: budget,
            start: start,
            extensions: extended.map { Extension(amount: $0, at: start, reason: "complex") },
            pauses: pauses.map { Pause(from: $0.from, to: $0.to, reason: "hearing") }
        )
    }
}

extension Deadline {
    init(
        _ budget: Budget,
        _ rungs: RungSet,
        from start: Instant,
        in calendars: CalendarTimeline
    ) {
        self.init(
            ledger: Ledger(budget, from: start),
            rungs: rungs,
            at: start,
            calendar: calendars.entry(at: start).calendar.version
        )
    }
}

extension RungSet {
    static let all: RungSet = [.remind, .yellow, .red, .expire]
}

extension Firing: CustomTestStringConvertible {
    package var testDescription: String { "\(rung) \(at)" }
}

func remind(_ at: Instant) -> Firing { Firing(rung: .remind, at: at) }
func yellow(_ at: Instant) -> Firing { Firing(rung: .yellow, at: at) }
func red(_ at: Instant) -> Firing { Firing(rung: .red, at: at) }
func expire(_ at: Instant) -> Firing { Firing(rung: .expire, at: at) }
