package import Wire

/// What all sessions of a server share: what it says of itself, and its limits.
package final class ServerProfile: Sendable {
    package let realm: String
    package let limits: Limits
    /// The HELLO, ready to be sent.
    let hello: [UInt8]
    /// What is left for unfinished requests.
    let unfinishedBytes: SharedBytes

    package init(realm: String, limits: Limits, schema: [UInt8] = [], product: String = "") {
        precondition(limits.isConsistent, "limits agree with each other")
        self.realm = realm
        self.limits = limits
        unfinishedBytes = SharedBytes(limits.unfinishedBytesInAll)
        var hello = Hello(limits)
        hello.minimumVersion = ProtocolVersion.current
        hello.maximumVersion = ProtocolVersion.current
        hello.realm = realm
        hello.callsInFlight = limits.callsInFlight
        hello.schema = schema
        hello.product = product
        var writer = MessageWriter()
        writer.appendFrame(.hello, message: hello)
        self.hello = writer.bytes
    }
}

/// The server's side of one connection, without any I/O.
///
/// It takes received bytes and the time, writes what is to be sent into the output that it is given,
/// and says what its owner must do. It traps on nothing that a peer can send.
package struct ServerSession: ~Copyable {
    /// What the owner must do next.
    package enum Event {
        /// A frame was dealt with; there may be more.
        case consumed
        /// No whole frame is left: call again when there are `byteCount` bytes from here on.
        case wantsMore(byteCount: Int)
        /// Hand the call to the handler, before anything else.
        case call(IncomingCall)
        /// A streaming call: hand it to the handler, before anything else.
        case stream(IncomingCall, isHalfClosed: Bool)
        /// A message on a stream that the handler holds, valid until the next event is asked for. When
        /// `isFinal`, no other follows. Tell that it was read by `giveBack`.
        case message(CallTicket, UnsafeRawBufferPointer, isFinal: Bool)
        /// No further message comes on the stream.
        case halfClosed(CallTicket)
        /// Have `credentials` judged, and tell the verdict by `judge`.
        case authenticate
        /// Credentials are being judged: call again, with the same bytes, after the verdict.
        case suspended
        /// The handler's call was cancelled.
        case cancelled(CallTicket)
        /// Take no more bytes; send what is in the output, then close.
        case close
    }

    enum Phase: Equatable {
        case preface
        case hello
        case open
        /// Credentials are being judged, and frames wait.
        case authenticating
        /// Nothing more is taken or answered.
        case closed
    }

    enum Drain: Equatable {
        case none
        /// The first GOAWAY is out, and its PING.
        case announced(finalAt: MonotonicTime)
        /// Streams beyond the last are refused.
        case final(lastStream: UInt32)
    }

    let id: ConnectionID
    let profile: ServerProfile
    var phase = Phase.preface
    /// Whose calls these are.
    package var principal = Principal.anonymous
    var lastStream: UInt32 = 0
    var peerLongestPayload = Hello.leastLongestPayload
    var peerLongestMessage = Hello.leastLongestPayload
    var calls = CallTable()
    var unfinished: [UnfinishedCall] = []
    var unfinishedBytes = 0
    /// The call handed over last, if it came in fragments: kept until the next event.
    var completed: CompletedCall?
    /// The message handed over last, if it came in fragments: kept until the next event.
    var completedMessage: Assembly?
    var fragments = FragmentQueue()
    var streams: [UInt32: OpenStream] = [:]
    var sender: StreamSender
    var connectionCredit: ConnectionCredit
    var resets: ResetBudget
    /// What the handler must be told of its streams.
    var notices: [StreamNotice] = []
    var pendingCredentials: Credentials?
    var drain = Drain.none
    /// The peer has closed its side: what is in flight is answered, then the connection ends.
    var inputHasEnded = false
    /// Why the connection was closed, when the peer was at fault.
    package internal(set) var violation: ProtocolViolation?

    var handshakeDeadline: MonotonicTime
    var frameDeadline = MonotonicTime.never
    var stallDeadline = MonotonicTime.never
    var liveness: Liveness
    /// When `tick` must be called, at the latest.
    package internal(set) var timer: MonotonicTime

    package init(_ id: ConnectionID, profile: ServerProfile, at now: MonotonicTime) {
        self.id = id
        self.profile = profile
        handshakeDeadline = now.adding(milliseconds: profile.limits.handshakeMilliseconds)
        liveness = Liveness(profile.limits, at: now)
        timer = handshakeDeadline
        sender = StreamSender(room: profile.limits.streamQueueBytes)
        connectionCredit = ConnectionCredit(window: profile.limits.connectionWindow)
        resets = ResetBudget(
            burst: Int(profile.limits.callsInFlight) + profile.limits.resetsPerSecond,
            perSecond: profile.limits.resetsPerSecond,
            at: now
        )
    }

    var limits: Limits { profile.limits }

    /// Whether the connection has nothing more to do but to send what is in the output.
    package var isFinished: Bool {
        switch phase {
        case .closed: true
        case .authenticating: false
        case .preface, .hello, .open:
            (inputHasEnded || isDrained) && calls.count == 0 && fragments.isEmpty
        }
    }

    private var isDrained: Bool {
        if case .final = drain { true } else { false }
    }

    /// Whether frames wait for a verdict.
    package var isSuspended: Bool { phase == .authenticating }

    /// Whether fragments, or messages on streams, can be sent.
    package var hasFragments: Bool { !fragments.isEmpty || sender.isReady }

    /// Bytes that wait to be sent in fragments.
    package var fragmentBytes: Int { fragments.byteCount }

    /// How many calls the handler has, or are still coming.
    package var callsInFlight: Int { calls.count }

    // MARK: - Bytes

    /// Takes note that bytes have come: a sign of life, whatever they are.
    package mutating func received(at now: MonotonicTime) {
        liveness.received(at: now)
    }

    /// Deals with the first frame in `input` and moves `input` beyond it.
    package mutating func next(
        in input: inout UnsafeRawBufferPointer,
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) -> Event {
        if completed != nil { completed = nil }
        if completedMessage != nil { completedMessage = nil }
        do {
            switch phase {
            case .open: break
            case .preface:
                guard try takePreface(&input) else { return incomplete(input, 8, now) }
                return .consumed
            case .hello:
                try checkHelloLength(input)
            case .authenticating: return .suspended
            case .closed: return .close
            }
            switch try Frame.first(in: input, longestPayload: profile.limits.longestPayload) {
            case .incomplete(let byteCount):
                return incomplete(input, byteCount, now)
            case .found(let frame):
                input = UnsafeRawBufferPointer(rebasing: input[frame.byteCount...])
                if frameDeadline != .never { frameDeadline = .never }
                return try take(frame, at: now, into: &output)
            }
        } catch {
            return close(for: error, into: &output)
        }
    }

    private mutating func incomplete(
        _ input: UnsafeRawBufferPointer,
        _ byteCount: Int,
        _ now: MonotonicTime
    ) -> Event {
        if input.count > 0, frameDeadline == .never {
            frameDeadline = now.adding(milliseconds: limits.frameMilliseconds)
            timer = min(timer, frameDeadline)
        }
        return .wantsMore(byteCount: byteCount)
    }

    private mutating func take(
        _ frame: Frame,
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let header = frame.header
        guard let type = FrameType(rawValue: header.type) else {
            if FrameType.isIgnorable(header.type), phase == .open { return .consumed }
            throw .unknownType(header.type)
        }
        guard type.isAllowed(on: header.stream) else { throw .malformed(type, .stream) }
        if phase == .hello {
            guard type == .hello else { throw .notHello(type) }
            try takeHello(frame, into: &output)
            return .consumed
        }
        switch type {
        case .call: return try takeCall(frame, at: now, into: &output)
        case .message: return try takeFragment(frame, into: &output)
        case .cancel: return try takeCancel(frame, at: now, into: &output)
        case .window: try takeWindow(frame)
        case .authenticate: return try takeCredentials(frame)
        case .ping: try Liveness.answer(frame, into: &output)
        case .pong: try takePong(frame, into: &output)
        case .error: return takeError()
        case .hello, .end, .goAway: throw .unexpected(type)
        }
        return .consumed
    }

    // MARK: - The end

    /// Ends the connection because of what the peer did: ERROR is the last frame (W10).
    package mutating func close(
        for violation: ProtocolViolation,
        into output: inout MessageWriter
    ) -> Event {
        guard phase != .closed else { return .close }
        self.violation = violation
        output.appendFrame(.error, message: Farewell(violation))
        abandonAll()
        return .close
    }

    private mutating func takeError() -> Event {
        abandonAll()
        return .close
    }

    private mutating func abandonAll() {
        phase = .closed
        handshakeDeadline = .never
        frameDeadline = .never
        fragments.removeAll()
        endAllStreams()
        unfinished = []
    }

    /// The peer has closed its side (W44). `isWithinFrame`: bytes of an unfinished frame were left.
    package mutating func inputEnded(isWithinFrame: Bool) -> Event {
        inputHasEnded = true
        guard phase != .closed, !isWithinFrame else {
            abandonAll()
            return .close
        }
        for call in unfinished {
            if let index = calls.index(ofStream: call.stream) { calls.remove(at: index) }
        }
        unfinished = []
        cancelAllStreams()
        handshakeDeadline = .never
        return isFinished ? .close : .consumed
    }
}

extension FrameType {
    /// Whether frames of this type may be sent on this stream (W7).
    func isAllowed(on stream: UInt32) -> Bool {
        self == .window || (stream == 0) == (rawValue < FrameType.call.rawValue)
    }
}
