import Synchronization

/// What other threads leave for a loop; the first to leave something since the loop last looked wakes
/// it.
final class Mailbox: Sendable {
    enum Command: Sendable {
        case listen(Listener)
        case judge(ConnectionID, Verdict)
        /// Stop in two steps; what isn't done by `deadline` is cut off.
        case drain(deadline: MonotonicTime)
    }

    private struct Content: ~Copyable {
        var replies = ReplyBatch()
        var commands: [Command] = []
    }

    private let content = Mutex(Content())
    private let counter: EventCounter
    /// What the loop waits by: it reports the mailbox under `token`.
    let poller: Poller
    static let token = UInt64.max

    init() throws(TransportError) {
        counter = try EventCounter()
        poller = try Poller(counter, token: Self.token)
    }

    /// Leaves answers and takes them out of `batch`, whose memory stays in use.
    func leave(_ batch: inout ReplyBatch) {
        guard !batch.isEmpty else { return }
        let isFirst = content.withLock { content in
            let isFirst = content.replies.isEmpty && content.commands.isEmpty
            if content.replies.isEmpty {
                swap(&content.replies, &batch)
            } else {
                content.replies.append(batch)
            }
            return isFirst
        }
        batch.removeAll()
        if isFirst { counter.wake() }
    }

    /// Leaves copies of the answers that are for one loop.
    func leave(_ batch: borrowing ReplyBatch, for reactor: UInt16) {
        let isFirst = content.withLock { content in
            let isFirst = content.replies.isEmpty && content.commands.isEmpty
            content.replies.append(batch, reactor: reactor)
            return isFirst && !content.replies.isEmpty
        }
        if isFirst { counter.wake() }
    }

    func leave(_ command: Command) {
        let isFirst = content.withLock { content in
            let isFirst = content.replies.isEmpty && content.commands.isEmpty
            content.commands.append(command)
            return isFirst
        }
        if isFirst { counter.wake() }
    }

    /// Takes everything: the answers into `replies`, which must be empty, the commands as result.
    func empty(into replies: inout ReplyBatch) -> [Command] {
        precondition(replies.isEmpty, "answers are dealt with before more are taken")
        counter.clear()
        return content.withLock { content in
            swap(&content.replies, &replies)
            guard !content.commands.isEmpty else { return [] }
            let commands = content.commands
            content.commands = []
            return commands
        }
    }
}
