import Transport
import Wire

/// The server's end of a connection: the real session, fed and emptied as a loop does it, with a link in
/// place of a socket.
///
/// - Invariant: `session` and `output` are allocated as long as this lives.
final class HostedConnection {
    enum Stage {
        case open
        /// What is in the output is sent, then all is over.
        case closing
        /// The last bytes are out; a while is left for the peer to take them.
        case lingering(until: MonotonicTime)
    }

    let id: ConnectionID
    let link: Link
    private let world: World
    private let limits: Limits
    private let handler: any CallHandler
    private let session = UnsafeMutablePointer<ServerSession>.allocate(capacity: 1)
    private let output = UnsafeMutablePointer<MessageWriter>.allocate(capacity: 1)
    private var backlog: [UInt8] = []
    /// Frames wait for a verdict, or for output to drain.
    private var isHalted = false
    private var inputHasEnded = false
    private(set) var stage = Stage.open
    private var tap = FrameTap()
    private var wasBlamed = false

    init(
        _ id: ConnectionID,
        on link: Link,
        profile: ServerProfile,
        handler: any CallHandler,
        in world: World
    ) {
        self.id = id
        self.link = link
        self.world = world
        self.handler = handler
        limits = profile.limits
        session.initialize(to: ServerSession(id, profile: profile, at: world.now))
        output.initialize(to: MessageWriter())
    }

    deinit {
        session.deinitialize(count: 1)
        session.deallocate()
        output.deinitialize(count: 1)
        output.deallocate()
    }

    var principal: Principal { session.pointee.principal }

    /// Whether what has come would be read.
    var isReading: Bool {
        switch stage {
        case .open:
            !isHalted && !inputHasEnded && waitingBytes <= limits.outputPause
        case .closing: false
        case .lingering: true
        }
    }

    /// When `tick` is due.
    var deadline: MonotonicTime {
        switch stage {
        case .open: session.pointee.timer
        case .closing: .never
        case .lingering(let until): until
        }
    }

    private var waitingBytes: Int { output.pointee.count + session.pointee.fragmentBytes }

    // MARK: - Input

    /// Reads `count` bytes that have arrived; false when the connection is gone.
    func read(_ count: Int) -> Bool {
        guard !link.isReset else { return false }
        let bytes = link.toServer.read(count)
        guard case .open = stage else {
            return !(bytes.isEmpty && link.toServer.hasEnded) && settle()
        }
        if !bytes.isEmpty {
            session.pointee.received(at: world.now)
            backlog += bytes
            if !isHalted { digest() }
        }
        if link.toServer.hasEnded, link.toServer.arrived.isEmpty, !inputHasEnded {
            inputHasEnded = true
            let isWithinFrame = !backlog.isEmpty && !isHalted
            _ = session.pointee.inputEnded(isWithinFrame: isWithinFrame)
        }
        return settle()
    }

    private func digest() {
        isHalted = false
        let consumed = backlog.withUnsafeBytes { bytes in
            var input = bytes
            digest(&input)
            return bytes.count - input.count
        }
        backlog.removeFirst(consumed)
    }

    private func digest(_ input: inout UnsafeRawBufferPointer) {
        while true {
            switch session.pointee.next(in: &input, at: world.now, into: &output.pointee) {
            case .consumed: break
            case .wantsMore: return
            case .call(let call): hand(call)
            case .stream(let call, let isHalfClosed): offer(call, isHalfClosed: isHalfClosed)
            case .message(let ticket, let bytes, let isFinal):
                if handler.received(bytes, on: ticket) {
                    let cost = StreamCredit.cost(of: bytes.count)
                    session.pointee.giveBack(cost, to: ticket, into: &output.pointee)
                }
                if isFinal { handler.halfClosed(ticket) }
            case .halfClosed(let ticket): handler.halfClosed(ticket)
            case .authenticate:
                guard let credentials = session.pointee.takePendingCredentials() else { break }
                if let verdict = handler.authenticate(credentials, on: id) {
                    session.pointee.judge(verdict, into: &output.pointee)
                }
            case .suspended:
                isHalted = true
                return
            case .cancelled(let ticket): handler.cancelled(ticket)
            case .close:
                input = UnsafeRawBufferPointer(rebasing: input[input.count...])
                return
            }
            if output.pointee.count > limits.outputPause
                || session.pointee.fragmentBytes > limits.outputPause
            {
                isHalted = true
                return
            }
        }
    }

    private func hand(_ call: IncomingCall) {
        var responder = Responder(call, session: session, output: output)
        handler.handle(call, &responder)
        if responder.isOpen { world.found("a call was neither answered nor kept") }
    }

    private func offer(_ call: IncomingCall, isHalfClosed: Bool) {
        var responder = StreamResponder(
            call,
            isHalfClosed: isHalfClosed,
            session: session,
            output: output
        )
        handler.open(call, &responder)
        if responder.isOpen { world.found("a stream was neither taken nor refused") }
    }

    // MARK: - What the parts say

    func answer(_ entry: ReplyBatch.Entry, _ payload: UnsafeRawBufferPointer) {
        let start = output.pointee.count
        session.pointee.answer(entry, payload, into: &output.pointee)
        guard case .success = entry.content, output.pointee.count > start,
            world.shows(.answersTwice, oneIn: 4)
        else { return }
        output.pointee.append(Array(output.pointee.bytes[start...]))
    }

    func drain() { session.pointee.beginDrain(at: world.now, into: &output.pointee) }

    func judge(_ verdict: Verdict) { session.pointee.judge(verdict, into: &output.pointee) }

    /// Does what has become due; false when the connection is gone.
    func tick() -> Bool {
        guard case .open = stage else { return false }
        _ = session.pointee.tick(at: world.now, into: &output.pointee)
        return settle()
    }

    // MARK: - Output

    /// Sends what there is room for, and takes up what had to wait; false when the connection is gone.
    func settle() -> Bool {
        guard !link.isReset else { return false }
        if session.pointee.callsInFlight > Int(limits.callsInFlight) {
            world.found("connection \(link.number) has more calls than it may")
        }
        flush()
        while isReadyToResume {
            isHalted = false
            guard !backlog.isEmpty else { break }
            digest()
            flush()
        }
        if case .open = stage { closeIfFinished() }
        tellNotices()
        handler.batchEnded()
        guard case .closing = stage, output.pointee.count == 0 else { return true }
        link.toClient.end()
        guard !inputHasEnded else { return false }
        stage = .lingering(until: world.now.adding(milliseconds: limits.lingerMilliseconds))
        return true
    }

    private var isReadyToResume: Bool {
        guard case .open = stage else { return false }
        return isHalted && !session.pointee.isSuspended && waitingBytes <= limits.outputPause / 2
    }

    private func flush() {
        var progress = false
        for _ in 0..<8 {
            if session.pointee.hasFragments { session.pointee.fillFragments(into: &output.pointee) }
            let count = min(output.pointee.count, link.toClient.room)
            guard count > 0 else { break }
            send(count)
            progress = true
        }
        session.pointee.wrote(progress: progress, remaining: waitingBytes, at: world.now)
    }

    private func send(_ count: Int) {
        var bytes = Array(output.pointee.bytes[..<count])
        let isWhole = count == output.pointee.count
        output.pointee.removeFirst(count)
        if let problem = tap.take(bytes) { world.found("connection \(link.number): \(problem)") }
        if isWhole, world.shows(.swapsFrames, oneIn: 4) { swapFrames(in: &bytes) }
        link.toClient.send(bytes)
    }

    /// Swaps the last two frames, if there are two.
    private func swapFrames(in bytes: inout [UInt8]) {
        var starts: [Int] = []
        var position = 0
        bytes.withUnsafeBytes { all in
            while position < all.count,
                let header = FrameHeader(UnsafeRawBufferPointer(rebasing: all[position...]))
            {
                starts.append(position)
                position += FrameHeader.byteCount + Int(header.payloadLength)
            }
        }
        guard starts.count >= 2, position == bytes.count else { return }
        let (first, second) = (starts[starts.count - 2], starts[starts.count - 1])
        bytes = Array(bytes[..<first] + bytes[second...] + bytes[first..<second])
    }

    private func closeIfFinished() {
        if waitingBytes > limits.outputBytes {
            world.found("connection \(link.number) holds \(waitingBytes) bytes of output")
        }
        guard session.pointee.isFinished else { return }
        if let violation = session.pointee.violation { blame(violation) }
        stage = .closing
        backlog = []
    }

    /// The client keeps all rules and the network alters nothing: only time may be broken.
    private func blame(_ violation: ProtocolViolation) {
        guard !wasBlamed else { return }
        wasBlamed = true
        world.trace.note("connection \(link.number) ends: \(violation.code)")
        switch violation {
        case .frameTimeout, .handshakeTimeout, .peerSilent, .outputStalled: break
        default: world.found("the server blames the client: \(violation.message)")
        }
    }

    private func tellNotices() {
        for notice in session.pointee.takeNotices() {
            switch notice {
            case .roomReturned(let ticket, let byteCount):
                handler.roomReturned(byteCount, on: ticket)
            case .cancelled(let ticket): handler.cancelled(ticket)
            }
        }
    }

    /// The connection is gone.
    func destroy() {
        session.pointee.endAllStreams()
        tellNotices()
        link.isForgottenByServer = true
        link.toServer.deafen()
        link.toClient.end()
        handler.closed(id, principal: principal)
        handler.batchEnded()
    }
}
