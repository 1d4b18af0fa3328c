internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office

// Joint approval's values as messages.

extension JointFile.State {
    fileprivate var message: JointState {
        switch self {
        case .open: .open
        case .dispatched: .dispatched
        case .collecting: .collecting
        case .correction: .correction
        case .concluded: .concluded
        case .escalated: .escalated
        case .cancelled: .cancelled
        }
    }
}

extension Office.CoHandler {
    /// Where it stands, as a message.
    var state: OpinionState {
        switch standing {
        case .asked: signed == nil ? .pending : .signed
        case .answered(.agree(false, _), _): .agree
        case .answered(.agree(true, _), _): .agreeForward
        case .answered(.disagree, _): .disagree
        case .answered(.correction, _): .correction
        case .agreedByDefault: .agreeByDefault
        case .escalated: .escalated
        }
    }
}

extension JointFile {
    /// The joint approval as it stands; it must have been settled in these circumstances.
    func view(in circumstances: Circumstances) -> JointView {
        var outcome: JointOutcome?
        if case .concluded(let found, _) = record.progress {
            outcome = JointOutcome(rawValue: found.rawValue)
        }
        let views = coHandlers.map { view(of: $0, in: circumstances) }
        return JointView(
            case: record.key,
            version: UInt64(record.trail.version),
            state: state.message,
            lead: record.lead,
            opinionDays: record.opinionDays,
            opinionDue: zip(coHandlers, views).filter(\.0.isAwaited).compactMap(\.1.due).max(),
            co: views,
            awaiting: awaiting,
            corrections: matter.record.jointCorrections,
            outcome: outcome,
            visit: record.visit?.message
        )
    }

    private func view(
        of coHandler: Office.CoHandler,
        in circumstances: Circumstances
    ) -> CoHandlerView {
        var view = CoHandlerView(
            department: coHandler.department,
            role: CoHandlerRole(rawValue: coHandler.role.rawValue),
            state: coHandler.state,
            signed: coHandler.signed,
            due: clock(.opinion, of: coHandler.department)?.deadline.due(
                on: circumstances.now.date,
                in: circumstances.calendars
            )
        )
        switch coHandler.standing {
        case .asked, .escalated: break
        case .agreedByDefault(let at): view.answered = at
        case .answered(let opinion, let at):
            view.answered = at
            view.reason = opinion.reason
            switch opinion {
            case .agree: break
            case .correction(_, let items): view.items = items
            case .disagree(_, let override):
                view.overridden = override?.reason ?? ""
                view.overrideServed = override?.served != nil
            }
        }
        return view
    }

    /// What a department has to give its opinion on; nil when nothing.
    func task(of department: String, in circumstances: Circumstances) -> JointTask? {
        guard let coHandler = coHandler(department), coHandler.isAwaited else { return nil }
        return JointTask(
            case: record.key,
            item: matter.record.item.code,
            lead: record.lead,
            role: CoHandlerRole(rawValue: coHandler.role.rawValue),
            state: coHandler.state,
            due: workDue(of: coHandler, on: circumstances.now.date, in: circumstances.calendars),
            round: UInt32(clamping: coHandler.round),
            corrected: coHandler.corrected
        )
    }
}

extension JointRecord.Visit {
    fileprivate var message: VisitView {
        VisitView(
            at: at,
            place: place,
            departments: departments,
            findings: report?.findings ?? "",
            attended: report?.attended ?? []
        )
    }
}
