import Glibc
import Synchronization
import TLS
import Wire

/// One thread's loop over its connections: it waits, reads, hands frames to the sessions and calls to
/// the handler, and writes. All of it but `mailbox` belongs to that thread.
final class Reactor {
    private typealias Pointer = UnsafeMutablePointer<ServerConnection>

    private let number: UInt16
    private let profile: ServerProfile
    private let handler: any CallHandler
    private let mailbox: Mailbox
    private let census: ConnectionCensus
    private let statistics: ReactorStatistics

    private let poller: Poller
    private var events = Poller.Events()
    private var pool = OutputPool()
    private let slab = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.readBytes,
        alignment: 64
    )
    private var replies = ReplyBatch()
    private var timers = TimerHeap()
    private var listeners: [Listener] = []

    private var connections: [Pointer?] = []
    private var generations: [UInt32] = []
    private var freeIndices: [UInt32] = []
    private var openCount = 0
    /// Those of them that were turned away.
    private var turnedAwayCount = 0
    /// Connections with something to be sent or looked at before the next wait.
    private var listed: [ConnectionID] = []

    private var now = MonotonicTime.now()
    /// Calls handed to the handler, and bytes received and sent, since they were last told.
    private var handed = 0
    private var received = 0
    private var sent = 0
    private var callsWereDeferred = false
    /// When a drain cuts off what is left; nil while none has begun.
    private var drainDeadline: MonotonicTime?

    private enum Token {
        /// Listeners count down from here; above is the mailbox.
        static let listeners = Mailbox.token - 1
        /// Connections lie below: generation, then index.
        static let connectionsEnd: UInt64 = UInt64(UInt32.max) << 32
    }

    init(
        _ number: UInt16,
        profile: ServerProfile,
        handler: any CallHandler,
        mailbox: Mailbox,
        census: ConnectionCensus,
        statistics: ReactorStatistics
    ) {
        self.number = number
        self.profile = profile
        self.handler = handler
        self.mailbox = mailbox
        self.census = census
        self.statistics = statistics
        poller = mailbox.poller
    }

    deinit { slab.deallocate() }

    // MARK: - The loop

    /// Runs until a drain has ended.
    func run() {
        while !isDone {
            let timeout = nextDeadline.map { now.milliseconds(until: $0) }
            poller.wait(timeout: timeout, for: &events)
            now = .now()
            for index in 0..<events.count {
                let (token, interest) = events[index]
                take(token, interest)
            }
            fireTimers()
            settleListed()
            // Last: settling hands over the calls that waited behind AUTH or behind full output.
            tellFigures()
            if callsWereDeferred {
                callsWereDeferred = false
                handler.batchEnded()
            }
        }
    }

    /// Once a wake-up, since the figures are shared with other threads.
    private func tellFigures() {
        guard handed | received | sent != 0 else { return }
        statistics.calls.add(handed, ordering: .relaxed)
        statistics.bytesReceived.add(received, ordering: .relaxed)
        statistics.bytesSent.add(sent, ordering: .relaxed)
        (handed, received, sent) = (0, 0, 0)
    }

    private var isDone: Bool {
        guard let drainDeadline else { return false }
        if openCount == 0 { return true }
        guard now >= drainDeadline else { return false }
        for connection in connections { if let connection { destroy(connection) } }
        return true
    }

    private var nextDeadline: MonotonicTime? {
        let earliest = min(timers.first?.time ?? .never, drainDeadline ?? .never)
        return earliest == .never ? nil : earliest
    }

    private func take(_ token: UInt64, _ interest: Poller.Interest) {
        guard token >= Token.connectionsEnd else {
            let index = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
            guard generations[index] == UInt32(truncatingIfNeeded: token >> 32),
                let connection = connections[index]
            else { return }
            return serve(connection, interest)
        }
        if token == Mailbox.token { return emptyMailbox() }
        let index = Int(Token.listeners - token)
        if index < listeners.count { accept(from: listeners[index]) }
    }

    private func fireTimers() {
        while let (time, key) = timers.first, time <= now {
            guard let connection = connections[Int(key)] else {
                timers.set(key, to: .never)
                continue
            }
            tick(connection)
        }
    }

    private func settleListed() {
        var index = 0
        while index < listed.count {
            if let connection = find(listed[index]) {
                connection.pointee.isListed = false
                settle(connection)
            }
            index += 1
        }
        listed.removeAll(keepingCapacity: true)
    }

    // MARK: - Other threads

    private func emptyMailbox() {
        let commands = mailbox.empty(into: &replies)
        replies.withEntries { entry, payload in
            guard let connection = find(entry.ticket.connection) else { return }
            let output = connection.pointee.channel.openOutput(&pool)
            connection.pointee.session.pointee.answer(entry, payload, into: &output.pointee)
            list(connection)
        }
        replies.removeAll()
        for command in commands {
            switch command {
            case .listen(let listener): add(listener)
            case .judge(let id, let verdict):
                if let connection = find(id) { judge(connection, verdict) }
            case .drain(let deadline): drain(until: deadline)
            }
        }
    }

    private func judge(_ connection: Pointer, _ verdict: Verdict) {
        let output = connection.pointee.channel.openOutput(&pool)
        connection.pointee.session.pointee.judge(verdict, into: &output.pointee)
        list(connection)
    }

    private func drain(until deadline: MonotonicTime) {
        drainDeadline = deadline
        for listener in listeners { poller.remove(listener.descriptor.number) }
        listeners = []
        for connection in connections {
            guard let connection else { continue }
            let output = connection.pointee.channel.openOutput(&pool)
            connection.pointee.session.pointee.beginDrain(at: now, into: &output.pointee)
            list(connection)
        }
    }

    // MARK: - Connections

    private func find(_ id: ConnectionID) -> Pointer? {
        let index = Int(id.index)
        guard index < connections.count, generations[index] == id.generation else { return nil }
        return connections[index]
    }

    private func list(_ connection: Pointer) {
        guard !connection.pointee.isListed else { return }
        connection.pointee.isListed = true
        listed.append(connection.pointee.id)
    }

    private func add(_ listener: Listener) {
        let token = Token.listeners - UInt64(listeners.count)
        guard poller.add(listener.descriptor.number, [.readable, .exclusive], token: token) else {
            return
        }
        listeners.append(listener)
    }

    /// Accepts what has come, in turns, so that a flood of connections doesn't starve those there are.
    private func accept(from listener: Listener) {
        for _ in 0..<64 {
            let number = Socket.accept(from: listener)
            guard number >= 0 else { return }
            open(Descriptor(number), showing: listener.identity)
        }
    }

    /// Takes a connection that has come, or turns it away when there are too many.
    private func open(_ descriptor: consuming Descriptor, showing identity: TLSServerIdentity?) {
        statistics.accepted.add(1, ordering: .relaxed)
        let network = PeerNetwork(of: descriptor.number)
        switch census.admit(from: network, isSecured: identity != nil) {
        case .admitted(let entry):
            guard let connection = add(descriptor, counted: entry, showing: identity) else {
                return census.remove(entry)
            }
            // It came while the listeners were being closed.
            guard drainDeadline != nil else { return }
            let output = connection.pointee.channel.openOutput(&pool)
            connection.pointee.session.pointee.beginDrain(at: now, into: &output.pointee)
            list(connection)
        case .refused(let violation):
            statistics.turnedAway.add(1, ordering: .relaxed)
            // Under TLS nothing can be said before the handshake, which is what is to be spared.
            guard identity == nil, turnedAwayCount < Limits.turnedAwayAtOnce,
                let connection = add(descriptor, counted: nil, showing: nil)
            else { return }
            close(connection, for: violation)
        case .refusedHandshake: statistics.turnedAway.add(1, ordering: .relaxed)
        }
    }

    /// Makes a connection of the loop's; nil when it can't be waited for.
    private func add(
        _ descriptor: consuming Descriptor,
        counted entry: ConnectionCensus.Entry?,
        showing identity: TLSServerIdentity?
    ) -> Pointer? {
        Socket.sendAtOnce(descriptor.number)
        let index = freeIndices.popLast() ?? UInt32(connections.count)
        if index == connections.count {
            connections.append(nil)
            generations.append(0)
        }
        let id = ConnectionID(
            reactor: number,
            index: index,
            generation: generations[Int(index)]
        )
        let token = UInt64(id.generation) << 32 | UInt64(index)
        guard poller.add(descriptor.number, .readable, token: token) else {
            freeIndices.append(index)
            return nil
        }
        let connection = Pointer.allocate(capacity: 1)
        connection.initialize(
            to: ServerConnection(
                id,
                descriptor,
                counted: entry,
                security: identity.map { TLSSession(accepting: $0.current) },
                profile: profile,
                at: now
            )
        )
        connections[Int(index)] = connection
        openCount += 1
        if entry == nil { turnedAwayCount += 1 }
        statistics.connections.store(openCount, ordering: .relaxed)
        timers.set(index, to: connection.pointee.session.pointee.timer)
        return connection
    }

    private func destroy(_ connection: Pointer) {
        let id = connection.pointee.id
        let principal = connection.pointee.session.pointee.principal
        connection.pointee.session.pointee.endAllStreams()
        tellNotices(connection)
        connection.pointee.channel.closeOutput(&pool)
        timers.set(id.index, to: .never)
        connections[Int(id.index)] = nil
        // The last generations are left out, so that tokens stay below those of listeners.
        generations[Int(id.index)] = (id.generation &+ 1) & 0x7FFF_FFFF
        freeIndices.append(id.index)
        openCount -= 1
        if let entry = connection.pointee.entry {
            census.remove(entry)
        } else {
            turnedAwayCount -= 1
        }
        statistics.connections.store(openCount, ordering: .relaxed)
        connection.deinitialize(count: 1)
        connection.deallocate()
        handler.closed(id, principal: principal)
    }

    private func close(_ connection: Pointer, for violation: ProtocolViolation) {
        let output = connection.pointee.channel.openOutput(&pool)
        _ = connection.pointee.session.pointee.close(for: violation, into: &output.pointee)
        list(connection)
    }

    private func tick(_ connection: Pointer) {
        switch connection.pointee.stage {
        case .open:
            let output = connection.pointee.channel.openOutput(&pool)
            _ = connection.pointee.session.pointee.tick(at: now, into: &output.pointee)
            settle(connection)
        case .closing, .lingering:
            destroy(connection)
        }
    }

    // MARK: - Input

    private func serve(_ connection: Pointer, _ interest: Poller.Interest) {
        if interest.contains(.readable) || !interest.isDisjoint(with: .failed) {
            let reading = connection.pointee.channel.read(into: slab)
            if connection.pointee.entry?.isShakingHands == true,
                !connection.pointee.channel.isMute
            {
                census.shookHands(&connection.pointee.entry)
            }
            switch reading {
            case .bytes(let count):
                guard connection.pointee.stage == .open else { break }
                connection.pointee.session.pointee.received(at: now)
                if let certificate = connection.pointee.channel.takePeer() {
                    handler.identified(connection.pointee.id, by: certificate)
                }
                let bytes = UnsafeRawBufferPointer(rebasing: slab[..<count])
                ingest(connection, bytes)
                if connection.pointee.channel.inputHasEnded { inputEnded(connection) }
            case .ended:
                guard connection.pointee.stage == .open else { return destroy(connection) }
                inputEnded(connection)
            case .nothing: break
            case .failed(let failure):
                if case .security(let error) = failure, error != .cutOff {
                    handler.failed(connection.pointee.id, error)
                }
                // Under TLS the peer may be told why.
                guard connection.pointee.stage == .open,
                    connection.pointee.channel.pendingBytes > 0
                else { return destroy(connection) }
                connection.pointee.stage = .closing(
                    deadline: now.adding(milliseconds: profile.limits.lingerMilliseconds)
                )
            }
        }
        settle(connection)
    }

    private func inputEnded(_ connection: Pointer) {
        guard !connection.pointee.session.pointee.inputHasEnded else { return }
        let isWithinFrame =
            connection.pointee.channel.backlog.count > 0 && !connection.pointee.isHalted
        _ = connection.pointee.session.pointee.inputEnded(isWithinFrame: isWithinFrame)
    }

    /// Has received bytes dealt with where they lie; only what can't be is kept.
    private func ingest(_ connection: Pointer, _ bytes: UnsafeRawBufferPointer) {
        received += bytes.count
        var rest = bytes
        while connection.pointee.channel.backlog.count > 0, rest.count > 0 {
            let wanted = connection.pointee.isHalted ? Int.max : connection.pointee.wanted
            guard connection.pointee.channel.backlog.topUp(from: &rest, to: wanted) else { return }
            digestBacklog(connection)
        }
        guard rest.count > 0 else { return }
        digest(connection, &rest)
        if rest.count > 0 { connection.pointee.channel.backlog.append(rest) }
    }

    private func digestBacklog(_ connection: Pointer) {
        var bytes = connection.pointee.channel.backlog.bytes
        let count = bytes.count
        digest(connection, &bytes)
        connection.pointee.channel.backlog.removeFirst(count - bytes.count)
    }

    /// Takes frames from the front of `input` until it wants more, must wait, or is over.
    private func digest(_ connection: Pointer, _ input: inout UnsafeRawBufferPointer) {
        let session = connection.pointee.session
        let output = connection.pointee.channel.openOutput(&pool)
        let pause = profile.limits.outputPause
        connection.pointee.isHalted = false
        while true {
            switch session.pointee.next(in: &input, at: now, into: &output.pointee) {
            case .consumed: break
            case .call(let call):
                hand(call, session, output)
            case .wantsMore(let byteCount):
                connection.pointee.wanted = byteCount
                return
            case .stream(let call, let isHalfClosed):
                offer(call, isHalfClosed: isHalfClosed, session, output)
            case .message(let ticket, let bytes, let isFinal):
                callsWereDeferred = true
                if handler.received(bytes, on: ticket) {
                    let cost = StreamCredit.cost(of: bytes.count)
                    session.pointee.giveBack(cost, to: ticket, into: &output.pointee)
                }
                if isFinal { handler.halfClosed(ticket) }
            case .halfClosed(let ticket):
                callsWereDeferred = true
                handler.halfClosed(ticket)
            case .authenticate:
                guard let credentials = session.pointee.takePendingCredentials() else { break }
                let id = connection.pointee.id
                guard let verdict = handler.authenticate(credentials, on: id) else { break }
                session.pointee.judge(verdict, into: &output.pointee)
            case .suspended:
                connection.pointee.isHalted = true
                return
            case .cancelled(let ticket):
                callsWereDeferred = true
                handler.cancelled(ticket)
            case .close:
                input = UnsafeRawBufferPointer(rebasing: input[input.count...])
                return
            }
            if output.pointee.count > pause || session.pointee.fragmentBytes > pause {
                connection.pointee.isHalted = true
                return
            }
        }
    }

    @inline(__always)
    private func hand(
        _ call: IncomingCall,
        _ session: UnsafeMutablePointer<ServerSession>,
        _ output: UnsafeMutablePointer<MessageWriter>
    ) {
        handed += 1
        var responder = Responder(call, session: session, output: output)
        handler.handle(call, &responder)
        switch responder.state {
        case .answered: break
        case .deferred: callsWereDeferred = true
        case .open: responder.fail(.unanswered)
        }
    }

    private func offer(
        _ call: IncomingCall,
        isHalfClosed: Bool,
        _ session: UnsafeMutablePointer<ServerSession>,
        _ output: UnsafeMutablePointer<MessageWriter>
    ) {
        handed += 1
        var responder = StreamResponder(
            call,
            isHalfClosed: isHalfClosed,
            session: session,
            output: output
        )
        handler.open(call, &responder)
        switch responder.state {
        case .refused: break
        case .taken: callsWereDeferred = true
        case .open: responder.refuse(.unanswered)
        }
    }

    /// Tells the handler what has become of its streams.
    private func tellNotices(_ connection: Pointer) {
        guard connection.pointee.session.pointee.hasNotices else { return }
        callsWereDeferred = true
        for notice in connection.pointee.session.pointee.takeNotices() {
            switch notice {
            case .roomReturned(let ticket, let byteCount):
                handler.roomReturned(byteCount, on: ticket)
            case .cancelled(let ticket): handler.cancelled(ticket)
            }
        }
    }

    // MARK: - Output

    /// Sends what there is, takes up frames that had to wait, and decides what is waited for next.
    private func settle(_ connection: Pointer) {
        guard flush(connection) else { return destroy(connection) }
        while isReadyToResume(connection) {
            connection.pointee.isHalted = false
            guard connection.pointee.channel.backlog.count > 0 else { break }
            digestBacklog(connection)
            guard flush(connection) else { return destroy(connection) }
        }
        if connection.pointee.stage == .open { closeIfFinished(connection) }
        tellNotices(connection)
        if case .closing = connection.pointee.stage, connection.pointee.channel.isMute {
            return destroy(connection)
        }
        let isEmpty = connection.pointee.channel.pendingBytes == 0
        if case .closing = connection.pointee.stage, isEmpty,
            connection.pointee.channel.finish()
        {
            guard !connection.pointee.session.pointee.inputHasEnded else {
                return destroy(connection)
            }
            connection.pointee.stage = .lingering(
                deadline: now.adding(milliseconds: profile.limits.lingerMilliseconds)
            )
        }
        updateInterest(connection)
        timers.set(connection.pointee.id.index, to: deadline(of: connection))
    }

    private func isReadyToResume(_ connection: Pointer) -> Bool {
        connection.pointee.isHalted && connection.pointee.stage == .open
            && !connection.pointee.session.pointee.isSuspended
            && waitingBytes(connection) <= profile.limits.outputPause / 2
    }

    private func waitingBytes(_ connection: Pointer) -> Int {
        connection.pointee.channel.pendingBytes + connection.pointee.session.pointee.fragmentBytes
    }

    private func closeIfFinished(_ connection: Pointer) {
        if waitingBytes(connection) > profile.limits.outputBytes {
            close(connection, for: .outputStalled(.bytes(profile.limits.outputBytes)))
        }
        guard connection.pointee.session.pointee.isFinished else { return }
        connection.pointee.stage = .closing(
            deadline: now.adding(milliseconds: profile.limits.outputStallMilliseconds)
        )
        connection.pointee.channel.backlog.removeFirst(connection.pointee.channel.backlog.count)
    }

    /// Sends what the socket takes; false when the connection is lost.
    private func flush(_ connection: Pointer) -> Bool {
        let session = connection.pointee.session
        guard
            connection.pointee.channel.output != nil || session.pointee.hasFragments
                || connection.pointee.channel.pendingBytes > 0
        else { return true }
        let output = connection.pointee.channel.openOutput(&pool)
        var progress = false
        // Bounded, so that one connection's long replies don't hold up the others.
        for _ in 0..<8 {
            if session.pointee.hasFragments { session.pointee.fillFragments(into: &output.pointee) }
            guard connection.pointee.channel.pendingBytes > 0 else { break }
            guard let written = connection.pointee.channel.write() else { return false }
            sent += written
            progress = progress || written > 0
            guard output.pointee.count == 0, session.pointee.hasFragments else { break }
        }
        let remaining = waitingBytes(connection)
        if remaining == 0 { connection.pointee.channel.closeOutput(&pool) }
        session.pointee.wrote(progress: progress, remaining: remaining, at: now)
        return true
    }

    private func updateInterest(_ connection: Pointer) {
        var interest: Poller.Interest = []
        let session = connection.pointee.session
        if waitingBytes(connection) > 0 || session.pointee.hasFragments,
            !connection.pointee.channel.mustReadFirst
        {
            interest.insert(.writable)
        }
        switch connection.pointee.stage {
        case .open:
            if !connection.pointee.isHalted, !session.pointee.inputHasEnded,
                waitingBytes(connection) <= profile.limits.outputPause
            {
                interest.insert(.readable)
            }
        case .closing: break
        case .lingering: interest.insert(.readable)
        }
        guard interest != connection.pointee.channel.interest else { return }
        connection.pointee.channel.interest = interest
        let id = connection.pointee.id
        poller.change(
            connection.pointee.channel.descriptor.number,
            interest,
            token: UInt64(id.generation) << 32 | UInt64(id.index)
        )
    }

    private func deadline(of connection: Pointer) -> MonotonicTime {
        switch connection.pointee.stage {
        case .open: connection.pointee.session.pointee.timer
        case .closing(let deadline), .lingering(let deadline): deadline
        }
    }
}
