import Glibc
import TLS
import Wire

/// What comes and goes over the sockets, and what becomes of the calls when one is lost.
extension ClientLoopBody {
    func list(_ index: UInt32, _ link: Pointer) {
        guard !link.pointee.isListed else { return }
        link.pointee.isListed = true
        listed.append(index)
    }

    func token(of index: UInt32) -> UInt64 {
        UInt64(generations[Int(index)]) << 32 | UInt64(index)
    }

    func serve(_ token: UInt64, _ interest: Poller.Interest) {
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

    func tick(_ index: UInt32) {
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
    func settle(_ index: UInt32, _ link: Pointer) {
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
