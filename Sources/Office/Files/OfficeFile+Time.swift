package import CivilTime
import Deadlines
package import WorkCalendar

// What time does to a file: what fires, and what a new calendar moves.
extension OfficeFile {
    /// What fires next, and when; nil when nothing will.
    package func next(in calendars: CalendarTimeline) -> Instant? {
        clocks.compactMap { $0.deadline.next(in: calendars)?.at }.min()
    }

    /// Brings the file up to `circumstances.now`: all that fell due fires as of its instant, and
    /// each calendar that came into force on the way re-plans the running clocks at its moment.
    package mutating func settle(in circumstances: Circumstances) {
        let running = clocks.filter { $0.deadline.isRunning }
        guard let planned = running.map(\.deadline.calendarVersion).min() else { return }
        for entry in circumstances.calendars.entries(after: planned)
        where entry.since <= circumstances.now {
            fire(through: entry.since, in: circumstances)
            replan(by: entry, in: circumstances)
        }
        fire(through: circumstances.now, in: circumstances)
    }

    /// At one instant cards come first, then what ends or changes the file; ties in the order of
    /// the clocks.
    mutating func fire(through now: Instant, in circumstances: Circumstances) {
        while let (index, firing) = earliestFiring(in: circumstances.calendars), firing.at <= now {
            clocks[index].deadline.record(firing)
            history.firings.append(FileFiring(clock: index, firing: firing))
            if firing.rung == .expire {
                expire(index, at: firing.at, in: circumstances)
            } else {
                note(
                    "CARD_ISSUED",
                    by: "system",
                    at: firing.at,
                    "\(clocks[index].kind) \(firing.rung)"
                )
            }
        }
    }

    private func earliestFiring(in calendars: CalendarTimeline) -> (Int, Firing)? {
        var earliest: (index: Int, firing: Firing)?
        for index in clocks.indices {
            guard let firing = clocks[index].deadline.next(in: calendars) else { continue }
            if let found = earliest {
                let precedes =
                    (firing.at, firing.rung, clocks[index].kind)
                    < (found.firing.at, found.firing.rung, clocks[found.index].kind)
                guard precedes else { continue }
            }
            earliest = (index, firing)
        }
        return earliest
    }

    private mutating func replan(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) {
        let version = entry.calendar.version
        var moves = move(by: entry, in: circumstances)
        for index in clocks.indices
        where clocks[index].deadline.isRunning && clocks[index].deadline.calendarVersion < version {
            let (before, after) = clocks[index].deadline.replan(
                to: version,
                from: start(of: clocks[index]),
                at: entry.since,
                in: circumstances.calendars
            )
            history.replanned[version, default: 0] += 1
            if before != after { moves.append("\(clocks[index].kind) \(before) to \(after)") }
        }
        guard !moves.isEmpty else { return }
        history.movedBy.append(version)
        note(
            "CALENDAR_CHANGED",
            by: "system",
            at: entry.since,
            "\(entry.reason): \(moves.joined(separator: ", "))"
        )
    }
}
