package import CivilTime
import Deadlines

/// What comes next in a matter, as whoever waits for it is told. Raw values are sent.
package enum NextStep: Int32, Hashable, Sendable {
    /// 待告知是否受理
    case acceptance = 1
    /// 待申请人补正
    case correctionByApplicant = 2
    /// 审查与决定
    case decision = 3
    /// 待恢复
    case resumption = 4
    /// 送达
    case delivery = 5
    /// 评价
    case review = 6
    case nothing = 7
}

extension CaseFile {
    /// What comes next, and by when where there is a limit; the promise comes before the law's.
    package func nextStep(in circumstances: Circumstances) -> (step: NextStep, by: CivilDate?) {
        func running(_ kind: ClockKind) -> CivilDate? {
            guard let deadline = clock(kind)?.deadline, deadline.isRunning else { return nil }
            return deadline.due(on: circumstances.today, in: circumstances.calendars)
        }
        return switch record.state {
        case .received: (.acceptance, running(.notice))
        case .waitCorrection: (.correctionByApplicant, running(.correction))
        case .active: (.decision, running(.promised))
        case .suspended: (.resumption, nil)
        case .decided: (.delivery, running(.delivery))
        case .delivered: running(.review).map { (.review, $0) } ?? (.nothing, nil)
        case .archived, .notAccepted, .lapsed, .terminated, .withdrawn: (.nothing, nil)
        }
    }
}
