package import Wire

extension ServerSession {
    // MARK: - Liveness

    mutating func takePong(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) {
        guard frame.payload.count == 8 else { throw .malformed(.pong, .length) }
        guard case .announced = drain, frame.payload.elementsEqual(Self.drainPing) else { return }
        finishDrain(into: &output)
    }

    /// Takes note of a write: whether any of the output was taken, and how much still waits.
    package mutating func wrote(progress: Bool, remaining: Int, at now: MonotonicTime) {
        if remaining == 0 {
            stallDeadline = .never
        } else if progress || stallDeadline == .never {
            stallDeadline = now.adding(milliseconds: limits.outputStallMilliseconds)
            timer = min(timer, stallDeadline)
        }
    }

    // MARK: - Stopping

    /// Begins to stop: no new calls, none refused yet (W46).
    package mutating func beginDrain(at now: MonotonicTime, into output: inout MessageWriter) {
        guard case .none = drain, phase != .closed else { return }
        let finalAt = now.adding(milliseconds: limits.drainStepMilliseconds)
        drain = .announced(finalAt: finalAt)
        timer = min(timer, finalAt)
        guard phase == .open || phase == .authenticating else { return }
        appendGoAway(lastStream: Limits.lastStream, to: &output)
    }

    /// The first GOAWAY, with the PING that tells when it has arrived.
    mutating func appendGoAway(lastStream: UInt32, to output: inout MessageWriter) {
        output.appendFrame(.goAway, field32: lastStream, message: Self.farewell)
        Self.drainPing.withUnsafeBytes { output.appendFrame(.ping, payload: $0) }
    }

    private mutating func finishDrain(into output: inout MessageWriter) {
        drain = .final(lastStream: lastStream)
        failAllStreams(.stopping, into: &output)
        guard phase == .open || phase == .authenticating else { return }
        output.appendFrame(.goAway, field32: lastStream, message: Self.farewell)
    }

    private static var farewell: Farewell {
        Farewell(code: "DRAINING", message: "the server is stopping")
    }

    private static let drainPing = [UInt8]("draining".utf8)

    // MARK: - The timer

    /// Does what has become due, and sets the timer anew.
    package mutating func tick(at now: MonotonicTime, into output: inout MessageWriter) -> Event {
        guard phase != .closed else {
            timer = .never
            return .close
        }
        if now >= handshakeDeadline {
            return expire(.handshakeTimeout(milliseconds: limits.handshakeMilliseconds), &output)
        }
        if now >= frameDeadline {
            return expire(.frameTimeout(milliseconds: limits.frameMilliseconds), &output)
        }
        if now >= stallDeadline {
            let limit = limits.outputStallMilliseconds
            return expire(.outputStalled(.milliseconds(limit)), &output)
        }
        if case .announced(let finalAt) = drain, now >= finalAt { finishDrain(into: &output) }
        expireCalls(at: now, into: &output)
        do {
            if listensForSilence, try liveness.check(at: now, into: &output) { calls.shrink() }
        } catch {
            return expire(error, &output)
        }
        timer = min(
            min(handshakeDeadline, frameDeadline),
            min(stallDeadline, calls.earliestDeadline)
        )
        if listensForSilence { timer = min(timer, liveness.deadline) }
        if case .announced(let finalAt) = drain { timer = min(timer, finalAt) }
        return isFinished ? .close : .consumed
    }

    /// Whether the peer's silence means anything: after the handshake, and while it can speak.
    private var listensForSilence: Bool { handshakeDeadline == .never && !inputHasEnded }

    private mutating func expire(
        _ violation: ProtocolViolation,
        _ output: inout MessageWriter
    ) -> Event {
        timer = .never
        return close(for: violation, into: &output)
    }

    /// Ends the calls whose time is over (W31). The handler keeps their slots (W34).
    private mutating func expireCalls(at now: MonotonicTime, into output: inout MessageWriter) {
        for index in calls.slots.indices where calls.slots[index].deadline <= now {
            let slot = calls.slots[index]
            switch slot.state {
            case .free, .abandoned: continue
            case .waiting:
                guard !isOpenStream(slot.stream) else {
                    failStream(slot.stream, .timeout(.unknown), into: &output)
                    continue
                }
                calls.abandon(at: UInt32(index))
                appendFailure(.timeout(.unknown), stream: slot.stream, to: &output)
            case .assembling:
                if let index = unfinished.firstIndex(where: { $0.stream == slot.stream }) {
                    dropUnfinished(at: index)
                }
                appendFailure(.timeout(.notProcessed), stream: slot.stream, to: &output)
            }
        }
    }
}
