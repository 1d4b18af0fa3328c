import Transport
import Wire

/// A client's session between a caller that does anything and a hostile server.
enum ClientTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        var client = FuzzedClient(Script(bytes))
        client.run()
    }
}

private struct FuzzedClient: ~Copyable {
    /// A call that hasn't ended.
    private struct Call {
        let key: UInt32
        let stream: UInt32
        var isStream: Bool
        /// How many bytes may be queued; none once half-closed.
        var room: Int
        var owed = 0
    }

    private var script: Script
    private var session: ClientSession
    private var output = MessageWriter()
    private var now = MonotonicTime.start
    private var delivery = Delivery()
    private var sent = SentFrames()
    private var nextKey: UInt32 = 0
    private var calls: [Call] = []
    private var isClosed = false
    private let signsIn: Bool

    init(_ script: consuming Script) {
        var script = script
        signsIn = script.bool()
        let profile = ClientProfile(
            realm: "fuzz",
            credentials: signsIn ? Credentials(login: "a", secret: "b") : nil,
            limits: .small
        )
        var output = MessageWriter()
        session = ClientSession(profile: profile, at: now, into: &output)
        // The preface isn't a frame.
        precondition(output.bytes.starts(with: Preface.bytes))
        output.removeFirst(Preface.bytes.count)
        self.output = output
        self.script = script
        look()
    }

    mutating func run() {
        if script.bool() { hello(takesStreams: script.bool()) }
        while !script.isAtEnd, !isClosed { step() }
        settle()
    }

    // MARK: - Steps

    private mutating func step() {
        switch script.choice(18) {
        case 0: deliver(script.take(Int(script.byte())))
        case 1: deliver(noted(script.frame()))
        case 2: hello(takesStreams: script.bool())
        case 3: verdict()
        case 4: end()
        case 5: fragment()
        case 6:
            let stream = script.bool() ? 0 : knownStream()
            frame(.window, stream: stream, field32: script.number())
        case 7:
            var writer = MessageWriter()
            writer.appendFrame(
                script.bool() ? .goAway : .error,
                field32: script.number(),
                message: Farewell(code: "DRAINING", message: "")
            )
            deliver(writer.bytes)
        case 8: pass(milliseconds: 1 << UInt64(script.choice(19)))
        case 9: begin()
        case 10: cancel()
        case 11: send()
        case 12: halfClose()
        case 13: giveBack()
        case 14: session.fillFragments(into: &output)
        case 15: delivery.pieceLength = max(1, script.length())
        case 16:
            if case .close = session.inputEnded() { isClosed = true }
        default: frame(script.bool() ? .ping : .pong, payload: script.take(8))
        }
        look()
    }

    private func knownStream(_ choice: Int) -> UInt32 { UInt32(2 * choice + 1) }
    private mutating func knownStream() -> UInt32 { knownStream(script.choice(12)) }

    private mutating func hello(takesStreams: Bool) {
        var hello = Hello()
        hello.minimumVersion = 1
        hello.maximumVersion = 1
        hello.realm = "fuzz"
        hello.longestPayload = Hello.leastLongestPayload
        hello.longestMessage = 50_000
        hello.callsInFlight = UInt32(script.choice(8))
        if takesStreams {
            hello.streamWindow = 32_768
            hello.connectionWindow = 40_000
        }
        var writer = MessageWriter()
        writer.appendFrame(.hello, message: hello)
        if session.peer == nil { sent.give(hello.connectionWindow, to: 0) }
        deliver(writer.bytes)
        sent.streamWindow = Int(session.peer?.streamWindow ?? 0)
    }

    private mutating func noted(_ bytes: [UInt8]) -> [UInt8] {
        let header = bytes.withUnsafeBytes { FrameHeader($0) }
        guard let header, header.type == FrameType.window.rawValue else { return bytes }
        sent.give(header.field32, to: header.stream)
        return bytes
    }

    private mutating func frame(
        _ type: FrameType,
        flags: FrameFlags = [],
        stream: UInt32 = 0,
        field16: UInt16 = 0,
        field32: UInt32 = 0,
        payload: [UInt8] = []
    ) {
        var writer = MessageWriter()
        payload.withUnsafeBytes {
            writer.appendFrame(
                type,
                flags: flags,
                stream: stream,
                field16: field16,
                field32: field32,
                payload: $0
            )
        }
        deliver(noted(writer.bytes))
    }

    private mutating func verdict() {
        let status = UInt16(script.choice(18))
        frame(.authenticate, field16: status, payload: script.payload())
    }

    private mutating func end() {
        let stream = knownStream()
        let status = UInt16(script.choice(18))
        let flags = FrameFlags(rawValue: script.byte() & 1)
        frame(.end, flags: flags, stream: stream, field16: status, payload: script.payload())
    }

    private mutating func fragment() {
        let stream = knownStream()
        let flags = FrameFlags(rawValue: script.byte() & 7)
        let payload = script.payload()
        let total = script.bool() ? script.number() : UInt32(payload.count)
        frame(.message, flags: flags, stream: stream, field32: total, payload: payload)
    }

    private mutating func begin() {
        let wantsStream = script.bool()
        let isHalfClosed = script.bool()
        let requestID = script.take(script.choice(33))
        let length = script.length()
        guard session.canBegin, let peer = session.peer else { return }
        let isStream = wantsStream && session.takesStreams
        let message = [UInt8](repeating: 5, count: min(length, Int(peer.longestMessage)))
        var flags: FrameFlags = isStream ? .stream : []
        if isStream, isHalfClosed { flags.insert(.halfClose) }
        let key = nextKey
        nextKey += 1
        let stream = session.begin(
            key,
            method: 0x1_0001,
            timeoutMilliseconds: 0,
            requestID: requestID,
            traceparent: [],
            message: message,
            flags: flags,
            into: &output
        )
        let room = isStream && !isHalfClosed ? Limits.small.streamQueueBytes : 0
        calls.append(Call(key: key, stream: stream, isStream: isStream, room: room))
    }

    private mutating func cancel() {
        guard !calls.isEmpty else { return }
        let call = calls.remove(at: script.choice(calls.count))
        session.cancel(stream: call.stream, into: &output)
    }

    private mutating func send() {
        guard !calls.isEmpty else { return }
        let index = script.choice(calls.count)
        let length = script.length()
        guard length + 64 <= calls[index].room, length <= session.longestStreamMessage else {
            return
        }
        calls[index].room -= length + 64
        session.send([UInt8](repeating: 6, count: length), on: calls[index].stream)
    }

    private mutating func halfClose() {
        guard !calls.isEmpty else { return }
        let index = script.choice(calls.count)
        guard calls[index].isStream else { return }
        calls[index].room = 0
        session.halfClose(calls[index].stream)
    }

    private mutating func giveBack() {
        guard !calls.isEmpty else { return }
        let index = script.choice(calls.count)
        session.giveBack(calls[index].owed, to: calls[index].stream, into: &output)
        calls[index].owed = 0
    }

    private mutating func pass(milliseconds: UInt64) {
        let end = now.adding(milliseconds: milliseconds)
        var ticks = 0
        while session.timer <= end, !isClosed {
            now = max(now, session.timer)
            if case .close = session.tick(at: now, into: &output) { isClosed = true }
            precondition(isClosed || session.timer > now, "what was due has been done")
            ticks += 1
            precondition(ticks < 100_000, "the timer moves on")
            look()
        }
        now = max(now, end)
    }

    // MARK: - What comes

    private mutating func deliver(_ bytes: [UInt8]) {
        for piece in delivery.pieces(of: bytes) {
            guard !isClosed else { return }
            delivery.backlog += piece
            session.received(at: now)
            let backlog = delivery.backlog
            let taken = backlog.withUnsafeBytes { bytes in
                var input = bytes
                while !isClosed, takeEvent(&input) {}
                return bytes.count - input.count
            }
            delivery.backlog.removeFirst(taken)
            look()
        }
    }

    /// Deals with one event; false when no other comes before more bytes do.
    private mutating func takeEvent(_ input: inout UnsafeRawBufferPointer) -> Bool {
        switch session.next(in: &input, at: now, into: &output) {
        case .consumed, .ready: return true
        case .wantsMore(let byteCount):
            precondition(byteCount > input.count, "more is wanted than there is")
            precondition(byteCount <= 24 + Int(Limits.small.longestPayload), "a frame is wanted")
            return false
        case .refused:
            precondition(signsIn, "who didn't sign in isn't refused")
            return true
        case .succeeded(let key, let message, _):
            precondition(message.count <= Int(Limits.small.longestMessage))
            precondition(message.reduce(0) { $0 &+ Int($1) } >= 0)
            finish(key)
            return true
        case .failed(let key, let failure):
            precondition(failure.status != .ok, "a failure isn't a success")
            finish(key)
            return true
        case .message(let key, let message):
            guard let index = calls.firstIndex(where: { $0.key == key }) else {
                preconditionFailure("messages come on calls that haven't ended")
            }
            calls[index].owed += message.count + 64
            precondition(
                calls[index].owed <= Int(Limits.small.streamWindow),
                "no more waits to be read than the window"
            )
            return true
        case .goingAway:
            for key in session.takeUnprocessed() { finish(key) }
            return true
        case .close:
            precondition(session.end != nil, "an end has a cause")
            isClosed = true
            return false
        }
    }

    private mutating func finish(_ key: UInt32) {
        guard let index = calls.firstIndex(where: { $0.key == key }) else {
            preconditionFailure("a call ends once")
        }
        calls.remove(at: index)
    }

    // MARK: - What must hold

    private mutating func look() {
        sent.take(&output)
        for (key, byteCount) in session.takeReturned() {
            guard let index = calls.firstIndex(where: { $0.key == key }) else {
                preconditionFailure("room returns to calls that haven't ended")
            }
            if calls[index].room > 0 { calls[index].room += byteCount }
        }
        precondition(session.callsInFlight == calls.count, "each call is known to both")
    }

    /// Ends the connection: each call that is left is told.
    private mutating func settle() {
        var rounds = 0
        while !isClosed, session.hasFragments {
            session.fillFragments(into: &output)
            look()
            rounds += 1
            precondition(rounds < 10_000, "what can be sent is sent in the end")
        }
        for (key, _) in session.takeAll(sent: 0) { finish(key) }
        precondition(calls.isEmpty, "every call has ended")
        let before = output.count
        guard case .close = session.tick(at: now, into: &output) else {
            preconditionFailure("what is closed stays closed")
        }
        precondition(output.count == before, "nothing is sent behind the end")
    }
}
