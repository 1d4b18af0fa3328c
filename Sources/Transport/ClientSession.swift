package import Wire

/// What a client says of itself on each of its connections to a server.
package final class ClientProfile: Sendable {
    package let limits: Limits
    /// Whether the handshake includes signing in.
    let signsIn: Bool
    /// The preface, HELLO and, with credentials, AUTH, ready to be sent.
    let opening: [UInt8]

    /// - Precondition: HELLO fits its 4 096 bytes: realm, schema and product are short.
    package init(
        realm: String,
        credentials: Credentials? = nil,
        limits: Limits,
        schema: [UInt8] = [],
        product: String = ""
    ) {
        precondition(limits.isConsistent, "limits agree with each other")
        self.limits = limits
        signsIn = credentials != nil
        var hello = Hello(limits)
        hello.minimumVersion = ProtocolVersion.current
        hello.maximumVersion = ProtocolVersion.current
        hello.realm = realm
        hello.schema = schema
        hello.product = product
        var writer = MessageWriter()
        writer.append(Preface.bytes)
        writer.appendFrame(.hello, message: hello)
        if let credentials { writer.appendFrame(.authenticate, message: credentials) }
        opening = writer.bytes
    }
}

/// A client's side of one connection, without any I/O.
///
/// It takes received bytes and the time, writes what is to be sent into the output that it is given,
/// and says what has become of the calls. It traps on nothing that a peer can send.
package struct ClientSession: ~Copyable {
    /// Its owner's name for a call.
    package typealias CallKey = UInt32

    package enum Event {
        /// A frame was dealt with; there may be more.
        case consumed
        /// No whole frame is left: call again when there are `byteCount` bytes from here on.
        case wantsMore(byteCount: Int)
        /// The handshake is done, signing in included: calls may begin.
        case ready
        /// The server doesn't accept the credentials; the connection is of no use.
        case refused(CallFailure)
        /// The call was answered, or a stream ended (then there is no message). The message is valid until
        /// the next event is asked for.
        case succeeded(CallKey, message: UnsafeRawBufferPointer, isReplay: Bool)
        case failed(CallKey, CallFailure)
        /// A message on a stream, valid until the next event is asked for. Tell that it was read by
        /// `giveBack`.
        case message(CallKey, UnsafeRawBufferPointer)
        /// No new calls here. Take the calls that were not processed by `takeUnprocessed`.
        case goingAway
        /// The connection is over: see `end`.
        case close
    }

    /// Why a connection is over.
    package enum End: Hashable, Sendable {
        /// The server broke a rule.
        case violation(ProtocolViolation)
        /// The server said why, in ERROR.
        case farewell(Farewell)
        /// The server closed.
        case closed
    }

    private enum Phase: Equatable {
        case hello
        case signingIn
        case open
        case goingAway(lastStream: UInt32)
        case closed
    }

    struct CallState {
        let key: CallKey
        /// How many bytes of output there will have been when its request is out.
        var sentAt: UInt64
        var reply: Assembly?
    }

    let profile: ClientProfile
    private var phase = Phase.hello
    /// What the server said of itself; nil before it has.
    package private(set) var peer: Hello?
    /// Whom the server takes us for; nil before, and without credentials.
    package private(set) var signedIn: SignedIn?
    var lastStream: UInt32 = 0
    var calls: [UInt32: CallState] = [:]
    /// Of those calls that are streams; apart, since most aren't.
    var receivers: [UInt32: StreamReceiver] = [:]
    private var fragments = FragmentQueue()
    var sender: StreamSender
    var connectionCredit: ConnectionCredit
    /// The message handed over last, if it came in fragments: kept until the next event.
    var handedOver: Assembly?
    private var liveness: Liveness
    private var handshakeDeadline: MonotonicTime
    private var frameDeadline = MonotonicTime.never
    package private(set) var end: End?
    /// When `tick` must be called, at the latest.
    package private(set) var timer: MonotonicTime

    /// Begins the handshake on a connection that has just been opened.
    package init(
        profile: ClientProfile,
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) {
        self.profile = profile
        handshakeDeadline = now.adding(milliseconds: profile.limits.handshakeMilliseconds)
        liveness = Liveness(profile.limits, at: now)
        timer = handshakeDeadline
        sender = StreamSender(room: profile.limits.streamQueueBytes)
        connectionCredit = ConnectionCredit(window: profile.limits.connectionWindow)
        output.append(profile.opening)
    }

    /// Whether another call may begin now.
    package var canBegin: Bool {
        guard phase == .open, let peer else { return false }
        return calls.count < Int(peer.callsInFlight) && lastStream < Limits.lastStream
    }

    /// Whether the connection takes no new calls any more, and another should be opened.
    package var isRetired: Bool {
        switch phase {
        case .goingAway, .closed: true
        case .hello, .signingIn: false
        case .open: lastStream >= Limits.lastStream
        }
    }

    package var callsInFlight: Int { calls.count }

    package var hasFragments: Bool { !fragments.isEmpty || sender.isReady }
    package var fragmentBytes: Int { fragments.byteCount }

    // MARK: - Calls

    /// Writes a call, or as much of it as fits a frame, and returns its stream.
    ///
    /// `flags` has STREAM for a streaming call, whose first message this is, and then HALF_CLOSE when no
    /// other follows.
    ///
    /// - Precondition: `canBegin`, and `takesStreams` for a streaming call; the message isn't longer than
    ///   the server takes.
    package mutating func begin(
        _ key: CallKey,
        method: UInt32,
        timeoutMilliseconds: UInt32,
        requestID: [UInt8],
        traceparent: [UInt8],
        message: [UInt8],
        flags: FrameFlags = [],
        into output: inout MessageWriter
    ) -> UInt32 {
        guard canBegin, let peer else { preconditionFailure("a call begins when it may") }
        lastStream = lastStream == 0 ? 1 : lastStream + 2
        let stream = lastStream
        requestID.withUnsafeBytes { requestID in
            traceparent.withUnsafeBytes { traceparent in
                message.withUnsafeBytes { bytes in
                    var metadata = CallMetadata(requestID: requestID, traceparent: traceparent)
                    // What goes before the message is at most 4 bytes of method, and metadata whose
                    // fields are preceded by at most 16 bytes of tags, lengths and total length.
                    let before = 4 + requestID.count + traceparent.count + 16
                    let room = Int(peer.longestPayload) - before
                    precondition(room > 0, "metadata leaves room in a frame")
                    let first = min(room, bytes.count)
                    if first < bytes.count { metadata.totalLength = UInt64(bytes.count) }
                    output.appendCall(
                        stream: stream,
                        method: method,
                        timeoutMilliseconds: timeoutMilliseconds,
                        flags: flags,
                        metadata: metadata,
                        message: UnsafeRawBufferPointer(rebasing: bytes[..<first])
                    )
                    if first < bytes.count {
                        fragments.appendRequest(stream: stream, message, from: first)
                    }
                }
            }
        }
        calls[stream] = CallState(key: key, sentAt: .max)
        guard flags.contains(.stream) else { return stream }
        receivers[stream] = StreamReceiver(
            window: profile.limits.streamWindow,
            isHalfClosed: false
        )
        sender.open(
            stream,
            isHalfClosed: flags.contains(.halfClose),
            isHeld: fragments.contains(stream: stream)
        )
        return stream
    }

    /// Takes note of where in all output the request of `stream` ends, so that a loss of the
    /// connection can tell whether it was sent.
    package mutating func noteOutputEnd(_ position: UInt64, of stream: UInt32) {
        calls[stream]?.sentAt = position
    }

    /// Ends a call for us, and tells the server. Does nothing when it has ended.
    package mutating func cancel(stream: UInt32, into output: inout MessageWriter) {
        guard calls.removeValue(forKey: stream) != nil else { return }
        let receiver = takeReceiver(of: stream)
        fragments.remove(stream: stream)
        guard phase != .closed else { return }
        output.appendFrame(.cancel, stream: stream)
        guard let receiver else { return }
        sender.remove(stream)
        connectionCredit.giveBack(receiver.unfinishedCost, into: &output)
    }

    /// Writes fragments of long requests, and messages on streams, as many as the output should hold.
    package mutating func fillFragments(into output: inout MessageWriter) {
        fragments.fill(
            &output,
            with: &sender,
            longestPayload: peer?.longestPayload ?? Hello.leastLongestPayload
        )
    }

    /// Takes the calls that the server said it hasn't processed.
    package mutating func takeUnprocessed() -> [CallKey] {
        guard case .goingAway(let last) = phase else { return [] }
        let streams = calls.keys.filter { $0 > last }.sorted()
        for stream in streams {
            fragments.remove(stream: stream)
            receivers[stream] = nil
            sender.remove(stream)
        }
        return streams.compactMap { calls.removeValue(forKey: $0)?.key }
    }

    /// Takes all calls, when the connection is over, each with whether its request may have arrived
    /// when `sent` bytes of output have gone to the socket.
    package mutating func takeAll(sent: UInt64) -> [(key: CallKey, mayHaveArrived: Bool)] {
        phase = .closed
        let all = calls.sorted { $0.key < $1.key }.map { stream, call in
            let isWhole = !fragments.remove(stream: stream)
            return (key: call.key, mayHaveArrived: isWhole && call.sentAt <= sent)
        }
        calls = [:]
        receivers = [:]
        sender.removeAll()
        return all
    }

    // MARK: - Bytes

    /// Takes note that bytes have come: a sign of life, whatever they are.
    package mutating func received(at now: MonotonicTime) {
        liveness.received(at: now)
    }

    /// The server has closed its side.
    package mutating func inputEnded() -> Event {
        phase = .closed
        if end == nil { end = .closed }
        return .close
    }

    /// Deals with the first frame in `input` and moves `input` beyond it.
    package mutating func next(
        in input: inout UnsafeRawBufferPointer,
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) -> Event {
        if handedOver != nil { handedOver = nil }
        guard phase != .closed else { return .close }
        do {
            switch try Frame.first(in: input, longestPayload: profile.limits.longestPayload) {
            case .incomplete(let byteCount):
                if input.count > 0, frameDeadline == .never {
                    frameDeadline = now.adding(
                        milliseconds: profile.limits.frameMilliseconds
                    )
                    timer = min(timer, frameDeadline)
                }
                return .wantsMore(byteCount: byteCount)
            case .found(let frame):
                input = UnsafeRawBufferPointer(rebasing: input[frame.byteCount...])
                frameDeadline = .never
                return try take(frame, into: &output)
            }
        } catch {
            return close(for: error, into: &output)
        }
    }

    private mutating func take(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let header = frame.header
        guard let type = FrameType(rawValue: header.type) else {
            if FrameType.isIgnorable(header.type), phase != .hello { return .consumed }
            throw .unknownType(header.type)
        }
        guard type.isAllowed(on: header.stream) else { throw .malformed(type, .stream) }
        if type == .error { return takeError(frame) }
        if phase == .hello {
            guard type == .hello else { throw .notHello(type) }
            return try takeHello(frame)
        }
        switch type {
        case .end: return try takeEnd(frame, into: &output)
        case .message: return try takeFragment(frame, into: &output)
        case .window:
            try takeWindow(frame)
            return .consumed
        case .authenticate: return try takeVerdict(frame)
        case .goAway: return try takeGoAway(frame)
        case .ping:
            try Liveness.answer(frame, into: &output)
            return .consumed
        case .pong:
            guard frame.payload.count == 8 else { throw .malformed(.pong, .length) }
            return .consumed
        case .hello, .error, .call, .cancel: throw .unexpected(type)
        }
    }

    private mutating func close(
        for violation: ProtocolViolation,
        into output: inout MessageWriter
    ) -> Event {
        output.appendFrame(.error, message: Farewell(violation))
        end = .violation(violation)
        phase = .closed
        return .close
    }

    private mutating func takeError(_ frame: Frame) -> Event {
        var farewell = Farewell()
        // An ERROR that doesn't decode still ends the connection.
        try? farewell.decode(frame)
        end = .farewell(farewell)
        phase = .closed
        return .close
    }

    // MARK: - Handshake

    private mutating func takeHello(_ frame: Frame) throws(ProtocolViolation) -> Event {
        guard frame.header.payloadLength <= Hello.longestHello else {
            throw .handshakeTooLong(length: frame.header.payloadLength)
        }
        let hello = try Hello(frame)
        guard hello.minimumVersion == ProtocolVersion.current,
            hello.maximumVersion == ProtocolVersion.current
        else {
            throw .noCommonVersion(minimum: hello.minimumVersion, maximum: hello.maximumVersion)
        }
        peer = hello
        sender.greet(hello)
        guard profile.signsIn else { return opened() }
        phase = .signingIn
        return .consumed
    }

    private mutating func takeVerdict(_ frame: Frame) throws(ProtocolViolation) -> Event {
        guard phase == .signingIn else { throw .unexpected(.authenticate) }
        guard frame.header.field16 == 0 else {
            phase = .closed
            end = .closed
            return .refused(try CallFailure(frame))
        }
        var signedIn = SignedIn()
        try signedIn.decode(frame)
        self.signedIn = signedIn
        return opened()
    }

    private mutating func opened() -> Event {
        phase = .open
        handshakeDeadline = .never
        timer = min(timer, liveness.deadline)
        return .ready
    }

    // MARK: - Answers

    private mutating func takeEnd(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard let call = calls[stream] else {
            guard stream <= lastStream, stream & 1 == 1 else { throw .neverOpened(stream: stream) }
            return .consumed
        }
        let event = try end(of: call, frame, into: &output)
        // An END that breaks a rule doesn't end the call: it is left for `takeAll`.
        calls[stream] = nil
        fragments.remove(stream: stream)
        return event
    }

    private mutating func end(
        of call: CallState,
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let header = frame.header
        if let receiver = takeReceiver(of: header.stream) {
            return try takeStreamEnd(frame, call, receiver, into: &output)
        }
        guard header.field16 == 0 else { return .failed(call.key, try CallFailure(frame)) }
        let isReplay = header.flags.contains(.replayed)
        guard let reply = call.reply else {
            return .succeeded(call.key, message: frame.payload, isReplay: isReplay)
        }
        guard reply.isComplete, frame.payload.count == 0 else { throw .malformed(.end, .fragment) }
        handedOver = reply
        return .succeeded(call.key, message: reply.bytes, isReplay: isReplay)
    }

    private mutating func takeFragment(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard let call = calls[stream] else {
            guard stream <= lastStream, stream & 1 == 1 else { throw .neverOpened(stream: stream) }
            try connectionCredit.passOver(frame, into: &output)
            return .consumed
        }
        guard receivers[stream] == nil else { return try takeStreamFrame(frame, into: &output) }
        if let reply = call.reply {
            try reply.append(frame)
            return .consumed
        }
        let totalLength = frame.header.field32
        guard totalLength <= profile.limits.longestMessage else {
            throw .malformed(.message, .fragment)
        }
        let reply = Assembly(totalLength: Int(totalLength))
        try reply.append(frame)
        calls[stream]?.reply = reply
        return .consumed
    }

    private mutating func takeGoAway(_ frame: Frame) throws(ProtocolViolation) -> Event {
        var farewell = Farewell()
        try farewell.decode(frame)
        guard phase != .signingIn else {
            end = .farewell(farewell)
            phase = .closed
            return .close
        }
        phase = .goingAway(lastStream: frame.header.field32)
        return .goingAway
    }

    // MARK: - The timer

    /// Does what has become due, and sets the timer anew.
    package mutating func tick(at now: MonotonicTime, into output: inout MessageWriter) -> Event {
        timer = .never
        guard phase != .closed else { return .close }
        if now >= handshakeDeadline {
            let limit = profile.limits.handshakeMilliseconds
            return close(for: .handshakeTimeout(milliseconds: limit), into: &output)
        }
        if now >= frameDeadline {
            let limit = profile.limits.frameMilliseconds
            return close(for: .frameTimeout(milliseconds: limit), into: &output)
        }
        do { _ = try liveness.check(at: now, into: &output) } catch {
            return close(for: error, into: &output)
        }
        timer = min(min(handshakeDeadline, frameDeadline), liveness.deadline)
        return .consumed
    }
}

extension CallFailure {
    /// The failure in an END or AUTH.
    init(_ frame: Frame) throws(ProtocolViolation) {
        do {
            try self.init(statusNumber: frame.header.field16, payload: frame.payload)
        } catch {
            throw .malformed(FrameType(rawValue: frame.header.type) ?? .end, .payload(error))
        }
    }
}
