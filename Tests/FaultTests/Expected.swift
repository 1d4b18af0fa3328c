import BanjieProtocol
import CivilTime
import Deadlines
import WorkCalendar

/// What a deadline must have come to: its accepted commands replayed in memory, without a store, at the
/// moments that the audit log tells.
struct ExpectedDeadline {
    let number: UInt64
    /// Accepted and not replayed yet, in order.
    var commands: [SentCommand] = []
    private(set) var deadline: Deadline?
    /// The rungs that must have fired, in that order, each with its instant.
    private(set) var firings: [String] = []

    init(_ number: UInt64) { self.number = number }

    /// Replays the next command as of `at`; tells what is wrong when the log's entry isn't its.
    mutating func replay(
        _ kind: String,
        at: Instant,
        in calendars: CalendarTimeline
    ) throws -> String? {
        guard !commands.isEmpty else { return "\(kind) in the log, but nothing was accepted" }
        let command = commands.removeFirst()
        guard let expected = Self.kinds[command.method.id], expected == kind else {
            return "\(kind) in the log, but \(command.method.name) was accepted"
        }
        if command.method.id == DeadlinesMethods.arm.id {
            deadline = Self.armed(try ArmRequest(decoding: command.body), at: at, in: calendars)
            return nil
        }
        settle(through: at, in: calendars)
        guard var changed = deadline else { return "\(kind) before it was armed" }
        do {
            try Self.apply(command, to: &changed, at: at, in: calendars)
        } catch let refusal as DeadlineRefusal {
            return "\(kind) at \(at), which the rules refuse: \(refusal)"
        }
        deadline = changed
        return nil
    }

    /// Fires what is due through `now`.
    mutating func settle(through now: Instant, in calendars: CalendarTimeline) {
        firings += (deadline?.settle(through: now, in: calendars) ?? []).map(Self.text)
    }

    private static let kinds: [UInt32: String] = [
        DeadlinesMethods.arm.id: "DEADLINE_ARMED",
        DeadlinesMethods.pause.id: "DEADLINE_PAUSED",
        DeadlinesMethods.resume.id: "DEADLINE_RESUMED",
        DeadlinesMethods.extend.id: "DEADLINE_EXTENDED",
        DeadlinesMethods.complete.id: "DEADLINE_COMPLETED",
        DeadlinesMethods.cancel.id: "DEADLINE_CANCELLED",
    ]

    private static func armed(
        _ request: ArmRequest,
        at: Instant,
        in calendars: CalendarTimeline
    ) -> Deadline {
        let limit = Int(request.limit)
        let budget: Budget =
            switch request.unit {
            case .natural: .naturalDays(limit)
            case .workingMinutes: .workingMinutes(limit)
            default: .workingDays(limit)
            }
        let rungs = request.rungs.compactMap { Deadlines.Rung(rawValue: Int($0.rawValue)) }
        return Deadline(
            ledger: Ledger(budget: budget, start: at),
            rungs: rungs.isEmpty ? .expire : RungSet(rungs.map { RungSet($0) }),
            at: at,
            calendar: calendars.entry(at: at).calendar.version
        )
    }

    private static func apply(
        _ command: SentCommand,
        to deadline: inout Deadline,
        at: Instant,
        in calendars: CalendarTimeline
    ) throws {
        switch command.method.id {
        case DeadlinesMethods.pause.id:
            let request = try DeadlineReasonRequest(decoding: command.body)
            try deadline.pause(at: at, reason: request.reason)
        case DeadlinesMethods.resume.id:
            try deadline.resume(at: at)
        case DeadlinesMethods.extend.id:
            let request = try ExtendDeadlineRequest(decoding: command.body)
            try deadline.extend(
                by: Int(request.amount),
                at: at,
                reason: request.reason,
                in: calendars
            )
        case DeadlinesMethods.complete.id:
            try deadline.complete(at: at)
        default:
            try deadline.cancel(at: at)
        }
    }
}

extension ExpectedDeadline {
    /// How the server's view differs; empty when it doesn't.
    func differences(from view: DeadlineView, in calendars: CalendarTimeline) -> [String] {
        guard let deadline else { return ["deadline \(number) was never armed"] }
        let state: DeadlineState =
            switch deadline.state {
            case .running: deadline.isPaused ? .paused : .running
            case .completed: .completed
            case .cancelled: .cancelled
            case .expired: .expired
            }
        var differences: [String] = []
        func compare(_ name: String, _ found: String, _ expected: String) {
            if found == expected { return }
            differences.append("deadline \(number): \(name) is \(found), expected \(expected)")
        }
        let next = deadline.next(in: calendars)?.at
        compare("state", "\(view.state)", "\(state)")
        compare("limit", "\(view.limit)", "\(deadline.ledger.total)")
        compare("next", view.next?.description ?? "none", next?.description ?? "none")
        compare(
            "fired",
            "\(view.fired.map { "\($0.rung) \($0.at)" })",
            "\(deadline.fired.map(Self.text))"
        )
        return differences
    }

    private static func text(_ firing: Deadlines.Firing) -> String {
        "\(BanjieProtocol.Rung(rawValue: Int32(firing.rung.rawValue))) \(firing.at)"
    }
}
