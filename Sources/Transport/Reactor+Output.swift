import Glibc
import Wire

/// What is sent, and what is waited for next.
extension Reactor {
    /// Sends what there is, takes up frames that had to wait, and decides what is waited for next.
    func settle(_ connection: Pointer) {
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

    func deadline(of connection: Pointer) -> MonotonicTime {
        switch connection.pointee.stage {
        case .open: connection.pointee.session.pointee.timer
        case .closing(let deadline), .lingering(let deadline): deadline
        }
    }
}
