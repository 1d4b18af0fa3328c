internal import BanjieProtocol
internal import Transport
internal import Wire

/// A call as an interceptor sees it: neither its content nor who made it.
struct ObservedCall: Sendable {
    /// The service's number in the upper 16 bits, the method's in the lower: whatever the caller sent.
    let methodID: UInt32
    /// Nil when no method has this id.
    let method: ObservedMethod?
    let connection: ConnectionID
    let receivedAt: MonotonicTime
    /// When the caller is told that time is over.
    let deadline: MonotonicTime
    let trace: TraceContext?
}

/// A method as calls are counted by it.
struct ObservedMethod: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Answered where the request is read.
        case inline
        case query
        case command
        /// A watch, an upload or a session: its duration says how long it was held.
        case stream
    }

    /// Its place among all methods of the server, from 0.
    let index: Int
    let kind: Kind
}

/// How a call ended.
struct CallEnding: Sendable {
    let status: Status
    /// Nil when it succeeded, or when the transport ended it.
    let reason: Reason?
    /// Whether the answer is the stored one to an earlier request with the same id.
    let isReplay: Bool
    /// From the arrival of the request to its answer, in nanoseconds; nil when it was answered where
    /// it was read, which isn't worth a look at the clock.
    let duration: UInt64?
}

/// Looks at every call when it comes and when it has ended.
///
/// Both are called on the loops' and the workers' threads, which they must not block.
protocol ServerInterceptor: Sendable {
    /// A call has come. Each is followed by one `after`.
    func before(_ call: ObservedCall)
    /// The call has been answered.
    func after(_ call: ObservedCall, _ ending: CallEnding)
}

/// Interceptors, in the order in which they look at a call; the reverse at its end.
struct ServerInterceptors: Sendable {
    private let interceptors: [any ServerInterceptor]

    init(_ interceptors: [any ServerInterceptor]) { self.interceptors = interceptors }

    func before(_ call: ObservedCall) {
        for interceptor in interceptors { interceptor.before(call) }
    }

    func after(_ call: ObservedCall, _ ending: CallEnding) {
        for interceptor in interceptors.reversed() { interceptor.after(call, ending) }
    }
}

extension CallEnding {
    /// A success where the request was read.
    static let answeredInline = CallEnding(
        status: .ok,
        reason: nil,
        isReplay: false,
        duration: nil
    )

    /// A refusal where the request was read.
    static func refusedInline(_ reason: Reason) -> CallEnding {
        CallEnding(status: reason.status, reason: reason, isReplay: false, duration: nil)
    }

    /// What the caller of a stream got that ended at `now`.
    init(_ end: StreamEnd, at now: MonotonicTime) {
        let call = end.call.observed
        let (status, reason): (Status, Reason?) =
            switch end.failure {
            case nil: (.ok, nil)
            case .handler(let report)?: (report.reason.status, report.reason)
            case .cancelled?: (now > call.deadline ? .deadlineExceeded : .cancelled, nil)
            }
        self.init(
            status: status,
            reason: reason,
            isReplay: false,
            duration: now.nanoseconds &- call.receivedAt.nanoseconds
        )
    }

    /// What the caller of a call got that was answered with `outcome` at `now`: nothing of it, when
    /// that came too late.
    init(_ outcome: EngineOutcome, to call: ObservedCall, at now: MonotonicTime) {
        let (status, reason, isReplay): (Status, Reason?, Bool) =
            switch outcome {
            case _ where now > call.deadline: (.deadlineExceeded, nil, false)
            case .reply(_, let isReplay): (.ok, nil, isReplay)
            case .failure(let failure):
                (failure.report.reason.status, failure.report.reason, false)
            }
        self.init(
            status: status,
            reason: reason,
            isReplay: isReplay,
            duration: now.nanoseconds &- call.receivedAt.nanoseconds
        )
    }
}
