package import Wire

extension ServerSession {
    // MARK: - Frames of a call

    mutating func takeCall(
        _ frame: Frame,
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard stream & 1 == 1, stream > lastStream, stream <= Limits.lastStream else {
            throw .streamOrder(stream: stream, last: lastStream)
        }
        guard let content = CallContent(frame) else { throw .malformed(.call, .length) }
        lastStream = stream
        guard calls.count < Int(profile.limits.callsInFlight) else {
            return refuse(.tooManyCalls(limits.callsInFlight), stream, &output)
        }
        if case .final(let last) = drain, stream > last {
            return refuse(.draining, stream, &output)
        }
        guard content.metadata.count <= Int(limits.longestMetadata) else {
            return refuse(
                .metadataTooLong(content.metadata.count, limit: limits.longestMetadata),
                stream,
                &output
            )
        }
        let metadata: CallMetadata
        do { metadata = try CallMetadata(content.metadata) } catch {
            return refuse(.badMetadata("the metadata doesn't decode: \(error)"), stream, &output)
        }
        guard metadata.requestID.count <= CallMetadata.longestRequestID else {
            let message = "a request id of \(metadata.requestID.count) bytes is longer than 32"
            return refuse(.badMetadata(message), stream, &output)
        }
        guard metadata.totalLength == 0 else {
            return try beginAssembly(frame, content, metadata, at: now, into: &output)
        }
        let call = IncomingCall(
            connection: id,
            principal: principal,
            stream: stream,
            method: content.method,
            receivedAt: now,
            timeoutMilliseconds: frame.header.field32,
            requestID: metadata.requestID,
            traceparent: metadata.traceparent,
            message: content.message
        )
        guard frame.header.flags.contains(.stream) else { return .call(call) }
        return handOver(call, isHalfClosed: frame.header.flags.contains(.halfClose), &output)
    }

    private mutating func beginAssembly(
        _ frame: Frame,
        _ content: CallContent,
        _ metadata: CallMetadata,
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard metadata.totalLength <= UInt64(limits.longestMessage) else {
            return refuse(
                .messageTooLong(metadata.totalLength, limit: limits.longestMessage),
                stream,
                &output
            )
        }
        let totalLength = Int(metadata.totalLength)
        guard totalLength > content.message.count else { throw .malformed(.call, .fragment) }
        guard unfinishedBytes + totalLength <= limits.unfinishedBytes else {
            return refuse(.tooMuchUnfinished(limits.unfinishedBytes), stream, &output)
        }
        let room = RequestRoom(of: profile.unfinishedBytes)
        guard room.take(content.message.count) else {
            return refuse(.noRoomForRequests(limits.unfinishedBytesInAll), stream, &output)
        }
        let timeout = frame.header.field32
        let deadline = now.adding(
            milliseconds: timeout == 0 ? limits.assemblyMilliseconds : UInt64(timeout)
        )
        let message = Assembly(totalLength: totalLength)
        message.append(content.message)
        unfinished.append(
            UnfinishedCall(
                stream: stream,
                method: content.method,
                receivedAt: now,
                timeoutMilliseconds: timeout,
                flags: frame.header.flags,
                requestID: [UInt8](metadata.requestID),
                traceparent: [UInt8](metadata.traceparent),
                message: message,
                room: room
            )
        )
        unfinishedBytes += totalLength
        _ = calls.insert(stream: stream, state: .assembling, deadline: deadline)
        timer = min(timer, deadline)
        return .consumed
    }

    mutating func takeFragment(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard stream <= lastStream, stream & 1 == 1 else { throw .neverOpened(stream: stream) }
        guard let index = unfinished.firstIndex(where: { $0.stream == stream }) else {
            if isOpenStream(stream) { return try takeStreamFrame(frame, into: &output) }
            if let slot = calls.index(ofStream: stream), isAwaitingAnswer(slot) {
                throw .malformed(.message, .fragment)
            }
            try connectionCredit.passOver(frame, into: &output)
            return .consumed
        }
        let message = unfinished[index].message
        guard unfinished[index].room.take(frame.payload.count) else {
            dropUnfinished(at: index)
            return refuse(.noRoomForRequests(limits.unfinishedBytesInAll), stream, &output)
        }
        try message.append(frame)
        guard message.isComplete else { return .consumed }
        let call = CompletedCall(dropUnfinished(at: index))
        completed = call
        let incoming = call.incoming(id, principal)
        guard call.flags.contains(.stream) else { return .call(incoming) }
        return handOver(incoming, isHalfClosed: call.flags.contains(.halfClose), &output)
    }

    func isAwaitingAnswer(_ index: UInt32) -> Bool {
        if case .waiting = calls.slots[Int(index)].state { true } else { false }
    }

    /// Takes an unfinished call away, and its slot.
    @discardableResult mutating func dropUnfinished(at index: Int) -> UnfinishedCall {
        let call = unfinished.remove(at: index)
        unfinishedBytes -= call.message.totalLength
        if let slot = calls.index(ofStream: call.stream) { calls.remove(at: slot) }
        return call
    }

    mutating func takeCancel(
        _ frame: Frame,
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard stream <= lastStream, stream & 1 == 1 else { throw .neverOpened(stream: stream) }
        guard frame.payload.count == 0 else { throw .malformed(.cancel, .length) }
        if let index = unfinished.firstIndex(where: { $0.stream == stream }) {
            dropUnfinished(at: index)
            return .consumed
        }
        fragments.remove(stream: stream)
        guard let index = calls.index(ofStream: stream), isAwaitingAnswer(index) else {
            return .consumed
        }
        guard resets.take(at: now) else {
            throw .tooManyResets(limit: UInt32(clamping: limits.resetsPerSecond))
        }
        if !isOpenStream(stream) {
            calls.abandon(at: index)
        } else if !abandonStream(stream, into: &output) {
            return .consumed
        }
        return .cancelled(CallTicket(connection: id, stream: stream, slot: index))
    }

    mutating func refuse(
        _ failure: CallFailure,
        _ stream: UInt32,
        _ output: inout MessageWriter
    ) -> Event {
        appendFailure(failure, stream: stream, to: &output)
        return .consumed
    }

    // MARK: - Answers

    /// Keeps a call for an answer to come.
    mutating func hold(stream: UInt32, deadline: MonotonicTime) -> CallTicket {
        timer = min(timer, deadline)
        let slot = calls.insert(stream: stream, state: .waiting, deadline: deadline)
        return CallTicket(connection: id, stream: stream, slot: slot)
    }

    /// Takes what was posted to the connection's calls.
    package mutating func take(_ batch: borrowing ReplyBatch, into output: inout MessageWriter) {
        batch.withEntries { entry, payload in answer(entry, payload, into: &output) }
    }

    /// Answers a call that was kept. An answer that nobody waits for goes nowhere.
    package mutating func answer(
        _ entry: ReplyBatch.Entry,
        _ payload: UnsafeRawBufferPointer,
        into output: inout MessageWriter
    ) {
        let ticket = entry.ticket
        guard phase != .closed,
            let state = calls.state(at: ticket.slot, stream: ticket.stream)
        else { return }
        if isOpenStream(ticket.stream) || entry.content.isOfStream {
            return answerStream(entry, payload, into: &output)
        }
        calls.remove(at: ticket.slot)
        guard case .waiting = state else { return }
        let start = output.beginFrame()
        output.append(payload)
        switch entry.content {
        case .success(let flags):
            finishReply(from: start, stream: ticket.stream, flags: flags, in: &output)
        case .failure(let status):
            finishFailure(from: start, stream: ticket.stream, status: status, in: &output)
        case .message, .end, .credit: preconditionFailure("a unary call has one answer")
        }
    }

    /// Makes what was written since `start` the reply of a call: one END, or fragments.
    @usableFromInline mutating func finishReply(
        from start: Int,
        stream: UInt32,
        flags: FrameFlags,
        in output: inout MessageWriter
    ) {
        guard output.count - start - FrameHeader.byteCount > Int(peerLongestPayload) else {
            return output.endFrame(from: start, .end, flags: flags, stream: stream)
        }
        let message = output.withUnsafeBytes { [UInt8]($0[(start + FrameHeader.byteCount)...]) }
        output.truncate(to: start)
        guard message.count <= Int(peerLongestMessage) else {
            return appendFailure(
                .replyTooLong(message.count, limit: peerLongestMessage),
                stream: stream,
                to: &output
            )
        }
        fragments.appendReply(stream: stream, message, end: flags)
    }

    /// Appends the END of a call that failed.
    mutating func appendFailure(
        _ failure: CallFailure,
        stream: UInt32,
        to output: inout MessageWriter
    ) {
        let start = output.beginFrame()
        failure.write(to: &output)
        finishFailure(from: start, stream: stream, status: failure.status.rawValue, in: &output)
    }

    func finishFailure(
        from start: Int,
        stream: UInt32,
        status: UInt16,
        in output: inout MessageWriter
    ) {
        if output.count - start - FrameHeader.byteCount > Int(peerLongestPayload) {
            output.truncate(to: start + FrameHeader.byteCount)
            CallFailure.failureTooLong.write(to: &output)
        }
        output.endFrame(from: start, .end, stream: stream, field16: status)
    }

    /// Writes fragments of long replies, and messages on streams, as many as the output should hold.
    package mutating func fillFragments(into output: inout MessageWriter) {
        fragments.fill(&output, with: &sender, longestPayload: peerLongestPayload)
        settleStreams()
    }
}
