import Synchronization
import Wire

/// Calls on their way: sent, waiting, ended.
extension ClientLoopBody {
    func take(_ call: OutgoingCall, on line: UInt32) {
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
    func sendElsewhere(
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
    func write(_ content: StreamWrite, on call: OutgoingCall) {
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

    func giveBack(_ byteCount: Int, to call: OutgoingCall) {
        let number = call.slot.load(ordering: .relaxed)
        guard number >= 0, let sent = calls[number]?.sent, let link = links[Int(sent.link)] else {
            return
        }
        let output = link.pointee.channel.openOutput(&pool)
        link.pointee.session?.giveBack(byteCount, to: sent.stream, into: &output.pointee)
        list(sent.link, link)
    }

    /// Sends what waits on a line, as far as its connections take it.
    func beginWaiting(on line: UInt32) {
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

    func expire(_ slot: UInt32) {
        abandon(slot) { .outOfTime(wasSent: $0) }
    }

    func cancel(_ call: OutgoingCall) {
        let (_, slot) = call.slot.compareExchange(
            expected: OutgoingCall.unsubmitted,
            desired: OutgoingCall.cancelledEarly,
            ordering: .relaxed
        )
        guard slot >= 0 else { return }
        abandon(UInt32(slot)) { .cancelledByCaller(wasSent: $0) }
    }
}
