package import CivilTime
import Deadlines
package import WorkCalendar

// What the end of a clock and a new calendar do to a case.
extension CaseFile {
    package mutating func expire(
        _ index: Int,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        switch clocks[index].kind {
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
    package mutating func move(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) -> [String] {
        guard record.state == .received, entry.since < record.receipt.start else { return [] }
        let receipt = record.receipt
        record.receipt = entry.calendar.receiptDay(of: record.arrived)
        if record.isInstant {
            record.instantTarget = entry.calendar.instant(
                workingMinutes: circumstances.policy.instantTargetMinutes,
                after: record.arrived
            )
        }
        return record.receipt == receipt ? [] : ["receipt \(receipt) to \(record.receipt)"]
    }

    package func start(of clock: FileClock) -> Instant? {
        switch clock.kind {
        case .notice: Self.startOfNotice(receivedOn: record.receipt)
        case .instant: Self.startOfInstant(receivedOn: record.receipt)
        default: nil
        }
    }
}
