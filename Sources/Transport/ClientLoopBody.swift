import Glibc
import Synchronization
import TLS
import Wire

/// The thread's side of `ClientLoop`: all of it but the inbox belongs to that thread.
final class ClientLoopBody {
    typealias Pointer = UnsafeMutablePointer<Link>

    private let inbox: ClientLoop.Inbox
    let random: () -> Double
    let poller: Poller
    private var events = Poller.Events()
    private var pool = OutputPool()
    private let slab = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.readBytes,
        alignment: 64
    )
    var now = MonotonicTime.now()
    private var isStopped = false

    /// By number; nil before a line is opened and after it is closed.
    var lines: [KeptLine?] = []
    /// Those of all lines; nil after the line is closed.
    var subchannels: [Subchannel?] = []
    var subchannelTimers = TimerHeap()

    var links: [Pointer?] = []
    /// How often each place in `links` was given up: events of an earlier socket are known by it.
    var generations: [UInt32] = []
    var freeLinks: [UInt32] = []
    var linkTimers = TimerHeap()
    /// Links with something to be sent before the next wait.
    private var listed: [UInt32] = []

    var calls: [CallSlot?] = []
    private var freeCalls: [UInt32] = []
    private var callTimers = TimerHeap()

    init(inbox: ClientLoop.Inbox, random: @escaping () -> Double) {
        self.inbox = inbox
        self.random = random
        poller = inbox.poller
    }

    deinit { slab.deallocate() }

    // MARK: - The loop

    /// Runs until it is told to stop.
    func run() {
        while !isStopped {
            poller.wait(
                timeout: nextDeadline.map { now.milliseconds(until: $0) },
                for: &events
            )
            now = .now()
            for index in 0..<events.count {
                let (token, interest) = events[index]
                if token == ClientLoop.Inbox.token {
                    emptyInbox()
                } else {
                    serve(token, interest)
                }
            }
            fireTimers()
            var index = 0
            while index < listed.count {
                if let link = links[Int(listed[index])] {
                    link.pointee.isListed = false
                    settle(listed[index], link)
                }
                index += 1
            }
            listed.removeAll(keepingCapacity: true)
        }
        for line in lines.indices { close(UInt32(line)) }
    }

    private var nextDeadline: MonotonicTime? {
        let earliest = min(
            callTimers.first?.time ?? .never,
            min(linkTimers.first?.time ?? .never, subchannelTimers.first?.time ?? .never)
        )
        return earliest == .never ? nil : earliest
    }

    private var spareCommands: [ClientLoop.Command] = []

    private func emptyInbox() {
        var commands = inbox.empty(leaving: spareCommands)
        spareCommands = []
        for command in commands {
            switch command {
            case .open(let line, let configuration): open(line.number, configuration)
            case .call(let line, let call): take(call, on: line.number)
            case .write(let call, let content): write(content, on: call)
            case .giveBack(let call, let byteCount): giveBack(byteCount, to: call)
            case .cancel(let call): cancel(call)
            case .close(let line): close(line.number)
            case .stop: isStopped = true
            }
        }
        commands.removeAll(keepingCapacity: true)
        spareCommands = commands
    }

    private func fireTimers() {
        while let (time, slot) = callTimers.first, time <= now {
            expire(slot)
        }
        while let (time, link) = linkTimers.first, time <= now {
            tick(link)
        }
        while let (time, subchannel) = subchannelTimers.first, time <= now {
            subchannelTimers.set(subchannel, to: .never)
            connect(subchannel)
        }
    }

    // MARK: - Calls

    private func take(_ call: OutgoingCall, on line: UInt32) {
        let slot = freeCalls.popLast() ?? UInt32(calls.count)
        if slot == calls.count { calls.append(nil) }
        calls[Int(slot)] = CallSlot(call: call, sent: nil)
        let (isNew, _) = call.slot.compareExchange(
            expected: OutgoingCall.unsubmitted,
            desired: Int(slot),
            ordering: .relaxed
        )
        guard isNew else { return end(slot, .failure(.cancelledByCaller(wasSent: false))) }
        guard lines.indices.contains(Int(line)), lines[Int(line)] != nil else {
            return end(slot, .failure(.closedHere(mayHaveArrived: false)))
        }
        guard call.deadline > now else {
            return end(slot, .failure(.outOfTime(wasSent: false)))
        }
        callTimers.set(slot, to: call.deadline)
        dispatch(slot, on: line)
    }

    /// Sends a call, or has it wait, or fails it.
    private func dispatch(_ slot: UInt32, on line: UInt32) {
        guard let state = lines[Int(line)], let call = calls[Int(slot)]?.call else { return }
        if state.waiting.isEmpty, begin(slot, on: state) { return }
        if let failure = failure(of: state), !waits(call) {
            return end(slot, .failure(failure.error))
        }
        state.waiting.append(call)
    }

    /// Sends a call elsewhere that a server has certainly not begun; fails it when what was written to
    /// it isn't kept.
    private func sendElsewhere(
        _ slot: UInt32,
        on line: UInt32,
        otherwise failure: @autoclosure () -> CallFailure
    ) {
        guard calls[Int(slot)]?.call.stream?.isHalfClosed ?? true else {
            return end(slot, .failure(failure()))
        }
        calls[Int(slot)]?.sent = nil
        calls[Int(slot)]?.wasSentBefore = true
        dispatch(slot, on: line)
    }

    /// Whether a call waits for a connection: because it was told to, or since it had one.
    func waits(_ call: OutgoingCall) -> Bool {
        let slot = call.slot.load(ordering: .relaxed)
        return call.waitsForReady || slot >= 0 && calls[slot]?.wasSentBefore == true
    }

    /// Writes a call to one of the line's connections, to each in turn; false when it must wait.
    private func begin(_ slot: UInt32, on line: KeptLine) -> Bool {
        for number in line.rotation {
            guard case .ready(let link, _)? = subchannels[Int(number)]?.state,
                begin(slot, on: link)
            else { continue }
            line.rotate(behind: number)
            return true
        }
        return false
    }

    /// Writes a call to a link; false when it must wait.
    private func begin(_ slot: UInt32, on index: UInt32) -> Bool {
        guard let link = links[Int(index)], let call = calls[Int(slot)]?.call,
            let line = lines[Int(link.pointee.line)],
            link.pointee.session?.canBegin == true,
            link.pointee.channel.pendingBytes <= line.outputPause
        else { return false }
        // Long requests wait for each other; short ones go between their fragments.
        let fragmentBytes = link.pointee.session?.fragmentBytes ?? 0
        guard
            call.message.count <= Hello.leastLongestPayload / 2
                || fragmentBytes <= line.outputPause
        else { return false }
        let limit = link.pointee.session?.peer?.longestMessage ?? 0
        guard call.message.count <= Int(limit) else {
            end(slot, .failure(.requestTooLong(call.message.count, limit: limit)))
            return true
        }
        if call.stream != nil, link.pointee.session?.takesStreams != true {
            end(slot, .failure(.streamsNotTaken(link.pointee.endpoint)))
            return true
        }
        let output = link.pointee.channel.openOutput(&pool)
        let timeout =
            call.deadline == .never
            ? 0 : UInt32(clamping: max(1, now.milliseconds(until: call.deadline)))
        let stream = link.pointee.session?.begin(
            slot,
            method: call.method,
            timeoutMilliseconds: timeout,
            requestID: call.requestID,
            traceparent: call.traceparent,
            message: call.message,
            flags: call.flags,
            into: &output.pointee
        )
        guard let stream else { return false }
        let position = link.pointee.channel.outputEnd
        link.pointee.session?.noteOutputEnd(position, of: stream)
        calls[Int(slot)]?.sent = (index, stream)
        list(index, link)
        writeEarly(slot)
        return true
    }

    /// Writes to a streaming call, or keeps that until the call is sent.
    private func write(_ content: StreamWrite, on call: OutgoingCall) {
        let number = call.slot.load(ordering: .relaxed)
        guard number >= 0, let sent = calls[number]?.sent else {
            if number >= 0 { calls[number]?.early.append(content) }
            return
        }
        guard let link = links[Int(sent.link)] else { return }
        list(sent.link, link)
        switch content {
        case .halfClose: link.pointee.session?.halfClose(sent.stream)
        case .message(let message):
            let limit = link.pointee.session?.longestStreamMessage ?? 0
            guard message.count <= limit else {
                return abandon(UInt32(number)) { _ in .messageTooLong(message.count, limit: limit) }
            }
            link.pointee.session?.send(message, on: sent.stream)
        }
    }

    private func writeEarly(_ slot: UInt32) {
        guard let state = calls[Int(slot)], !state.early.isEmpty else { return }
        calls[Int(slot)]?.early = []
        for content in state.early { write(content, on: state.call) }
    }

    private func giveBack(_ byteCount: Int, to call: OutgoingCall) {
        let number = call.slot.load(ordering: .relaxed)
        guard number >= 0, let sent = calls[number]?.sent, let link = links[Int(sent.link)] else {
            return
        }
        let output = link.pointee.channel.openOutput(&pool)
        link.pointee.session?.giveBack(byteCount, to: sent.stream, into: &output.pointee)
        list(sent.link, link)
    }

    /// Sends what waits on a line, as far as its connections take it.
    private func beginWaiting(on line: UInt32) {
        guard let state = lines[Int(line)] else { return }
        while let call = state.waiting.first {
            let slot = call.slot.load(ordering: .relaxed)
            guard slot < 0 || begin(UInt32(slot), on: state) else { return }
            state.waiting.removeFirst()
        }
    }

    /// Completes a call and forgets it.
    func end(_ slot: UInt32, _ result: Result<OutgoingCall.Reply, CallFailure>) {
        guard let call = calls[Int(slot)]?.call else { return }
        calls[Int(slot)] = nil
        freeCalls.append(slot)
        callTimers.set(slot, to: .never)
        call.slot.store(OutgoingCall.completed, ordering: .relaxed)
        call.completion(result)
    }

    /// Ends a call that is still waiting or unanswered, and tells the server.
    private func abandon(_ slot: UInt32, _ failure: (_ wasSent: Bool) -> CallFailure) {
        guard let state = calls[Int(slot)] else { return }
        if let (index, stream) = state.sent, let link = links[Int(index)] {
            let output = link.pointee.channel.openOutput(&pool)
            link.pointee.session?.cancel(stream: stream, into: &output.pointee)
            list(index, link)
        }
        end(slot, .failure(failure(state.sent != nil)))
    }

    private func expire(_ slot: UInt32) {
        abandon(slot) { .outOfTime(wasSent: $0) }
    }

    private func cancel(_ call: OutgoingCall) {
        let (_, slot) = call.slot.compareExchange(
            expected: OutgoingCall.unsubmitted,
            desired: OutgoingCall.cancelledEarly,
            ordering: .relaxed
        )
        guard slot >= 0 else { return }
        abandon(UInt32(slot)) { .cancelledByCaller(wasSent: $0) }
    }

    // MARK: - Links

    private func list(_ index: UInt32, _ link: Pointer) {
        guard !link.pointee.isListed else { return }
        link.pointee.isListed = true
        listed.append(index)
    }

    func token(of index: UInt32) -> UInt64 {
        UInt64(generations[Int(index)]) << 32 | UInt64(index)
    }

    private func serve(_ token: UInt64, _ interest: Poller.Interest) {
        let index = UInt32(truncatingIfNeeded: token)
        guard token == self.token(of: index), let link = links[Int(index)] else { return }
        if case .connecting = link.pointee.stage {
            let code = Socket.pendingError(of: link.pointee.channel.descriptor.number)
            guard code == 0 else {
                return lose(index, link, String(cString: strerror(code)))
            }
            greet(link)
        } else if interest.contains(.readable) || !interest.isDisjoint(with: .failed) {
            switch link.pointee.channel.read(into: slab) {
            case .bytes(let count):
                link.pointee.session?.received(at: now)
                guard ingest(index, link, UnsafeRawBufferPointer(rebasing: slab[..<count]))
                else { return }
                if link.pointee.channel.inputHasEnded {
                    return lose(index, link, "the server closed it")
                }
            case .nothing: break
            case .ended: return lose(index, link, "the server closed it")
            case .failed(let failure): return giveUp(index, link, failure)
            }
        }
        settle(index, link)
    }

    /// A link is of no use any more. When it is TLS that says so, trying again won't help those who
    /// wait.
    private func giveUp(_ index: UInt32, _ link: Pointer, _ failure: Channel.Failure) {
        guard case .security(let error) = failure, error != .cutOff else {
            return lose(index, link, failure.description)
        }
        // What the server sees last is why.
        _ = link.pointee.channel.write()
        let endpoint = link.pointee.endpoint
        lose(index, link, failure.description, failure: .notSecure(endpoint, error))
    }

    /// Begins the handshake.
    private func greet(_ link: Pointer) {
        guard let profile = lines[Int(link.pointee.line)]?.configuration.profile else { return }
        link.pointee.stage = .open
        let output = link.pointee.channel.openOutput(&pool)
        link.pointee.session = ClientSession(profile: profile, at: now, into: &output.pointee)
    }

    /// False when the link is gone.
    private func ingest(_ index: UInt32, _ link: Pointer, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while link.pointee.channel.backlog.count > 0, rest.count > 0 {
            guard link.pointee.channel.backlog.topUp(from: &rest, to: link.pointee.wanted) else {
                return true
            }
            var held = link.pointee.channel.backlog.bytes
            let count = held.count
            guard digest(index, link, &held) else { return false }
            link.pointee.channel.backlog.removeFirst(count - held.count)
        }
        guard rest.count > 0 else { return true }
        guard digest(index, link, &rest) else { return false }
        link.pointee.channel.backlog.append(rest)
        return true
    }

    /// Takes frames from the front of `input`; false when the link is gone.
    private func digest(
        _ index: UInt32,
        _ link: Pointer,
        _ input: inout UnsafeRawBufferPointer
    ) -> Bool {
        let output = link.pointee.channel.openOutput(&pool)
        while true {
            guard let event = link.pointee.session?.next(in: &input, at: now, into: &output.pointee)
            else { return false }
            switch event {
            case .consumed: break
            case .wantsMore(let byteCount):
                link.pointee.wanted = byteCount
                return true
            case .ready: becameReady(index, link)
            case .refused(let failure):
                lose(index, link, failure.message, failure: failure)
                return false
            case .succeeded(let slot, let message, let isReplay):
                end(
                    slot,
                    .success(OutgoingCall.Reply(message: [UInt8](message), isReplay: isReplay))
                )
            case .failed(let slot, let failure):
                if failure.isByDraining, link.pointee.session?.isRetired == true {
                    sendElsewhere(slot, on: link.pointee.line, otherwise: failure)
                } else {
                    end(slot, .failure(failure))
                }
            case .message(let slot, let bytes):
                calls[Int(slot)]?.call.stream?.received([UInt8](bytes))
            case .goingAway: retire(index, link)
            case .close:
                // What the server sees last is why.
                _ = link.pointee.channel.write()
                lose(index, link, "")
                return false
            }
        }
    }

    private func becameReady(_ index: UInt32, _ link: Pointer) {
        guard let subchannel = subchannels[Int(link.pointee.subchannel)],
            case .opening(index) = subchannel.state
        else { return }
        subchannel.state = .ready(link: index, since: now)
        subchannel.failure = nil
    }

    /// The server takes no new calls here: they go to another connection, and so do those that it
    /// hasn't taken.
    private func retire(_ index: UInt32, _ link: Pointer) {
        let (line, endpoint) = (link.pointee.line, link.pointee.endpoint)
        let number = link.pointee.subchannel
        if case .ready(index, let since)? = subchannels[Int(number)]?.state {
            leave(number, since: since, .notTaken(endpoint))
        }
        for slot in link.pointee.session?.takeUnprocessed() ?? [] {
            sendElsewhere(slot, on: line, otherwise: .notTaken(endpoint))
        }
    }

    /// The link is gone, or of no use: calls that may have arrived fail.
    func lose(
        _ index: UInt32,
        _ link: Pointer,
        _ why: String,
        failure given: CallFailure? = nil
    ) {
        let (line, endpoint) = (link.pointee.line, link.pointee.endpoint)
        let number = link.pointee.subchannel
        let sent = link.pointee.channel.totalSent
        let unanswered = link.pointee.session?.takeAll(sent: sent) ?? []
        let end = link.pointee.session?.end
        link.pointee.channel.sayFarewell()
        link.pointee.channel.closeOutput(&pool)
        linkTimers.set(index, to: .never)
        links[Int(index)] = nil
        // The last generations are left out, so that no token is the inbox's.
        generations[Int(index)] = (generations[Int(index)] &+ 1) & 0x7FFF_FFFF
        freeLinks.append(index)
        link.deinitialize(count: 1)
        link.deallocate()

        guard let subchannel = subchannels[Int(number)] else {
            for (slot, mayHaveArrived) in unanswered {
                self.end(slot, .failure(.closedHere(mayHaveArrived: mayHaveArrived)))
            }
            return
        }
        let reason =
            switch end {
            case .violation(let violation): "\(violation.message) (\(violation.rule))"
            case .farewell(let farewell): "\(farewell.message) (\(farewell.code))"
            case .closed?, nil: why
            }
        switch subchannel.state {
        case .opening(index):
            if let given {
                refused(number, Subchannel.Failure(error: given, isFinal: true))
            } else if case .farewell(let farewell) = end {
                refused(number, Subchannel.Failure(farewell, at: endpoint))
            } else {
                subchannel.note(.notConnected(endpoint, reason))
                connectToNext(number)
            }
        case .ready(index, let since):
            leave(number, since: since, .notConnected(endpoint, reason))
        default: break
        }
        for (slot, mayHaveArrived) in unanswered {
            let failure = CallFailure.connectionLost(
                endpoint,
                reason,
                mayHaveArrived: mayHaveArrived
            )
            if mayHaveArrived {
                self.end(slot, .failure(failure))
            } else {
                sendElsewhere(slot, on: line, otherwise: failure)
            }
        }
    }

    private func tick(_ index: UInt32) {
        guard let link = links[Int(index)] else { return linkTimers.set(index, to: .never) }
        guard case .open = link.pointee.stage else {
            return lose(index, link, "no answer to the attempt to connect")
        }
        let output = link.pointee.channel.openOutput(&pool)
        guard case .close? = link.pointee.session?.tick(at: now, into: &output.pointee) else {
            return settle(index, link)
        }
        _ = link.pointee.channel.write()
        lose(index, link, "")
    }

    /// Begins what waits, sends what there is, and decides what is waited for next.
    private func settle(_ index: UInt32, _ link: Pointer) {
        guard link.pointee.session != nil else { return }
        beginWaiting(on: link.pointee.line)
        guard flush(link) else {
            return lose(index, link, String(cString: strerror(errno)))
        }
        for (slot, byteCount) in link.pointee.session?.takeReturned() ?? [] {
            calls[Int(slot)]?.call.stream?.roomReturned(byteCount)
        }
        if let session = link.pointee.session?.isRetired, session,
            link.pointee.session?.callsInFlight == 0, link.pointee.channel.pendingBytes == 0
        {
            return lose(index, link, "the server is stopping")
        }
        var interest: Poller.Interest = .readable
        if link.pointee.channel.pendingBytes > 0 || link.pointee.session?.hasFragments == true,
            !link.pointee.channel.mustReadFirst
        {
            interest.insert(.writable)
        }
        if interest != link.pointee.channel.interest {
            link.pointee.channel.interest = interest
            poller.change(
                link.pointee.channel.descriptor.number,
                interest,
                token: token(of: index)
            )
        }
        linkTimers.set(index, to: link.pointee.session?.timer ?? .never)
    }

    /// False when the connection is lost.
    private func flush(_ link: Pointer) -> Bool {
        let output = link.pointee.channel.openOutput(&pool)
        for _ in 0..<8 {
            if link.pointee.session?.hasFragments == true {
                link.pointee.session?.fillFragments(into: &output.pointee)
            }
            guard link.pointee.channel.pendingBytes > 0 else { break }
            guard link.pointee.channel.write() != nil else { return false }
            guard output.pointee.count == 0, link.pointee.session?.hasFragments == true else {
                break
            }
        }
        if output.pointee.count == 0, link.pointee.session?.hasFragments != true {
            link.pointee.channel.closeOutput(&pool)
        }
        return true
    }
}
