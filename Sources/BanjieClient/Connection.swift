public import BanjieProtocol
import Synchronization
import TLS
import Transport
import Wire

/// A thread that keeps connections; one is enough for most programs.
public final class ConnectionThread: Sendable {
    let loop: ClientLoop

    /// Starts the thread; it ends when it isn't used any more.
    public init() throws(ConnectionError) {
        do { loop = try ClientLoop() } catch { throw ConnectionError(description: "\(error)") }
    }

    /// The thread of the connections that name none.
    static let shared = Result { () throws(ConnectionError) in try ConnectionThread() }
}

/// Which of several servers, each of which can stand in for the others, calls go to (the names are
/// those of gRPC's load balancing).
public enum BalancingPolicy: Hashable, Sendable {
    /// To the first in the list that answers, as long as it does: one connection.
    case pickFirst
    /// To each in turn that is connected: a connection to every one.
    case roundRobin
}

/// A connection to a server, made again whenever it is lost, over which any number of calls go at a
/// time. It may be to several servers: when one of them fails or stops, the others are gone to at once.
///
/// It begins to connect at once, and is closed when nobody holds it any more.
public final class Connection: CallChannel {
    let thread: ConnectionThread
    let line: ClientLine
    let limits: Limits
    private let attempts: Int
    private let retries = Mutex(RetryBudget())

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - endpoint: `host:port`, `[ipv6]:port`, either of them behind `tls:`, or `unix:/path`.
    ///   - thread: on which it is kept; a shared one when nil.
    /// - Throws: when `endpoint` isn't one of those, or an option is out of its range. That nobody
    ///   answers there is told by the calls.
    public convenience init(
        to endpoint: String,
        options: ConnectionOptions,
        thread: ConnectionThread? = nil
    ) throws(ConnectionError) {
        try self.init(to: [endpoint], options: options, thread: thread)
    }

    /// Begins to connect to one, or each, of several servers.
    ///
    /// - Parameters:
    ///   - endpoints: at least one, in order of preference.
    ///   - thread: on which all is kept; a shared one when nil.
    /// - Throws: when there is no endpoint or what isn't one, or an option is out of its range.
    public init(
        to endpoints: [String],
        policy: BalancingPolicy = .pickFirst,
        options: ConnectionOptions,
        thread: ConnectionThread? = nil
    ) throws(ConnectionError) {
        let configuration = try ClientConfiguration(endpoints, policy, options)
        let thread = if let thread { thread } else { try ConnectionThread.shared.get() }
        self.thread = thread
        attempts = options.attempts
        limits = configuration.profile.limits
        line = thread.loop.open(configuration)
    }

    deinit { thread.loop.close(line) }

    /// Closes the connection for good; calls that are unanswered fail.
    public func close() { thread.loop.close(line) }

    /// Sends one request and waits for its one reply.
    ///
    /// A call that failed is sent again by itself when that can't do harm: it wasn't processed, or it
    /// is a query, or it carries a request id and so is carried out once. Retries have a budget, but for
    /// those of calls that no server has begun. All together, every wait included, takes no longer than
    /// the timeout, and `CallDeadline.current`; the server is told what is left. When the task is
    /// cancelled, the server is told, and the call fails as `cancelled`.
    public func unary(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) async throws(CallError) -> CallReply {
        let timeout = options.timeoutMillis ?? method.defaultTimeoutMillis
        let deadline = CallDeadline.moment(afterMillis: UInt64(timeout))
        let requestID = try Self.requestID(method, options)
        let trace = Self.traceparent(options)
        let isRepeatable = method.idempotency == .safe || !requestID.isEmpty
        var attempt = 1
        while true {
            let result = await send(
                method.id,
                body,
                requestID: requestID,
                traceparent: trace,
                deadline: deadline,
                waitsForReady: options.waitForReady || attempt > 1
            )
            switch result {
            case .success(let reply):
                retries.withLock { $0.succeeded() }
                return CallReply(bytes: reply.message, isReplay: reply.isReplay)
            case .failure(let failure):
                let wait = failure.waitBeforeRetry(
                    attempt: attempt,
                    isRepeatable: isRepeatable,
                    random: .random(in: 0...1)
                )
                guard let wait, attempt < attempts,
                    MonotonicTime.now().adding(milliseconds: wait) < deadline,
                    retries.withLock({ $0.take() }),
                    (try? await Task.sleep(for: .milliseconds(wait))) != nil
                else { throw CallError(failure) }
                attempt += 1
            }
        }
    }

    /// The caller's request id, or one made for a command that takes one; empty for none.
    static func requestID(
        _ method: MethodDescriptor,
        _ options: CallOptions
    ) throws(CallError) -> [UInt8] {
        if let given = options.requestID {
            guard (1...CallMetadata.longestRequestID).contains(given.count) else {
                throw CallError(
                    status: .invalidArgument,
                    reason: "BAD_METADATA",
                    message: "a request id of \(given.count) bytes: it has 1 to 32",
                    outcome: .notProcessed,
                    origin: .client
                )
            }
            return given
        }
        guard method.idempotency == .requestID else { return [] }
        var generator = SystemRandomNumberGenerator()
        return RequestID.make(unixMilliseconds: RequestID.wallClock(), using: &generator)
    }

    /// The trace that a call belongs to, as it travels; empty for none.
    static func traceparent(_ options: CallOptions) -> [UInt8] {
        (options.traceContext ?? .current).map { Array($0.description.utf8) } ?? []
    }

    private func send(
        _ method: UInt32,
        _ body: [UInt8],
        requestID: [UInt8],
        traceparent: [UInt8],
        deadline: MonotonicTime,
        waitsForReady: Bool
    ) async -> Result<OutgoingCall.Reply, CallFailure> {
        let pending = PendingCall()
        let loop = thread.loop
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let call = OutgoingCall(
                    method: method,
                    message: body,
                    requestID: requestID,
                    traceparent: traceparent,
                    deadline: deadline,
                    waitsForReady: waitsForReady
                ) { continuation.resume(returning: $0) }
                // A call that is cancelled before it is submitted is never sent.
                if pending.begin(call) { loop.cancel(call) }
                loop.submit(call, on: line)
            }
        } onCancel: {
            if let call = pending.cancel() { loop.cancel(call) }
        }
    }
}

/// Brings a task's cancellation and the call that the task waits for together, whichever is first.
private final class PendingCall: Sendable {
    private enum State {
        case idle
        case begun(OutgoingCall)
        case cancelled
    }

    private let state = Mutex(State.idle)

    /// Whether the task was cancelled before.
    func begin(_ call: OutgoingCall) -> Bool {
        state.withLock { state in
            if case .cancelled = state { return true }
            state = .begun(call)
            return false
        }
    }

    /// The call to be cancelled, if it has begun.
    func cancel() -> OutgoingCall? {
        state.withLock { state in
            defer { state = .cancelled }
            if case .begun(let call) = state { return call }
            return nil
        }
    }
}

extension ClientConfiguration {
    fileprivate init(
        _ texts: [String],
        _ policy: BalancingPolicy,
        _ options: ConnectionOptions
    ) throws(ConnectionError) {
        guard !texts.isEmpty else { throw ConnectionError(description: "no endpoint is named") }
        let endpoints: [Endpoint]
        do throws(TransportError) {
            endpoints = try texts.map { text throws(TransportError) in try Endpoint(text) }
        } catch {
            throw ConnectionError(description: "\(error)")
        }
        guard options.realm.utf8.count <= 256, options.product.utf8.count <= 256 else {
            throw ConnectionError(description: "a realm or product has more than 256 bytes")
        }
        var limits = Limits()
        limits.longestMessage = options.longestReply
        limits.idleMilliseconds = options.keepAliveMillis
        limits.pongMilliseconds = options.keepAliveTimeoutMillis
        guard limits.isConsistent else {
            throw ConnectionError(
                description: "a longest reply of \(options.longestReply) bytes: it may be "
                    + "\(limits.longestPayload) to \(limits.outputBytes - 1)"
            )
        }
        let fingerprint = withUnsafeBytes(of: BanjieProtocolSchema.fingerprint.bigEndian) {
            [UInt8]($0)
        }
        self.init(
            groups: policy == .pickFirst ? [endpoints] : endpoints.map { [$0] },
            profile: ClientProfile(
                realm: options.realm,
                credentials: options.credentials,
                limits: limits,
                schema: fingerprint,
                product: options.product
            ),
            security: try Self.security(at: endpoints, options)
        )
        backoff.initialMilliseconds = Double(options.initialBackoffMillis)
        backoff.longestMilliseconds = Double(options.longestBackoffMillis)
    }

    /// Nil in plain, where whoever gives files for TLS expects something else than there is.
    private static func security(
        at endpoints: [Endpoint],
        _ options: ConnectionOptions
    ) throws(ConnectionError) -> TLSClientIdentity? {
        guard let security = options.security else {
            return endpoints.contains(where: \.isUnderTLS) ? try ConnectionSecurity().identity : nil
        }
        let inPlain = endpoints.first {
            if case .tcp = $0 { true } else { false }
        }
        let isAnyUnderTLS = endpoints.contains(where: \.isUnderTLS)
        if let endpoint = inPlain ?? (isAnyUnderTLS ? nil : endpoints.first) {
            throw ConnectionError(
                description: "\(endpoint) isn't under TLS, for which there are options: write "
                    + "tls:host:port"
            )
        }
        return security.identity
    }
}

extension CallError {
    /// The failure in the terms of the stubs.
    init(_ failure: CallFailure) {
        self.init(
            status: failure.status,
            reason: failure.reason,
            message: failure.message,
            outcome: failure.outcome,
            origin: failure.origin,
            retryAfterMillis: failure.retryAfterMilliseconds,
            field: failure.field.isEmpty ? nil : failure.field,
            details: failure.details.map { CallDetail(key: $0.key, value: $0.value) }
        )
    }
}
