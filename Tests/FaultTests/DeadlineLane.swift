import SeededRandom
import BanjieProtocol
import LocalServer
import Wire

/// A caller who arms deadlines and does with them all that can be done.
struct DeadlineLane: Lane {
    private static let openMax = 8

    let login: String
    var accepted: [SentCommand] = []
    var pending: SentCommand?
    var surprises: [String] = []
    private var numbers: RequestNumbers
    private var generator: SeededGenerator
    private var armed = 0
    private var open: [(deadline: UInt64, isPaused: Bool)] = []

    init(_ number: Int, login: String, seed: UInt64) {
        self.login = login
        numbers = RequestNumbers(lane: number)
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> SentCommand {
        if open.count < 2 || (open.count < Self.openMax && chance(of: 30)) { return arm() }
        let chosen = open[.random(in: open.indices, using: &generator)]
        let deadline = chosen.deadline
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4 where chosen.isPaused:
            return command(DeadlinesMethods.resume, DeadlineRequest(deadline: deadline))
        case 0..<4:
            return command(
                DeadlinesMethods.pause,
                DeadlineReasonRequest(deadline: deadline, reason: "暂停")
            )
        case 4..<7:
            return command(
                DeadlinesMethods.extend,
                ExtendDeadlineRequest(
                    deadline: deadline,
                    amount: .random(in: 1...3, using: &generator),
                    reason: "more time"
                )
            )
        case 7..<9:
            return command(DeadlinesMethods.complete, DeadlineRequest(deadline: deadline))
        default:
            return command(
                DeadlinesMethods.cancel,
                DeadlineReasonRequest(deadline: deadline, reason: "no longer needed")
            )
        }
    }

    private mutating func arm() -> SentCommand {
        armed += 1
        let unit = [LimitUnit.working, .working, .natural, .workingMinutes].randomElement(
            using: &generator
        )
        let limit: Int32 =
            unit == .workingMinutes
            ? .random(in: 0...900, using: &generator) : .random(in: 0...6, using: &generator)
        let rungs = Rung.known.filter { _ in Bool.random(using: &generator) }
        return command(
            DeadlinesMethods.arm,
            ArmRequest(
                limit: limit,
                unit: unit ?? .working,
                rungs: rungs,
                label: "\(login)/\(armed)"
            )
        )
    }

    private mutating func command(
        _ method: MethodDescriptor,
        _ request: some Message
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
        let view = try DeadlineView(decoding: reply)
        open.removeAll { $0.deadline == view.deadline }
        if view.state == .running || view.state == .paused {
            open.append((view.deadline, view.state == .paused))
        }
    }

    mutating func wasRefused(_ command: SentCommand, _ error: CallError) -> Bool {
        // Time has passed: the deadline is overdue, or has expired.
        switch Reason(rawValue: error.reason) {
        case .alreadyOverdue: return command.method.id == DeadlinesMethods.extend.id
        case .wrongState:
            guard let request = try? DeadlineRequest(decoding: command.body) else { return false }
            open.removeAll { $0.deadline == request.deadline }
            return true
        default: return false
        }
    }
}
