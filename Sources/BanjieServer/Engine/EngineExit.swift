internal import Transport

/// Where the engine's answers go, each only once what it rests on is durable. All are called on the
/// threads of the engine and of its commits, which they must not block.
struct EngineExit<Ticket: Sendable>: Sendable {
    let deliver: @Sendable ([EngineAnswer<Ticket>]) -> Void
    /// Told of accounts that a commit has changed, in order, before anyone has an answer to it.
    var accountsChanged: @Sendable ([AccountChange]) -> Void = { _ in }
    /// Told of a commit that has added events.
    var published: @Sendable () -> Void = {}
    /// Sends what streams say.
    var post: @Sendable (inout ReplyBatch) -> Void = { $0.removeAll() }
    /// Told of every stream's end, once.
    var ended: @Sendable (StreamEnd) -> Void = { _ in }
}
