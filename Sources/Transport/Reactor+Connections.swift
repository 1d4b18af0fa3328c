import Synchronization
import TLS
import Wire

/// How connections come and go.
extension Reactor {
    func find(_ id: ConnectionID) -> Pointer? {
        let index = Int(id.index)
        guard index < connections.count, generations[index] == id.generation else { return nil }
        return connections[index]
    }

    func list(_ connection: Pointer) {
        guard !connection.pointee.isListed else { return }
        connection.pointee.isListed = true
        listed.append(connection.pointee.id)
    }

    func add(_ listener: Listener) {
        let token = Token.listeners - UInt64(listeners.count)
        guard poller.add(listener.descriptor.number, [.readable, .exclusive], token: token) else {
            return
        }
        listeners.append(listener)
    }

    /// Accepts what has come, in turns, so that a flood of connections doesn't starve those there are.
    func accept(from listener: Listener) {
        for _ in 0..<64 {
            let number = Socket.accept(from: listener)
            guard number >= 0 else { return }
            open(Descriptor(number), showing: listener.identity)
        }
    }

    /// Takes a connection that has come, or turns it away when there are too many.
    func open(_ descriptor: consuming Descriptor, showing identity: TLSServerIdentity?) {
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
    func add(
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

    func destroy(_ connection: Pointer) {
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

    func close(_ connection: Pointer, for violation: ProtocolViolation) {
        let output = connection.pointee.channel.openOutput(&pool)
        _ = connection.pointee.session.pointee.close(for: violation, into: &output.pointee)
        list(connection)
    }

    func tick(_ connection: Pointer) {
        switch connection.pointee.stage {
        case .open:
            let output = connection.pointee.channel.openOutput(&pool)
            _ = connection.pointee.session.pointee.tick(at: now, into: &output.pointee)
            settle(connection)
        case .closing, .lingering:
            destroy(connection)
        }
    }
}
