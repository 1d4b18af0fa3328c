import SeededRandom
import BanjieProtocol
import LocalServer
import Wire

/// A caller who takes matters from submission to archive, as the clerk, the head and the applicant.
struct CaseLane: Lane {
    private static let openMax = 6

    private struct OpenCase {
        let serial: String
        var state: CaseState
        var isExtended = false
        var wasNotified = false
    }

    private let items: [String]
    var accepted: [SentCommand] = []
    var pending: SentCommand?
    var surprises: [String] = []
    private var numbers: RequestNumbers
    private var generator: SeededGenerator
    private var open: [OpenCase] = []

    /// - Parameter items: the codes of the items that matters are about; not empty.
    init(_ number: Int, items: [String], seed: UInt64) {
        self.items = items
        numbers = RequestNumbers(lane: number)
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> SentCommand {
        if open.count < 2 || (open.count < Self.openMax && chance(of: 25)) { return submit() }
        let chosen = open[.random(in: open.indices, using: &generator)]
        let request = CaseRequest(case: chosen.serial)
        if chance(of: 3), ![.decided, .delivered].contains(chosen.state) {
            return command(CasesMethods.withdraw, request, as: "zhang")
        }
        switch chosen.state {
        case .received: return receivedStep(chosen)
        case .waitCorrection:
            return command(
                CasesMethods.resubmit,
                ResubmitRequest(case: chosen.serial, missing: chance(of: 40) ? ["照片"] : []),
                as: "zhang"
            )
        case .suspended: return command(CasesMethods.resume, request)
        case .decided: return command(CasesMethods.deliver, request)
        case .delivered: return command(CasesMethods.archive, request)
        default: return activeStep(chosen)
        }
    }

    private mutating func submit() -> SentCommand {
        let item = items.randomElement(using: &generator) ?? ""
        if Bool.random(using: &generator) {
            return command(CasesMethods.submit, SubmitCaseRequest(item: item), as: "zhang")
        }
        return command(
            CasesMethods.submit,
            SubmitCaseRequest(item: item, channel: .post, applicant: "zhang")
        )
    }

    private mutating func receivedStep(_ chosen: OpenCase) -> SentCommand {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<2 where !chosen.wasNotified:
            return command(
                CasesMethods.notifyCorrection,
                NotifyCorrectionRequest(case: chosen.serial, items: ["照片", "申请表"])
            )
        case 2:
            return command(
                CasesMethods.refuse,
                RefuseCaseRequest(case: chosen.serial, reason: "不属于本机关职权")
            )
        default:
            return command(CasesMethods.accept, CaseRequest(case: chosen.serial))
        }
    }

    private mutating func activeStep(_ chosen: OpenCase) -> SentCommand {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<3:
            return command(
                CasesMethods.pause,
                PauseCaseRequest(case: chosen.serial, reason: .hearing, plannedDays: 3)
            )
        case 3..<5 where !chosen.isExtended:
            return command(
                CasesMethods.extend,
                ExtendCaseRequest(case: chosen.serial, days: 2, reason: "案情复杂"),
                as: "head"
            )
        case 5 where chosen.state != .inReview:
            return command(CasesMethods.beginReview, CaseRequest(case: chosen.serial))
        default:
            let isGranted = chance(of: 70)
            return command(
                CasesMethods.decide,
                DecideCaseRequest(
                    case: chosen.serial,
                    result: isGranted ? .grant : .deny,
                    reason: "依法审查",
                    remedies: isGranted ? "" : "行政复议"
                )
            )
        }
    }

    private mutating func command(
        _ method: MethodDescriptor,
        _ request: some Message,
        as login: String = "clerk"
    ) -> SentCommand {
        SentCommand(
            login: login,
            method: method,
            body: request.encoded(),
            requestID: numbers.next()
        )
    }

    private mutating func chance(of percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }

    mutating func took(_ command: SentCommand, _ reply: [UInt8]) throws {
        let view = try CaseView(decoding: reply)
        var known =
            open.first { $0.serial == view.case } ?? OpenCase(serial: view.case, state: view.state)
        open.removeAll { $0.serial == view.case }
        known.state = view.state
        if command.method.id == CasesMethods.extend.id { known.isExtended = true }
        if command.method.id == CasesMethods.notifyCorrection.id { known.wasNotified = true }
        switch view.state {
        case .notAccepted, .lapsed, .terminated, .withdrawn, .archived: break
        default: open.append(known)
        }
    }

    mutating func wasRefused(_ command: SentCommand, _ error: CallError) -> Bool {
        guard let request = try? CaseRequest(decoding: command.body),
            let index = open.firstIndex(where: { $0.serial == request.case })
        else { return false }
        // Time has passed: the matter counts as accepted, or its statutory limit is over.
        switch Reason(rawValue: error.reason) {
        case .noticeOverdue:
            open[index].state = .acceptedDeemed
            return true
        case .alreadyOverdue:
            open[index].isExtended = true
            return command.method.id == CasesMethods.extend.id
        default: return false
        }
    }
}
