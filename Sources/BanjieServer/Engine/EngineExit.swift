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
    /// Told of every transaction that the store has kept.
    var measured: @Sendable (CommitFigures) -> Void = { _ in }
    /// Told what operators should look at, whenever that has changed.
    var warned: @Sendable (OfficeWarnings) -> Void = { _ in }
}

/// What a transaction came to, for who watches the server.
struct CommitFigures: Sendable {
    /// How long the store took, in nanoseconds.
    let nanoseconds: UInt64
    /// How long after its instant each rung that fired in it was durable, in milliseconds of the server's
    /// clock.
    let firedAfterMilliseconds: [UInt64]
}
