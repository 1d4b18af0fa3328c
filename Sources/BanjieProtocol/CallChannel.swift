public import Wire

/// What carries a client stub's calls to a server and its answers back.
public protocol CallChannel: Sendable {
    /// Sends one request and waits for its one reply.
    ///
    /// `body` is the encoded request of `method`; the reply's bytes are its encoded reply.
    func unary(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) async throws(CallError) -> CallReply

    /// Opens a streaming call, whose first message is `body`, the encoded request of `method`.
    ///
    /// It returns at once; what keeps the call from being made is told by the stream's use.
    func open(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) -> any CallStream
}

/// How one call is made.
public struct CallOptions: Hashable, Sendable {
    /// How long the call may take in all, every wait included; the method's default when nil. 0 sets a
    /// stream no limit.
    public var timeoutMillis: UInt32?
    /// The id under which a command is carried out at most once; made by the channel when nil.
    public var requestID: [UInt8]?
    /// Whether to wait for a connection, within the timeout, rather than fail at once.
    public var waitForReady: Bool
    /// The trace that the call belongs to; the task's own (`TraceContext.current`) when nil.
    public var traceContext: TraceContext?

    public init(
        timeoutMillis: UInt32? = nil,
        requestID: [UInt8]? = nil,
        waitForReady: Bool = false,
        traceContext: TraceContext? = nil
    ) {
        self.timeoutMillis = timeoutMillis
        self.requestID = requestID
        self.waitForReady = waitForReady
        self.traceContext = traceContext
    }
}

/// The reply to a call that succeeded.
public struct CallReply: Hashable, Sendable {
    /// The encoded reply.
    public let bytes: [UInt8]
    /// Whether it is the stored answer to an earlier request with the same id.
    public let isReplay: Bool

    public init(bytes: [UInt8], isReplay: Bool = false) {
        self.bytes = bytes
        self.isReplay = isReplay
    }
}

/// Why a call failed, and what that means for trying again.
public struct CallError: Error, Hashable, Sendable {
    /// The kind of failure, by gRPC's numbers.
    public var status: Status
    /// The stable name of the cause, such as `STALE_VERSION`; one of `Reason` when the server gave it.
    public var reason: String
    /// A sentence for people: what was wrong, where, and what to do.
    public var message: String
    /// Whether anything was changed.
    public var outcome: Outcome
    /// Who made the error.
    public var origin: Origin
    /// How long to wait before trying again; nil when the server doesn't say.
    public var retryAfterMillis: UInt32?
    /// The path of the request's field that was refused, such as `limits.statutory`.
    public var field: String?
    /// Particulars, in the server's order.
    public var details: [CallDetail]

    public init(
        status: Status,
        reason: String,
        message: String,
        outcome: Outcome,
        origin: Origin,
        retryAfterMillis: UInt32? = nil,
        field: String? = nil,
        details: [CallDetail] = []
    ) {
        self.status = status
        self.reason = reason
        self.message = message
        self.outcome = outcome
        self.origin = origin
        self.retryAfterMillis = retryAfterMillis
        self.field = field
        self.details = details
    }
}

extension CallError: CustomStringConvertible {
    /// `STATUS/REASON: message`.
    public var description: String {
        "\(status.name)/\(reason)\(field.map { " (\($0))" } ?? ""): \(message)"
    }
}

/// One particular of an error.
public struct CallDetail: Hashable, Sendable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

extension CallChannel {
    /// Makes a call with messages in place of bytes.
    public func call<Request: Message, Reply: Message>(
        _ method: MethodDescriptor,
        _ request: Request,
        _ options: CallOptions
    ) async throws(CallError) -> Reply {
        let reply = try await unary(method, request.encoded(), options)
        do {
            return try Reply(decoding: reply.bytes)
        } catch {
            throw CallError(undecodable: error, as: Reply.self, from: method)
        }
    }
}
