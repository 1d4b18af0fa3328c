/// What a stream's handler has to say when it is asked.
public enum StreamStep<Reply> {
    /// A message for the caller; there may be more.
    case message(Reply)
    /// Nothing before something changes: a commit, or a message of the caller's.
    case waiting
    /// Nothing yet, though nothing has to change first: it has looked far enough for one turn, and others
    /// have theirs before it goes on.
    case lookingOn
    /// Nothing any more: the stream has ended, and all was well.
    case finished
}

/// What answers one watch: asked for a message whenever there is room for one.
public protocol ServedWatch<Context, Failure> {
    associatedtype Context
    associatedtype Failure: Error
    associatedtype Reply: Message

    /// The next message. Must not block; a failure ends the stream.
    mutating func next(in context: inout Context) throws(Failure) -> StreamStep<Reply>
}

/// What takes one upload, message by message.
public protocol ServedUpload<Context, Failure> {
    associatedtype Context
    associatedtype Failure: Error
    associatedtype Request: Message
    associatedtype Reply: Message

    /// Takes a message after the first. A failure ends the stream.
    mutating func receive(_ request: Request, in context: inout Context) throws(Failure)

    /// All has come: the reply.
    mutating func finish(in context: inout Context) throws(Failure) -> Reply
}

/// What holds one session: told of each message, and asked for one whenever there is room.
public protocol ServedSession<Context, Failure> {
    associatedtype Context
    associatedtype Failure: Error
    associatedtype Request: Message
    associatedtype Reply: Message

    /// Takes a message after the first. A failure ends the stream.
    mutating func receive(_ request: Request, in context: inout Context) throws(Failure)

    /// The caller sends no further message.
    mutating func finishReceiving(in context: inout Context) throws(Failure)

    /// The next message. Must not block; a failure ends the stream.
    mutating func next(in context: inout Context) throws(Failure) -> StreamStep<Reply>
}
