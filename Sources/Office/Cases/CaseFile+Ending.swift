import CivilTime
import Deadlines
import WorkCalendar

// The decision and what follows it: 行政许可法 articles 38 and 44.
extension CaseFile {
    /// 决定: grants or denies; delivery follows within its own limit (行政许可法 38, 44).
    ///
    /// - Throws: `wrongState`, also for a grant while a gap is open; `jointRefused` for a grant
    ///   against what a joint approval came to.
    package mutating func decide(
        _ decision: Decision,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .active(let stage) = record.state, stage != .joint else { throw wrongState() }
        if decision.result == .grant && runningIndex(.gap) != nil {
            throw .wrongState(CaseState.active(.acceptedWithGap).name)
        }
        if decision.result == .grant && record.jointOutcome == .refused { throw .jointRefused }
        let now = circumstances.now
        stop(Self.mainClocks + [.gap], at: now)
        start(
            .delivery,
            .workingDays(circumstances.policy.deliveryDays),
            from: now,
            at: now,
            in: circumstances
        )
        record.state = .decided(decision)
        note(
            "CASE_DECIDED",
            by: actor.login,
            at: now,
            decision.result == .grant ? "granted" : "denied"
        )
    }

    /// 送达: the decision reaches the applicant; the review window opens.
    ///
    /// - Throws: `wrongState`.
    package mutating func deliver(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .decided(let decision) = record.state else { throw wrongState() }
        let now = circumstances.now
        stop([.delivery], at: now)
        start(
            .review,
            .workingDays(circumstances.policy.reviewWindowDays),
            from: now,
            at: now,
            in: circumstances
        )
        record.state = .delivered(decision)
        note("CASE_DELIVERED", by: actor.login, at: now)
    }

    /// 撤回: the applicant takes the matter back, before the decision.
    ///
    /// - Throws: `wrongState`.
    package mutating func withdraw(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.state {
        case .received, .waitCorrection, .active, .suspended: break
        default: throw wrongState()
        }
        stop(ClockKind.allCases, at: circumstances.now)
        record.state = .withdrawn
        note("CASE_WITHDRAWN", by: actor.login, at: circumstances.now)
    }

    /// 归档: puts a delivered case away.
    ///
    /// - Throws: `wrongState`.
    package mutating func archive(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard case .delivered(let decision) = record.state else { throw wrongState() }
        record.state = .archived(decision)
        note("CASE_ARCHIVED", by: actor.login, at: circumstances.now)
    }
}
