package import CivilTime
import Deadlines
package import WorkCalendar

// What time does to a case: what fires, and what a new calendar moves.
extension CaseFile {
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

    /// At one instant cards come first, then what ends or changes the case; ties in the order of
    /// the clocks.
    mutating func fire(through now: Instant, in circumstances: Circumstances) {
        while let (index, firing) = earliestFiring(in: circumstances.calendars), firing.at <= now {
            clocks[index].deadline.record(firing)
            firings.append(CaseFiring(clock: index, firing: firing))
            if firing.rung == .expire {
                expire(clocks[index].kind, at: firing.at, in: circumstances)
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

    private mutating func expire(
        _ kind: ClockKind,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        switch kind {
        case .notice:
            // Silence: deemed accepted, dated back to the day of receipt (行政许可法 32(4)).
            startMainClocks(acceptedOn: record.receipt.start, at: instant, in: circumstances)
            record.state = .active(.deemedAccepted)
            note("CASE_DEEMED_ACCEPTED", by: "system", at: instant)
        case .gap:
            stop(ClockKind.allCases, at: instant)
            record.state = .terminated
            note("CASE_TERMINATED", by: "system", at: instant, "the gap wasn't supplied")
        case .correction:
            record.state = .lapsed
            note("CASE_LAPSED", by: "system", at: instant)
        case .review:
            note("REVIEW_WINDOW_CLOSED", by: "system", at: instant)
        default:
            preconditionFailure("only clocks that end or change a case expire")
        }
    }

    /// A matter whose day of receipt is still to come is received by the new calendar; one that
    /// has been received stays so.
    private mutating func moveReceipt(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) {
        guard record.state == .received, entry.since < record.receipt.start else { return }
        record.receipt = entry.calendar.receiptDay(of: record.arrived)
        if record.isInstant {
            record.instantTarget = entry.calendar.instant(
                workingMinutes: circumstances.policy.instantTargetMinutes,
                after: record.arrived
            )
        }
    }

    private mutating func replan(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) {
        let version = entry.calendar.version
        let receipt = record.receipt
        moveReceipt(by: entry, in: circumstances)
        var moves: [String] = []
        if record.receipt != receipt { moves.append("receipt \(receipt) to \(record.receipt)") }
        for index in clocks.indices
        where clocks[index].deadline.isRunning && clocks[index].deadline.calendarVersion < version {
            let start: Instant? =
                switch clocks[index].kind {
                case .notice: Self.startOfNotice(receivedOn: record.receipt)
                case .instant: Self.startOfInstant(receivedOn: record.receipt)
                default: nil
                }
            let (before, after) = clocks[index].deadline.replan(
                to: version,
                from: start,
                at: entry.since,
                in: circumstances.calendars
            )
            replanned[version, default: 0] += 1
            if before != after { moves.append("\(clocks[index].kind) \(before) to \(after)") }
        }
        guard !moves.isEmpty else { return }
        movedBy.append(version)
        note(
            "CALENDAR_CHANGED",
            by: "system",
            at: entry.since,
            "\(entry.reason): \(moves.joined(separator: ", "))"
        )
    }
}
