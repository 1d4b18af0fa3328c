public import BanjieProtocol
public import Wire

/// A call as an interceptor sees it: never its content.
public struct ClientCall: Sendable {
    public let method: MethodDescriptor
    /// How it is made; an interceptor may change that.
    public var options: CallOptions
}

/// How a call ended.
public struct ClientCallEnding: Sendable {
    /// Nil when it succeeded.
    public let error: CallError?
    /// Whether the answer is the stored one to an earlier request with the same id.
    public let isReplay: Bool
    /// From beginning to end, every wait and repetition included.
    public let duration: Duration

    public var status: Status { error?.status ?? .ok }
}

/// Looks at every call of a channel when it begins and when it has ended.
///
/// Both are called on whatever thread is at hand, which they must not block.
public protocol ClientInterceptor: Sendable {
    /// A call begins. Each is followed by one `after`.
    func before(_ call: inout ClientCall)

    /// The call has ended: with its reply, with an error, or because nobody wants it any more.
    func after(_ call: ClientCall, _ ending: ClientCallEnding)
}

extension ClientInterceptor {
    public func before(_ call: inout ClientCall) {}
    public func after(_ call: ClientCall, _ ending: ClientCallEnding) {}
}

/// Has every call that belongs to no trace begin one, so that its lines in the server's log can be
/// found.
public struct TraceStarter: ClientInterceptor {
    private let isSampled: Bool

    /// - Parameter isSampled: Whether the traces are recorded here.
    public init(isSampled: Bool = false) { self.isSampled = isSampled }

    public func before(_ call: inout ClientCall) {
        guard call.options.traceContext == nil, TraceContext.current == nil else { return }
        var generator = SystemRandomNumberGenerator()
        call.options.traceContext = TraceContext(isSampled: isSampled, using: &generator)
    }
}
