import BanjieProtocol
import Synchronization
import Wire

/// One caller who sends commands one after another, on records of its own.
///
/// Many lanes run at the same time on a few connections; since no two share a record, each knows
/// exactly what its commands must have come to.
protocol Lane: Sendable {
    /// Commands of a lane that were accepted, in order, since they were last taken.
    var accepted: [SentCommand] { get set }
    /// The command that was sent last and got no answer.
    var pending: SentCommand? { get set }
    /// What the lane didn't expect.
    var surprises: [String] { get set }

    /// The next command.
    mutating func next() throws -> SentCommand
    /// Takes note of an accepted command's reply.
    mutating func took(_ command: SentCommand, _ reply: [UInt8]) throws
    /// Takes note of a refusal; false when the lane's records can't explain it.
    mutating func wasRefused(_ command: SentCommand, _ error: CallError) -> Bool
}

extension Lane {
    /// Takes note of what came of a command.
    mutating func settle(_ command: SentCommand, _ outcome: CommandOutcome) {
        switch outcome {
        case .accepted(let reply, _):
            var answered = command
            answered.reply = reply
            accepted.append(answered)
            do {
                try took(answered, reply)
            } catch {
                surprises.append("a reply of \(command.method.fullName) doesn't decode: \(error)")
            }
        case .refused(let error):
            if !wasRefused(command, error) {
                surprises.append("\(command.method.fullName) was refused: \(error)")
            }
        case .unanswered:
            pending = command
        }
    }

    /// Sends commands, `most` at most, until `isOver` or the server is gone.
    mutating func run(
        on channels: [String: any CallChannel],
        until isOver: Switch,
        most: Int
    ) async {
        for _ in 0..<most {
            guard pending == nil, !isOver.isOn else { return }
            do {
                let command = try next()
                settle(command, await command.send(on: channels))
            } catch {
                surprises.append("no command could be made: \(error)")
                return
            }
        }
    }

    /// Sends the command again that got no answer.
    mutating func retry(on channels: [String: any CallChannel]) async -> CommandOutcome? {
        guard let command = pending else { return nil }
        pending = nil
        let outcome = await command.send(on: channels)
        settle(command, outcome)
        return outcome
    }
}

/// Tells many tasks that something is over.
final class Switch: Sendable {
    private let state = Atomic<Bool>(false)

    var isOn: Bool { state.load(ordering: .relaxed) }

    func turnOn() { state.store(true, ordering: .relaxed) }
}

/// Request ids of one lane, increasing.
struct RequestNumbers: Sendable {
    private let lane: UInt32
    private var last: UInt64 = 0

    init(lane: Int) { self.lane = UInt32(clamping: lane) }

    /// Twelve bytes: the lane's number, then its own sequence.
    ///
    /// The ids of different lanes of a login interleave, so that many come late, after larger ones.
    mutating func next() -> [UInt8] {
        last += 1
        return withUnsafeBytes(of: lane.bigEndian) { [UInt8]($0) }
            + withUnsafeBytes(of: last.bigEndian) { [UInt8]($0) }
    }
}
