public import BanjieProtocol
import Transport
import Wire

/// How a watch goes on after an interruption.
public struct Resumption: Sendable {
    /// What becomes of a watch.
    public enum Notice: Sendable {
        /// It was cut off by this, and will go on.
        case interrupted(CallError)
        /// It goes on.
        case resumed
    }

    /// The wait before the watch is opened again when it hadn't lasted that long; each further one is
    /// 1.6 times longer, with a fifth of it left to chance. A connection has waits of its own.
    public var initialBackoffMillis: UInt32 = 1_000
    /// The longest wait.
    public var longestBackoffMillis: UInt32 = 120_000
    /// Is told of interruptions, by the task that reads.
    public var notify: @Sendable (Notice) -> Void

    public init(notify: @escaping @Sendable (Notice) -> Void = { _ in }) { self.notify = notify }
}

/// A watch that outlives its connection, and its server's restarts: it goes on behind the last number
/// that it has handed out. So nothing is left out and nothing changes its order; whoever keeps the
/// numbers that it has dealt with, and begins after the last of them, gets everything at least once.
///
/// Each iterator is a watch of its own, opened when it is first read. It fails as a stream does before
/// anything has come, unless the options have it wait; and later when the server refuses to go on, the
/// timeout of it all has passed, or the task is cancelled.
///
///     for try await event in deadlines.watchResuming(WatchFiredRequest(after: last)) { … }
public struct ResumingWatch<Request: ResumableRequest, Reply: SequencedMessage>: AsyncSequence,
    Sendable
{
    private let channel: any CallChannel
    private let method: MethodDescriptor
    private let request: Request
    private let options: CallOptions
    private let resumption: Resumption

    /// - Precondition: `method` is a watch with these messages.
    public init(
        _ channel: any CallChannel,
        _ method: MethodDescriptor,
        _ request: Request,
        _ options: CallOptions = CallOptions(),
        _ resumption: Resumption = Resumption()
    ) {
        precondition(method.kind == .watch, "\(method.fullName) is no watch")
        self.channel = channel
        self.method = method
        self.request = request
        self.options = options
        self.resumption = resumption
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(channel, method, request, options, resumption)
    }

    /// Where one reader of the watch is.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        private enum State {
            /// To be opened, for the first time or again.
            case closed
            case opened(ReplyStream<Reply>)
            /// Its first message came at `since`.
            case running(ReplyStream<Reply>, since: MonotonicTime)
            case ended
        }

        private let channel: any CallChannel
        private let method: MethodDescriptor
        private let resumption: Resumption
        private let deadline: MonotonicTime
        /// Goes on behind what was handed out.
        private var request: Request
        private var options: CallOptions
        private var backoff = Backoff()
        private var state = State.closed
        private var isInterrupted = false

        fileprivate init(
            _ channel: any CallChannel,
            _ method: MethodDescriptor,
            _ request: Request,
            _ options: CallOptions,
            _ resumption: Resumption
        ) {
            self.channel = channel
            self.method = method
            self.request = request
            self.options = options
            self.resumption = resumption
            let timeout = options.timeoutMillis ?? method.defaultTimeoutMillis
            deadline = CallDeadline.moment(afterMillis: timeout == 0 ? nil : UInt64(timeout))
            backoff.initialMilliseconds = Double(resumption.initialBackoffMillis)
            backoff.longestMilliseconds = Double(resumption.longestBackoffMillis)
        }

        /// The next message, from whichever connection; nil when the server has ended the watch and all
        /// was well.
        public mutating func next() async throws(CallError) -> Reply? {
            while true {
                switch state {
                case .ended: return nil
                case .closed:
                    state = .opened(channel.watch(method, request, try optionsNow()))
                case .opened(let stream), .running(let stream, since: _):
                    var replies = stream.makeAsyncIterator()
                    do throws(CallError) {
                        guard let reply = try await replies.next() else {
                            state = .ended
                            return nil
                        }
                        if take(reply, from: stream) { return reply }
                    } catch {
                        try await goOn(after: error)
                    }
                }
            }
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CallError) -> Reply? {
            try await next()
        }

        /// Takes note of a message; false when it has been handed out before.
        private mutating func take(_ reply: Reply, from stream: ReplyStream<Reply>) -> Bool {
            let wasInterrupted = isInterrupted
            if case .opened = state {
                state = .running(stream, since: .now())
                // From now on the watch waits for its server.
                options.waitForReady = true
                isInterrupted = false
                if wasInterrupted { resumption.notify(.resumed) }
            }
            // Where a watch begins it says so by a number that has been handed out.
            if wasInterrupted, let after = request.after, reply.sequence <= after { return false }
            request.after = reply.sequence
            return true
        }

        /// Waits until the watch may be opened again, or throws what can't be outlived.
        private mutating func goOn(after error: CallError) async throws(CallError) {
            guard options.waitForReady, error.passes, !Task.isCancelled else {
                state = .ended
                throw error
            }
            var wait = UInt64(error.retryAfterMillis ?? 0)
            if case .running(_, let since) = state,
                backoff.ended(afterMilliseconds: since.milliseconds(until: .now()))
            {
                // It has lasted: what keeps it from going on is the connection's to wait for.
            } else {
                wait = Swift.max(wait, backoff.next(random: .random(in: 0...1)))
            }
            state = .closed
            isInterrupted = true
            resumption.notify(.interrupted(error))
            let most = MonotonicTime.now().milliseconds(until: deadline)
            do { try await Task.sleep(for: .milliseconds(Swift.min(wait, most))) } catch {
                state = .ended
                throw CallError(.cancelledByCaller(wasSent: false))
            }
        }

        /// The options for a stream that begins now: it may take what is left of the timeout.
        private mutating func optionsNow() throws(CallError) -> CallOptions {
            guard deadline != .never else { return options }
            let remaining = MonotonicTime.now().milliseconds(until: deadline)
            guard remaining > 0 else {
                state = .ended
                throw CallError(.outOfTime(wasSent: false))
            }
            var options = options
            options.timeoutMillis = UInt32(clamping: remaining)
            return options
        }
    }
}

extension CallError {
    /// Whether the same call may well succeed later, without anybody's doing.
    fileprivate var passes: Bool {
        switch status {
        case .unavailable:
            !["WRONG_REALM", "NO_COMMON_VERSION", "TLS_FAILED", "CONNECTION_CLOSED"]
                .contains(reason)
        case .resourceExhausted: ["TOO_MANY_CALLS", "TOO_MANY_STREAMS"].contains(reason)
        default: false
        }
    }
}
