import CivilTime
import Deadlines
import WorkCalendar

// The review of the substance: pauses and the extension, 行政许可法 articles 42 and 45.
extension CaseFile {
    /// 审查: the review of the substance begins.
    ///
    /// - Throws: `wrongState`.
    package mutating func beginReview(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        switch record.state {
        case .active(.accepted), .active(.acceptedWithGap), .active(.deemedAccepted): break
        default: throw wrongState()
        }
        record.state = .active(.inReview)
        note("CASE_REVIEW_BEGUN", by: actor.login, at: circumstances.now)
    }

    /// 中止: pauses the clocks for one of the law's reasons (行政许可法 45).
    ///
    /// - Throws: `alreadyPaused`, `wrongState`.
    package mutating func pause(
        for reason: PauseReason,
        plannedDays: Int32,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let stage: CaseState.Stage
        switch record.state {
        case .active(let current): stage = current
        case .suspended: throw .alreadyPaused
        default: throw wrongState()
        }
        pause(Self.mainClocks, at: circumstances.now, reason: "\(reason)")
        record.state = .suspended(reason, plannedDays: plannedDays, from: stage)
        note(
            "CASE_PAUSED",
            by: actor.login,
            at: circumstances.now,
            "\(reason), planned \(plannedDays) working days"
        )
    }

    /// 恢复: the clocks run again, and the rungs that the pause held are issued.
    ///
    /// - Throws: `notPaused`.
    package mutating func resume(by actor: Actor, in circumstances: Circumstances) throws(Refusal) {
        guard case .suspended(_, _, let stage) = record.state else { throw .notPaused }
        resumeClocks(at: circumstances.now)
        record.state = .active(stage)
        note("CASE_RESUMED", by: actor.login, at: circumstances.now)
        fire(through: circumstances.now, in: circumstances)
    }

    /// 延长: adds working days to the statutory limit, and to the promised one unless that is
    /// overdue; once, and before the statutory limit is over (行政许可法 42).
    ///
    /// - Throws: `limitExceeded`, `alreadyExtended`, `alreadyOverdue`, `wrongState`.
    package mutating func extend(
        by days: Int32,
        reason: String,
        approvedBy actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let policy = circumstances.policy
        let most = record.isJoint ? policy.jointExtensionDaysMax : policy.extensionDaysMax
        guard days <= most else { throw .limitExceeded(asked: Int(days), most: most) }
        switch record.state {
        case .active, .suspended: break
        default: throw wrongState()
        }
        let now = circumstances.now
        for kind in [ClockKind.statutory, .promised] {
            guard let index = runningIndex(kind) else { continue }
            guard clocks[index].deadline.ledger.extensions.isEmpty else { throw .alreadyExtended }
            do {
                try clocks[index].deadline.extend(
                    by: Int(days),
                    at: now,
                    reason: reason,
                    in: circumstances.calendars
                )
            } catch {
                if case .alreadyOverdue = error, kind == .promised { continue }
                throw Refusal(error)
            }
        }
        record.applicantNotified = true
        note("CASE_EXTENDED", by: actor.login, at: now, "\(days) working days: \(reason)")
    }
}
