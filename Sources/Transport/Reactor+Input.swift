import TLS
import Wire

/// What is received, and to whom it is handed.
extension Reactor {
    func serve(_ connection: Pointer, _ interest: Poller.Interest) {
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

    func digestBacklog(_ connection: Pointer) {
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
    func tellNotices(_ connection: Pointer) {
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
}
