import Wire

/// A streaming call in bytes, as a channel carries it.
///
/// When nobody holds it any more it is cancelled, unless it has ended.
public protocol CallStream: AnyObject, Sendable {
    /// Waits for the server's next message; nil when the stream has ended and all was well.
    ///
    /// One task reads a stream at a time. When that task is cancelled, so is the stream.
    func next() async throws(CallError) -> [UInt8]?

    /// Sends a message, when what was sent before has made room for it. Does nothing when the stream has
    /// ended and all was well.
    ///
    /// When the waiting task is cancelled, so is the stream.
    func send(_ message: [UInt8]) async throws(CallError)

    /// Says that no further message follows. Nothing may be sent afterwards.
    func finishSending()

    /// Ends the stream for both sides, at once.
    func cancel()
}

/// The messages with which a server answers, each given to one reader, once.
///
/// It is read while the server writes: a reader that is slow makes the server wait, and costs no more
/// memory than the stream's window. Leaving the loop early cancels the call as soon as the sequence is
/// let go of.
///
///     for try await event in client.watch(request) { … }
public struct ReplyStream<Reply: Message>: AsyncSequence, Sendable {
    let method: MethodDescriptor
    let stream: any CallStream

    /// Reads the stream; all its iterators share what comes.
    public struct Iterator: AsyncIteratorProtocol {
        let replies: ReplyStream

        public mutating func next() async throws(CallError) -> Reply? {
            try await replies.next()
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CallError) -> Reply? {
            try await replies.next()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(replies: self) }

    /// Ends the call for both sides, at once; whoever reads gets an error of status `cancelled`.
    public func cancel() { stream.cancel() }

    func next() async throws(CallError) -> Reply? {
        guard let bytes = try await stream.next() else { return nil }
        do {
            return try Reply(decoding: bytes)
        } catch {
            stream.cancel()
            throw CallError(undecodable: error, as: Reply.self, from: method)
        }
    }
}

/// A call that sends any number of messages and gets one reply.
public struct UploadCall<Request: Message, Reply: Message>: Sendable {
    let replies: ReplyStream<Reply>

    /// Sends a message; waits while the server doesn't keep up.
    ///
    /// When the server has replied already, nothing is sent: `finish` gives the reply.
    public func send(_ message: Request) async throws(CallError) {
        try await replies.stream.send(message.encoded())
    }

    /// Says that this is all, and waits for the reply.
    public func finish() async throws(CallError) -> Reply {
        replies.stream.finishSending()
        guard let reply = try await replies.next() else { throw misfit("without a reply") }
        guard try await replies.stream.next() == nil else {
            cancel()
            throw misfit("with more than one reply")
        }
        return reply
    }

    /// Ends the call for both sides, at once.
    public func cancel() { replies.stream.cancel() }

    private func misfit(_ how: String) -> CallError {
        CallError(
            status: .internal,
            reason: Reason.undecodable.rawValue,
            message: "\(replies.method.fullName) ended \(how)",
            outcome: .unknown,
            origin: .client
        )
    }
}

/// A call with any number of messages both ways.
public struct SessionCall<Request: Message, Reply: Message>: Sendable {
    /// What the server sends. It ends when the server ends the session.
    public let replies: ReplyStream<Reply>

    /// Sends a message; waits while the server doesn't keep up.
    public func send(_ message: Request) async throws(CallError) {
        try await replies.stream.send(message.encoded())
    }

    /// Says that no further message follows. The server may go on.
    public func finishSending() { replies.stream.finishSending() }

    /// Ends the session for both sides, at once.
    public func cancel() { replies.stream.cancel() }
}

extension CallChannel {
    /// Opens a watch.
    public func watch<Request: Message, Reply: Message>(
        _ method: MethodDescriptor,
        _ request: Request,
        _ options: CallOptions
    ) -> ReplyStream<Reply> {
        ReplyStream(method: method, stream: open(method, request.encoded(), options))
    }

    /// Opens an upload, whose first message is `request`.
    public func upload<Request: Message, Reply: Message>(
        _ method: MethodDescriptor,
        _ request: Request,
        _ options: CallOptions
    ) -> UploadCall<Request, Reply> {
        UploadCall(replies: watch(method, request, options))
    }

    /// Opens a session, whose first message is `request`.
    public func session<Request: Message, Reply: Message>(
        _ method: MethodDescriptor,
        _ request: Request,
        _ options: CallOptions
    ) -> SessionCall<Request, Reply> {
        SessionCall(replies: watch(method, request, options))
    }

    /// A channel that carries unary calls only opens no stream.
    public func open(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) -> any CallStream {
        FailedStream(
            CallError(
                status: .unimplemented,
                reason: Reason.unknownMethod.rawValue,
                message: "\(method.fullName) is a stream, and the channel carries none",
                outcome: .notProcessed,
                origin: .client
            )
        )
    }
}

/// A stream that was never opened.
public final class FailedStream: CallStream {
    private let error: CallError

    /// - Parameter error: why; what every use of the stream throws.
    public init(_ error: CallError) { self.error = error }

    public func next() async throws(CallError) -> [UInt8]? { throw error }
    public func send(_ message: [UInt8]) async throws(CallError) { throw error }
    public func finishSending() {}
    public func cancel() {}
}

extension CallError {
    /// A reply that isn't one.
    init<Reply: Message>(
        undecodable error: DecodingError,
        as type: Reply.Type,
        from method: MethodDescriptor
    ) {
        self.init(
            status: .internal,
            reason: Reason.undecodable.rawValue,
            message: "the reply of \(method.fullName) doesn't decode: "
                + error.describe(in: Reply.descriptor),
            outcome: .processed,
            origin: .client
        )
    }
}
