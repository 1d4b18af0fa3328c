import BanjieProtocol
import Wire

/// A command that was sent under a request id, and the reply that it got.
struct SentCommand: Sendable {
    /// As whom it was sent.
    let login: String
    let method: MethodDescriptor
    let body: [UInt8]
    let requestID: [UInt8]
    /// The reply that was acknowledged; nil while there is none.
    var reply: [UInt8]?
}

/// What a server made of a command.
enum CommandOutcome: Sendable {
    case accepted([UInt8], isReplay: Bool)
    /// The office's rules or the server refused it: nothing was changed.
    case refused(CallError)
    /// There was no answer: the connection was lost, or couldn't be made.
    case unanswered(CallError)
}

extension SentCommand {
    /// Sends the command, once.
    func send(
        on channels: [String: any CallChannel],
        waitForReady: Bool = true
    ) async -> CommandOutcome {
        guard let channel = channels[login] else {
            preconditionFailure("\(login) has no connection")
        }
        do {
            let reply = try await channel.unary(
                method,
                body,
                CallOptions(timeoutMillis: 30_000, requestID: requestID, waitForReady: waitForReady)
            )
            return .accepted(reply.bytes, isReplay: reply.isReplay)
        } catch {
            switch error.origin {
            case .handler, .server: return .refused(error)
            default: return .unanswered(error)
            }
        }
    }
}
