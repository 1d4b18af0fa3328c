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

/// Looks at calls when they come and when they have ended.
///
/// Both are called on the loops' and the workers' threads, which they must not block.
protocol ServerInterceptor: Sendable {
    /// Whether it must see calls that succeed where they are read. Those are short, and looking at them
    /// costs a good part of the call: while no interceptor must, they are only counted.
    var mustSeeInlineSuccesses: Bool { get }
    /// A call has come. Each is followed by one `after`.
    func before(_ call: ObservedCall)
    /// The call has been answered.
    func after(_ call: ObservedCall, _ ending: CallEnding)
}

/// The metrics and the other interceptors, in the order in which they look at a call; the reverse at
/// its end.
struct ServerInterceptors: Sendable {
    /// Known by its type, so that counting a call costs an addition.
    private let metrics: CallMetrics
    private let others: [any ServerInterceptor]
    /// Whether calls that succeed where they are read must be told to `before` and `after`.
    let mustSeeInlineSuccesses: Bool

    init(_ metrics: CallMetrics, _ others: [any ServerInterceptor]) {
        self.metrics = metrics
        self.others = others
        mustSeeInlineSuccesses = others.contains(where: \.mustSeeInlineSuccesses)
    }

    func before(_ call: ObservedCall) {
        metrics.before(call)
        for interceptor in others { interceptor.before(call) }
    }

    func after(_ call: ObservedCall, _ ending: CallEnding) {
        for interceptor in others.reversed() { interceptor.after(call, ending) }
        metrics.after(call, ending)
    }

    /// A call has succeeded where it was read, and no interceptor must see it.
    func countInlineSuccess(of method: ObservedMethod) {
        metrics.countInlineSuccess(of: method)
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

    /// A stream that the handler ended, well or for a reason.
    static func ended(_ call: ObservedCall, _ reason: Reason? = nil) -> CallEnding {
        CallEnding(
            status: reason?.status ?? .ok,
            reason: reason,
            isReplay: false,
            duration: MonotonicTime.now().nanoseconds &- call.receivedAt.nanoseconds
        )
    }

    /// A stream that its caller, its time or the transport ended.
    static func cut(_ call: ObservedCall) -> CallEnding {
        let now = MonotonicTime.now()
        return CallEnding(
            status: now > call.deadline ? .deadlineExceeded : .cancelled,
            reason: nil,
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
