import CivilTime

// A case while several departments approve it: what `JointFile` does to it.
extension CaseFile {
    /// - Throws: `wrongState` unless the matter is one of several departments, and accepted.
    func requireReadyForJoint() throws(Refusal) {
        guard record.isJoint, case .active(let stage) = record.state, stage != .joint,
            record.jointOutcome == nil
        else { throw wrongState() }
    }

    /// - Precondition: `requireReadyForJoint`.
    mutating func beginJoint(by actor: Actor, at now: Instant) {
        record.state = .active(.joint)
        note("CASE_JOINT_BEGUN", by: actor.login, at: now)
    }

    /// 合并补正: tells the applicant what all co-handlers together want corrected. The clocks run on, and
    /// it isn't the one notice of before the acceptance (行政许可法 32(4)).
    mutating func notifyJointCorrection(_ items: [String], by actor: String, at now: Instant) {
        record.jointCorrections = items
        note("CASE_JOINT_CORRECTION_NOTIFIED", by: actor, at: now, items.joined(separator: ", "))
    }

    /// The days of receipt and acceptance stay.
    mutating func correctForCoHandlers(
        missing: [String],
        by actor: Actor,
        in circumstances: Circumstances
    ) {
        record.jointCorrections = missing
        note(
            missing.isEmpty ? "CASE_RESUBMITTED" : "CASE_PARTLY_RESUBMITTED",
            by: actor.login,
            at: circumstances.now,
            missing.joined(separator: ", ")
        )
    }

    /// The matter goes back to the lead's own review.
    mutating func concludeJoint(
        _ outcome: JointRecord.Outcome,
        by actor: Actor,
        at now: Instant
    ) {
        record.state = .active(.inReview)
        record.jointOutcome = outcome
        note("CASE_JOINT_CONCLUDED", by: actor.login, at: now, "\(outcome)")
    }
}
