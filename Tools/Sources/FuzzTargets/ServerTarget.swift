import Transport
import Wire

/// A server's session between a hostile peer and a handler that takes its time.
enum ServerTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        let server = FuzzedServer(Script(bytes))
        server.run()
    }
}

private final class FuzzedServer {
    /// A call that the handler holds.
    private struct Held {
        let ticket: CallTicket
        let isStream: Bool
        /// How many bytes may be posted.
        var room = 0
        /// What messages that weren't given back have cost.
        var owed = 0
    }

    /// What the handler does with a call that comes.
    private enum Handling: Int {
        case hold, echo, fail, answerLong
    }

    private var script: Script
    /// Allocated apart, as a loop does, so that responders can point to them.
    private let session = UnsafeMutablePointer<ServerSession>.allocate(capacity: 1)
    private let output = UnsafeMutablePointer<MessageWriter>.allocate(capacity: 1)
    private var now = MonotonicTime.start
    private var delivery = Delivery()
    private var sent = SentFrames()
    private var nextStream: UInt32 = 1
    private var handling = Handling.hold
    private var held: [Held] = []
    /// Calls that reached the handler.
    private var taken: Set<UInt32> = []
    /// Those of them that are streams.
    private var streams: Set<UInt32> = []
    /// Calls that nobody need end: the peer has cancelled them, or may have.
    private var cancelled: Set<UInt32> = []
    private var isClosed = false
    private var hasInputEnded = false

    init(_ script: Script) {
        self.script = script
        output.initialize(to: MessageWriter())
        session.initialize(
            to: ServerSession(
                ConnectionID(reactor: 0, index: 0, generation: 0),
                profile: ServerProfile(realm: "fuzz", limits: .small),
                at: now
            )
        )
    }

    deinit {
        session.deinitialize(count: 1)
        session.deallocate()
        output.deinitialize(count: 1)
        output.deallocate()
    }

    func run() {
        if script.bool() { greet(takesStreams: script.bool()) }
        while !script.isAtEnd, !isClosed { step() }
        settle()
    }

    private func greet(takesStreams: Bool) {
        var hello = Hello()
        hello.minimumVersion = 1
        hello.maximumVersion = 1
        hello.realm = "fuzz"
        hello.longestPayload = Hello.leastLongestPayload
        hello.longestMessage = 50_000
        if takesStreams {
            hello.streamWindow = 32_768
            hello.connectionWindow = 40_000
        }
        sent.streamWindow = Int(hello.streamWindow)
        sent.give(hello.connectionWindow, to: 0)
        var writer = MessageWriter()
        writer.append(Preface.bytes)
        writer.appendFrame(.hello, message: hello)
        deliver(writer.bytes)
    }

    // MARK: - Steps

    private func step() {
        switch script.choice(18) {
        case 0: deliver(script.take(Int(script.byte())))
        case 1: deliver(noted(script.frame()))
        case 2: call()
        case 3: fragment()
        case 4: frame(.cancel, stream: knownStream())
        case 5: window()
        case 6: credentials()
        case 7: frame(script.bool() ? .ping : .pong, payload: script.take(8))
        case 8: pass(milliseconds: 1 << UInt64(script.choice(19)))
        case 9: answer()
        case 10: verdict()
        case 11: session.pointee.beginDrain(at: now, into: &output.pointee)
        case 12: endInput()
        case 13: write()
        case 14: session.pointee.fillFragments(into: &output.pointee)
        case 15: delivery.pieceLength = max(1, script.length())
        case 16: handling = Handling(rawValue: script.choice(4)) ?? .hold
        default: damaged()
        }
        look()
    }

    /// Takes note of what the peer gives and gives up.
    private func noted(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { bytes in
            guard let header = FrameHeader(bytes) else { return }
            switch FrameType(rawValue: header.type) {
            case .window?: sent.give(header.field32, to: header.stream)
            case .cancel?: cancelled.insert(header.stream)
            default: break
            }
        }
        return bytes
    }

    private func frame(
        _ type: FrameType,
        flags: FrameFlags = [],
        stream: UInt32 = 0,
        field32: UInt32 = 0,
        payload: [UInt8] = []
    ) {
        var writer = MessageWriter()
        payload.withUnsafeBytes {
            writer.appendFrame(type, flags: flags, stream: stream, field32: field32, payload: $0)
        }
        deliver(noted(writer.bytes))
    }

    private func knownStream() -> UInt32 { UInt32(2 * script.choice(16) + 1) }

    private func call() {
        let flags = FrameFlags(rawValue: script.byte() & 3)
        let timeout = script.number()
        let total = script.number()
        let requestID = script.take(script.choice(40))
        let message = script.payload()
        var writer = MessageWriter()
        requestID.withUnsafeBytes { requestID in
            message.withUnsafeBytes { message in
                writer.appendCall(
                    stream: nextStream,
                    method: 0x1_0001,
                    timeoutMilliseconds: timeout,
                    flags: flags,
                    metadata: CallMetadata(requestID: requestID, totalLength: UInt64(total)),
                    message: message
                )
            }
        }
        nextStream += 2
        deliver(writer.bytes)
    }

    private func fragment() {
        let stream = knownStream()
        let flags = FrameFlags(rawValue: script.byte() & 7)
        let payload = script.payload()
        // Mostly a message that this frame completes.
        let total = script.bool() ? script.number() : UInt32(payload.count)
        frame(.message, flags: flags, stream: stream, field32: total, payload: payload)
    }

    private func window() {
        let stream = script.bool() ? 0 : knownStream()
        frame(.window, stream: stream, field32: script.number())
    }

    private func credentials() {
        var writer = MessageWriter()
        writer.appendFrame(.authenticate, message: Credentials(login: "a", secret: "b"))
        deliver(writer.bytes)
    }

    private func damaged() {
        var bytes = script.frame()
        let place = script.length() % bytes.count
        bytes[place] ^= 1 << (script.byte() & 7)
        deliver(bytes)
    }

    private func endInput() {
        guard !hasInputEnded else { return }
        hasInputEnded = true
        cancelled.formUnion(streams)
        let isWithinFrame = !delivery.backlog.isEmpty
        if case .close = session.pointee.inputEnded(isWithinFrame: isWithinFrame) {
            isClosed = true
        }
    }

    /// The socket takes what is in the output, or some of it.
    private func write() {
        let isWhole = script.bool()
        session.pointee.wrote(progress: true, remaining: isWhole ? 0 : 1, at: now)
    }

    private func pass(milliseconds: UInt64) {
        let end = now.adding(milliseconds: milliseconds)
        var ticks = 0
        while session.pointee.timer <= end, !isClosed {
            now = max(now, session.pointee.timer)
            if case .close = session.pointee.tick(at: now, into: &output.pointee) {
                isClosed = true
                break
            }
            precondition(session.pointee.timer > now, "what was due has been done")
            ticks += 1
            precondition(ticks < 100_000, "the timer moves on")
            look()
        }
        now = max(now, end)
    }

    // MARK: - What comes

    private func deliver(_ bytes: [UInt8]) {
        guard !hasInputEnded else { return }
        for piece in delivery.pieces(of: bytes) {
            guard !isClosed else { return }
            delivery.backlog += piece
            session.pointee.received(at: now)
            digest()
        }
    }

    private func digest() {
        let backlog = delivery.backlog
        let taken = backlog.withUnsafeBytes { bytes in
            var input = bytes
            while !isClosed, takeEvent(&input) {}
            return bytes.count - input.count
        }
        delivery.backlog.removeFirst(taken)
        precondition(
            isClosed || session.pointee.isSuspended
                || delivery.backlog.count <= 24 + Int(Limits.small.longestPayload),
            "no more than a frame waits"
        )
        look()
    }

    /// Deals with one event; false when no other comes before more bytes do.
    private func takeEvent(_ input: inout UnsafeRawBufferPointer) -> Bool {
        switch session.pointee.next(in: &input, at: now, into: &output.pointee) {
        case .consumed: return true
        case .wantsMore(let byteCount):
            precondition(byteCount > input.count, "more is wanted than there is")
            precondition(byteCount <= 24 + Int(Limits.small.longestPayload), "a frame is wanted")
            return false
        case .call(let call):
            handle(call)
            return true
        case .stream(let call, let isHalfClosed):
            open(call, isHalfClosed)
            return true
        case .message(let ticket, let bytes, _):
            guard let index = held.firstIndex(where: { $0.ticket == ticket }) else {
                preconditionFailure("messages come on streams that the handler holds")
            }
            held[index].owed += bytes.count + 64
            precondition(
                held[index].owed <= Int(Limits.small.streamWindow),
                "no more waits to be read than the window"
            )
            return true
        case .halfClosed(let ticket):
            precondition(held.contains { $0.ticket == ticket })
            return true
        case .authenticate:
            precondition(session.pointee.takePendingCredentials() != nil)
            return true
        case .suspended: return false
        case .cancelled(let ticket):
            precondition(held.contains { $0.ticket == ticket }, "what is held is cancelled")
            cancelled.insert(ticket.stream)
            return true
        case .close:
            isClosed = true
            return false
        }
    }

    private func handle(_ call: IncomingCall) {
        checkBytes(of: call)
        var responder = Responder(call, session: session, output: output)
        switch handling {
        case .hold:
            let timeout = max(1, script.number())
            let ticket = responder.answerLater(timeoutMilliseconds: timeout)
            held.append(Held(ticket: ticket, isStream: false))
        case .echo: responder.succeed(with: call.message)
        case .fail: responder.fail(failure)
        case .answerLong:
            let message = [UInt8](repeating: 7, count: script.length())
            message.withUnsafeBytes { responder.succeed(with: $0) }
        }
    }

    private func open(_ call: IncomingCall, _ isHalfClosed: Bool) {
        checkBytes(of: call)
        streams.insert(call.stream)
        var responder = StreamResponder(
            call,
            isHalfClosed: isHalfClosed,
            session: session,
            output: output
        )
        guard handling != .fail else { return responder.refuse(failure) }
        let (ticket, room) = responder.accept(timeoutMilliseconds: script.number())
        held.append(Held(ticket: ticket, isStream: true, room: room))
    }

    private func checkBytes(of call: IncomingCall) {
        precondition(taken.insert(call.stream).inserted, "a stream is opened once")
        precondition(call.requestID.count <= 32 && call.traceparent.count <= 65_535)
        precondition(call.message.count <= Int(Limits.small.longestMessage))
        precondition(call.message.reduce(0) { $0 &+ Int($1) } >= 0)
    }

    private let failure = CallFailure(
        .failedPrecondition,
        reason: "WRONG_STATE",
        message: "it is as it is",
        outcome: .processed,
        origin: .handler
    )

    // MARK: - The handler

    private func answer() {
        guard !held.isEmpty else { return }
        let index = script.choice(held.count)
        var batch = ReplyBatch()
        let ticket = held[index].ticket
        let choice = script.choice(held[index].isStream ? 5 : 2)
        switch choice {
        case 0:
            batch.fail(ticket, failure)
            held.remove(at: index)
        case 1:
            let message = [UInt8](repeating: 9, count: script.length())
            message.withUnsafeBytes { batch.succeed(ticket, replayed: script.bool(), with: $0) }
            held.remove(at: index)
        case 2:
            batch.end(ticket)
            held.remove(at: index)
        case 3:
            let message = [UInt8](repeating: 8, count: script.length())
            guard message.count + 64 <= held[index].room else { return }
            held[index].room -= batch.send(on: ticket) { (writer: inout MessageWriter) in
                writer.append(message)
            }
        default:
            batch.giveBack(held[index].owed, to: ticket)
            held[index].owed = 0
        }
        session.pointee.take(batch, into: &output.pointee)
    }

    private func verdict() {
        guard session.pointee.isSuspended else { return }
        session.pointee.judge(
            script.bool()
                ? .accepted(Principal(rawValue: 1), SignedIn(login: "a", roles: []))
                : .refused(failure),
            into: &output.pointee
        )
        digest()
    }

    // MARK: - What must hold

    private func look() {
        sent.take(&output.pointee)
        for notice in session.pointee.takeNotices() {
            switch notice {
            case .roomReturned(let ticket, let byteCount):
                guard let index = held.firstIndex(where: { $0.ticket == ticket }) else { continue }
                held[index].room += byteCount
                precondition(
                    held[index].room <= Limits.small.streamQueueBytes,
                    "no more room returns than was taken"
                )
            case .cancelled(let ticket):
                precondition(held.contains { $0.ticket == ticket }, "what is held is cancelled")
            }
        }
        precondition(
            session.pointee.callsInFlight <= Int(Limits.small.callsInFlight),
            "no more calls are in flight than are taken"
        )
        if session.pointee.violation != nil {
            precondition(sent.hasError, "who broke a rule is told")
        }
    }

    /// Ends everything: then each call that wasn't cancelled has its END.
    private func settle() {
        if session.pointee.isSuspended {
            session.pointee.judge(.refused(failure), into: &output.pointee)
            if !isClosed { digest() }
        }
        handling = .echo
        for call in held {
            var batch = ReplyBatch()
            batch.fail(call.ticket, failure)
            session.pointee.take(batch, into: &output.pointee)
        }
        held = []
        look()
        // What a stream still queues goes out once there is credit, which comes unless frames wait
        // behind the beginning of one.
        if delivery.backlog.isEmpty {
            for stream in [0] + streams.sorted() {
                frame(.window, stream: stream, field32: 200_000)
            }
        } else {
            cancelled.formUnion(streams)
        }
        var rounds = 0
        while !isClosed, session.pointee.hasFragments {
            session.pointee.fillFragments(into: &output.pointee)
            look()
            rounds += 1
            precondition(rounds < 10_000, "what can be sent is sent in the end")
        }
        guard !isClosed else { return closed() }
        for stream in taken.subtracting(cancelled) {
            precondition(sent.ends[stream] == 1, "every call that wasn't cancelled has an END")
        }
    }

    /// What broke a rule gets nothing more; what has ended otherwise isn't asked any more.
    private func closed() {
        guard session.pointee.violation != nil else { return }
        var rest = UnsafeRawBufferPointer(start: nil, count: 0)
        guard case .close = session.pointee.next(in: &rest, at: now, into: &output.pointee),
            case .close = session.pointee.tick(at: now, into: &output.pointee)
        else { preconditionFailure("what is closed stays closed") }
        precondition(output.pointee.count == 0, "nothing is sent behind the end")
    }
}
