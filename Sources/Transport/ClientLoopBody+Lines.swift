import Synchronization
import Wire

/// How connections are made, kept and given up.
extension ClientLoopBody {
    func open(_ line: UInt32, _ configuration: ClientConfiguration) {
        while lines.count <= line { lines.append(nil) }
        let first = UInt32(subchannels.count)
        for endpoints in configuration.groups {
            subchannels.append(
                Subchannel(endpoints, of: line, configuration.backoff, at: now)
            )
        }
        let numbers = first..<UInt32(subchannels.count)
        lines[Int(line)] = KeptLine(configuration, numbers)
        for number in numbers { connect(number) }
    }

    func close(_ line: UInt32) {
        guard lines.indices.contains(Int(line)), let state = lines[Int(line)] else { return }
        lines[Int(line)] = nil
        for number in state.subchannels {
            if case .resolving(let ticket)? = subchannels[Int(number)]?.state {
                resolver.drop(ticket)
            }
            subchannels[Int(number)] = nil
            subchannelTimers.set(number, to: .never)
        }
        fail(state.waiting.removeAll { _ in true }, .closedHere(mayHaveArrived: false))
        for (index, link) in links.enumerated() {
            guard let link, link.pointee.line == line else { continue }
            lose(UInt32(index), link, "the program has closed it")
        }
    }

    private func fail(_ waiting: [OutgoingCall], _ failure: CallFailure) {
        for call in waiting {
            let slot = call.slot.load(ordering: .relaxed)
            if slot >= 0 { end(UInt32(slot), .failure(failure)) }
        }
    }

    /// Why a line has no connection and makes none now; nil when it has or does.
    func failure(of line: KeptLine) -> Subchannel.Failure? {
        var first: Subchannel.Failure?
        var isFinal = true
        for number in line.subchannels {
            guard let subchannel = subchannels[Int(number)], case .down = subchannel.state,
                let failure = subchannel.failure
            else { return nil }
            first = first ?? failure
            isFinal = isFinal && failure.isFinal
        }
        return first.map { Subchannel.Failure(error: $0.error, isFinal: isFinal) }
    }

    /// Begins an attempt from the first endpoint on.
    func connect(_ number: UInt32) {
        guard let subchannel = subchannels[Int(number)] else { return }
        subchannel.beginAttempt()
        connectToNext(number)
    }

    /// What was waited for has come: the next attempt, or the end of the time for resolving a name.
    func tick(subchannel number: UInt32) {
        guard let subchannel = subchannels[Int(number)] else { return }
        guard case .resolving(let ticket) = subchannel.state else { return connect(number) }
        resolver.drop(ticket)
        subchannel.note(
            .notConnected(
                subchannel.endpoint,
                "its name wasn't resolved within the time to connect"
            )
        )
        connectToNext(number)
    }

    /// Tries the next address, or has the attempt fail.
    func connectToNext(_ number: UInt32) {
        guard let subchannel = subchannels[Int(number)] else { return }
        while true {
            if let address = subchannel.addresses.popFirst() {
                do {
                    return open(try Socket.connect(to: address), for: number, subchannel)
                } catch {
                    subchannel.note(.notConnected(subchannel.endpoint, "\(error)"))
                }
            } else if subchannel.turnToNextEndpoint() {
                do {
                    guard let addresses = try Address.written(of: subchannel.endpoint) else {
                        return resolve(for: number, subchannel)
                    }
                    subchannel.addresses = addresses[...]
                } catch {
                    subchannel.note(.notConnected(subchannel.endpoint, "\(error)"))
                }
            } else {
                return down(number, subchannel)
            }
        }
    }

    /// Has the endpoint's name resolved, within the time that an attempt may take.
    private func resolve(for number: UInt32, _ subchannel: Subchannel) {
        guard let configuration = lines[Int(subchannel.line)]?.configuration else { return }
        let ticket = resolver.resolve(subchannel.endpoint) { [inbox] ticket, answer in
            inbox.leave(.resolved(number, ticket, answer))
        }
        subchannel.state = .resolving(ticket)
        subchannelTimers.set(
            number,
            to: now.adding(milliseconds: configuration.connectMilliseconds)
        )
    }

    /// Goes on with what came of resolving a name; passes over what nobody waits for any more.
    func take(_ answer: Resolver.Answer, to ticket: Resolver.Ticket, for number: UInt32) {
        guard let subchannel = subchannels[Int(number)],
            case .resolving(ticket) = subchannel.state
        else { return }
        subchannelTimers.set(number, to: .never)
        switch answer {
        case .success(let addresses): subchannel.addresses = addresses[...]
        case .failure(let error): subchannel.note(.notConnected(subchannel.endpoint, "\(error)"))
        }
        connectToNext(number)
    }

    private func open(
        _ descriptor: consuming Descriptor,
        for number: UInt32,
        _ subchannel: Subchannel
    ) {
        guard let configuration = lines[Int(subchannel.line)]?.configuration else { return }
        let index = freeLinks.popLast() ?? UInt32(links.count)
        if index == links.count {
            links.append(nil)
            generations.append(0)
        }
        guard poller.add(descriptor.number, .writable, token: token(of: index)) else {
            freeLinks.append(index)
            subchannel.note(.notConnected(subchannel.endpoint, "too many descriptors"))
            return down(number, subchannel)
        }
        let deadline = now.adding(milliseconds: configuration.connectMilliseconds)
        let link = Pointer.allocate(capacity: 1)
        link.initialize(
            to: Link(
                descriptor,
                security: configuration.openSecurity(to: subchannel.endpoint),
                line: subchannel.line,
                subchannel: number,
                endpoint: subchannel.endpoint,
                deadline: deadline
            )
        )
        links[Int(index)] = link
        linkTimers.set(index, to: deadline)
        subchannel.state = .opening(link: index)
    }

    /// An endpoint has answered that it doesn't take us: its other addresses would say the same.
    func refused(_ number: UInt32, _ failure: Subchannel.Failure) {
        guard let subchannel = subchannels[Int(number)] else { return }
        subchannel.note(failure)
        subchannel.addresses = []
        connectToNext(number)
    }

    /// A connection is lost, or takes no new calls: the other endpoints are tried at once, and at last
    /// the same one. After one that hasn't lasted only those that the attempt hasn't come to are.
    func leave(_ number: UInt32, since: MonotonicTime, _ failure: CallFailure) {
        guard let subchannel = subchannels[Int(number)] else { return }
        if subchannel.backoff.ended(afterMilliseconds: since.milliseconds(until: now)) {
            subchannel.beginAttempt(behind: subchannel.endpoint)
        }
        subchannel.note(failure)
        connectToNext(number)
    }

    /// An attempt has failed: the next is due after a while. When no other connection is there, or being
    /// made, calls that don't want to wait fail.
    private func down(_ number: UInt32, _ subchannel: Subchannel) {
        let until = now.adding(milliseconds: subchannel.backoff.next(random: random()))
        subchannel.state = .down(until: until)
        subchannelTimers.set(number, to: until)
        guard let line = lines[Int(subchannel.line)], let failure = failure(of: line) else {
            return
        }
        fail(line.waiting.removeAll { failure.isFinal || !waits($0) }, failure.error)
    }
}
