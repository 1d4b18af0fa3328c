package import CivilTime
import Deadlines

// What co-handlers do, what their silence means, and what the coordinating office does about it.
extension JointFile {
    /// 签收.
    ///
    /// - Throws: `wrongState` when it has signed, or nothing is asked of it.
    package mutating func sign(by actor: Actor, in circumstances: Circumstances) throws(Refusal) {
        try requireDispatched()
        let index = try requireIndex(of: actor)
        guard coHandlers[index].isAwaited, coHandlers[index].signed == nil else {
            throw wrongState()
        }
        coHandlers[index].signed = circumstances.now
        note("JOINT_SIGNED", by: actor.login, at: circumstances.now, actor.department)
    }

    /// 反馈意见.
    ///
    /// - Throws: `notSigned`, `wrongState` when its opinion isn't awaited any more.
    package mutating func give(
        _ opinion: Opinion,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let index = try requireToAnswer(actor)
        let now = circumstances.now
        stop([.opinion], of: actor.department, at: now)
        coHandlers[index].standing = .answered(opinion, at: now)
        note("OPINION_GIVEN", by: actor.login, at: now, "\(actor.department): \(opinion.name)")
        mergeCorrections(by: actor.login, at: now)
    }

    /// 非本部门职责: never consent; the coordinating office decides.
    ///
    /// - Throws: as `give`.
    package mutating func decline(
        reason: String,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let index = try requireToAnswer(actor)
        let now = circumstances.now
        stop([.opinion], of: actor.department, at: now)
        coHandlers[index].standing = .escalated(.notMine)
        note("OPINION_ESCALATED", by: actor.login, at: now, "\(actor.department): \(reason)")
    }

    /// The reasons of an override have reached the department that disagreed.
    ///
    /// - Throws: `wrongState` unless there are such that haven't.
    package mutating func acknowledgeOverride(
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        let index = try requireIndex(of: actor)
        guard
            case .answered(.disagree(let reason, var override?), let at) =
                coHandlers[index].standing, override.served == nil
        else { throw wrongState() }
        let now = circumstances.now
        stop([.delivery], of: actor.department, at: now)
        override.served = now
        coHandlers[index].standing = .answered(.disagree(reason: reason, override), at: at)
        note("OVERRIDE_SERVED", by: actor.login, at: now, actor.department)
    }

    /// 协调: the coordinating office replaces a co-handler that is before it, or releases it.
    ///
    /// - Throws: `unknownValue` when the department isn't asked; `outOfRange` when the other one is, or
    ///   leads; `wrongState` unless it is before the office.
    package mutating func assign(
        _ department: String,
        replacedBy replacement: String?,
        by actor: Actor,
        in circumstances: Circumstances
    ) throws(Refusal) {
        guard let index = index(of: department) else {
            throw .unknownValue(field: "department", value: department)
        }
        if let replacement, replacement == record.lead || coHandler(replacement) != nil {
            throw .outOfRange(field: "replace_by", allowed: "a department that isn't asked yet")
        }
        guard case .dispatched = record.progress, coHandlers[index].isEscalated else {
            throw wrongState()
        }
        let now = circumstances.now
        let role = coHandlers.remove(at: index).role
        stop([.opinion], of: department, at: now)
        if let replacement {
            coHandlers.append(CoHandler(replacement, as: role))
            coHandlers.sort { $0.department < $1.department }
            ask(replacement, from: now, at: now, in: circumstances)
            note("JOINT_REASSIGNED", by: actor.login, at: now, "\(department) by \(replacement)")
        } else {
            note("JOINT_RELEASED", by: actor.login, at: now, department)
        }
        mergeCorrections(by: actor.login, at: now)
    }

    /// The silence of a consulted department that has signed counts as consent; that of a licensor, or of one
    /// that never signed, goes to the coordinating office.
    package mutating func expire(
        _ index: Int,
        at instant: Instant,
        in circumstances: Circumstances
    ) {
        let department = clocks[index].label
        guard let place = self.index(of: department), coHandlers[place].standing == .asked else {
            preconditionFailure("the clock of an opinion runs while it is asked for")
        }
        if coHandlers[place].role == .consult, coHandlers[place].signed != nil {
            coHandlers[place].standing = .agreedByDefault(at: instant)
            note("OPINION_DEEMED_AGREED", by: "system", at: instant, department)
            mergeCorrections(by: "system", at: instant)
        } else {
            coHandlers[place].standing = .escalated(.timeout)
            note("OPINION_ESCALATED", by: "system", at: instant, "\(department): time over")
        }
    }

    /// With the last answer what all want corrected becomes one notice to the applicant.
    private mutating func mergeCorrections(by actor: String, at now: Instant) {
        guard awaiting.isEmpty else { return }
        var items: [String] = []
        for item in coHandlers.compactMap(\.corrections).joined() where !items.contains(item) {
            items.append(item)
        }
        guard !items.isEmpty else { return }
        record.progress = .correcting
        matter.notifyJointCorrection(items, by: actor, at: now)
        note("JOINT_CORRECTION_MERGED", by: actor, at: now, items.joined(separator: ", "))
    }

    private func requireIndex(of actor: Actor) throws(Refusal) -> Int {
        guard let index = index(of: actor.department) else {
            throw .wrongDepartment(
                answers: coHandlers.map(\.department).joined(separator: ", ")
            )
        }
        return index
    }

    private func requireToAnswer(_ actor: Actor) throws(Refusal) -> Int {
        let index = try requireIndex(of: actor)
        try requireDispatched()
        guard coHandlers[index].isAwaited else { throw wrongState() }
        guard coHandlers[index].signed != nil else { throw .notSigned }
        return index
    }
}

extension Opinion {
    /// The name in the schema, as the audit log keeps it.
    fileprivate var name: String {
        switch self {
        case .agree(false, _): "AGREE"
        case .agree(true, _): "AGREE_FORWARD"
        case .disagree: "DISAGREE"
        case .correction: "CORRECTION"
        }
    }
}
