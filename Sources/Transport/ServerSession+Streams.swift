package import Wire

/// What the handler must be told of a stream that it holds.
package enum StreamNotice: Hashable, Sendable {
    /// As much more may be posted as the stream has handed on.
    case roomReturned(CallTicket, byteCount: Int)
    /// Nobody waits for the stream any more; it must be let go of.
    case cancelled(CallTicket)
}

/// A streaming call that hasn't ended.
struct OpenStream {
    let slot: UInt32
    var receiver: StreamReceiver
    /// The handler has ended it, and END waits behind messages.
    var isEnding = false
}

extension ServerSession {
    /// Whether the call is a streaming one that hasn't ended; costs next to nothing while there is none.
    func isOpenStream(_ stream: UInt32) -> Bool { !streams.isEmpty && streams[stream] != nil }

    // MARK: - Frames

    /// Makes a call that has come whole the handler's, as a stream, when the connection takes another.
    mutating func handOver(
        _ call: IncomingCall,
        isHalfClosed: Bool,
        _ output: inout MessageWriter
    ) -> Event {
        guard limits.streamWindow > 0, sender.isPossible else {
            return refuse(.noStreams, call.stream, &output)
        }
        guard calls.streamCount < limits.streams else {
            return refuse(.tooManyStreams(limits.streams), call.stream, &output)
        }
        return .stream(call, isHalfClosed: isHalfClosed)
    }

    /// Takes a MESSAGE frame of a stream that is open.
    mutating func takeStreamFrame(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard let reception = try streams[stream]?.receiver.take(frame, &connectionCredit),
            let state = streams[stream]
        else { return .consumed }
        let ticket = CallTicket(connection: id, stream: stream, slot: state.slot)
        switch reception {
        case .part: return .consumed
        case .halfClosed: return state.isEnding ? .consumed : .halfClosed(ticket)
        case .message(let bytes, let assembly):
            connectionCredit.giveBack(StreamCredit.cost(of: bytes.count), into: &output)
            guard !state.isEnding else { return .consumed }
            completedMessage = assembly
            return .message(ticket, bytes, isFinal: state.receiver.isHalfClosed)
        }
    }

    mutating func takeWindow(_ frame: Frame) throws(ProtocolViolation) {
        let stream = frame.header.stream
        guard limits.streamWindow > 0 else { throw .unexpected(.window) }
        guard stream == 0 || stream <= lastStream && stream & 1 == 1 else {
            throw .neverOpened(stream: stream)
        }
        guard frame.payload.count == 0 else { throw .malformed(.window, .length) }
        try sender.giveBack(frame.header.field32, to: stream)
    }

    // MARK: - The handler's side

    /// Keeps a call as a stream.
    mutating func openStream(
        _ stream: UInt32,
        isHalfClosed: Bool,
        deadline: MonotonicTime
    ) -> CallTicket {
        timer = min(timer, deadline)
        let slot = calls.insert(
            stream: stream,
            state: .waiting,
            deadline: deadline,
            isStream: true
        )
        streams[stream] = OpenStream(
            slot: slot,
            receiver: StreamReceiver(window: limits.streamWindow, isHalfClosed: isHalfClosed)
        )
        sender.open(stream)
        return CallTicket(connection: id, stream: stream, slot: slot)
    }

    /// The handler has dealt with messages that cost `byteCount`.
    package mutating func giveBack(
        _ byteCount: Int,
        to ticket: CallTicket,
        into output: inout MessageWriter
    ) {
        guard let credit = streams[ticket.stream]?.receiver.giveBack(byteCount) else { return }
        output.appendFrame(.window, stream: ticket.stream, field32: credit)
    }

    /// Takes what was posted to a stream. What nobody waits for goes nowhere.
    mutating func answerStream(
        _ entry: ReplyBatch.Entry,
        _ payload: UnsafeRawBufferPointer,
        into output: inout MessageWriter
    ) {
        let ticket = entry.ticket
        guard let state = streams[ticket.stream] else {
            precondition(
                calls.isAbandoned(at: ticket.slot),
                "only a stream takes what streams take"
            )
            if entry.content.isEnd { calls.remove(at: ticket.slot) }
            return
        }
        precondition(!state.isEnding, "nothing is posted to a stream that was ended")
        switch entry.content {
        case .message:
            guard let failure = send(payload, on: ticket.stream) else { return }
            failStream(ticket.stream, failure, into: &output)
        case .success:
            guard let failure = send(payload, on: ticket.stream) else {
                return endStream(ticket.stream)
            }
            letGo(ticket, into: &output)
            appendFailure(failure, stream: ticket.stream, to: &output)
        case .end: endStream(ticket.stream)
        case .failure(let status):
            letGo(ticket, into: &output)
            let start = output.beginFrame()
            output.append(payload)
            finishFailure(from: start, stream: ticket.stream, status: status, in: &output)
        case .credit(let byteCount): giveBack(Int(byteCount), to: ticket, into: &output)
        }
    }

    /// Queues a message; returns why the stream must end when it is too long.
    private mutating func send(
        _ payload: UnsafeRawBufferPointer,
        on stream: UInt32
    ) -> CallFailure? {
        guard payload.count <= sender.longestMessage else {
            return .replyTooLong(payload.count, limit: UInt32(clamping: sender.longestMessage))
        }
        sender.append([UInt8](payload), to: stream)
        return nil
    }

    /// Forgets a stream that its handler has ended, so that nobody need be told.
    private mutating func letGo(_ ticket: CallTicket, into output: inout MessageWriter) {
        calls.remove(at: ticket.slot)
        forget(ticket.stream, into: &output)
    }

    private mutating func endStream(_ stream: UInt32) {
        streams[stream]?.isEnding = true
        sender.end(stream)
    }

    /// Takes note of what the sender has done.
    mutating func settleStreams() {
        if !sender.ended.isEmpty {
            for stream in sender.takeEnded() {
                guard let state = streams.removeValue(forKey: stream) else { continue }
                calls.remove(at: state.slot)
            }
        }
        guard !sender.returned.isEmpty else { return }
        for (stream, byteCount) in sender.takeReturned() {
            guard let state = streams[stream], !state.isEnding else { continue }
            let ticket = CallTicket(connection: id, stream: stream, slot: state.slot)
            notices.append(.roomReturned(ticket, byteCount: byteCount))
        }
    }

    /// Takes what the handler must be told.
    package mutating func takeNotices() -> [StreamNotice] {
        defer { notices = [] }
        return notices
    }

    package var hasNotices: Bool { !notices.isEmpty }

    // MARK: - Ends

    /// Drops what is kept of a stream. Its slot stays.
    private mutating func forget(_ stream: UInt32, into output: inout MessageWriter) {
        guard let state = streams.removeValue(forKey: stream) else { return }
        sender.remove(stream)
        connectionCredit.giveBack(state.receiver.unfinishedCost, into: &output)
    }

    /// Ends a stream for its peer; false when the handler has let go of it before.
    mutating func abandonStream(_ stream: UInt32, into output: inout MessageWriter) -> Bool {
        guard let state = streams[stream] else { return false }
        forget(stream, into: &output)
        if state.isEnding {
            calls.remove(at: state.slot)
        } else {
            calls.abandon(at: state.slot)
        }
        return !state.isEnding
    }

    /// Ends a stream by a failure of the transport's, and tells the handler.
    mutating func failStream(
        _ stream: UInt32,
        _ failure: CallFailure,
        into output: inout MessageWriter
    ) {
        guard let slot = streams[stream]?.slot else { return }
        if abandonStream(stream, into: &output) {
            notices.append(.cancelled(CallTicket(connection: id, stream: stream, slot: slot)))
        }
        appendFailure(failure, stream: stream, to: &output)
    }

    mutating func failAllStreams(_ failure: CallFailure, into output: inout MessageWriter) {
        for stream in streams.keys.sorted() { failStream(stream, failure, into: &output) }
    }

    /// The peer can give no credit any more, and take nothing back: its streams end as by CANCEL (W66).
    mutating func cancelAllStreams() {
        for (stream, state) in streams.sorted(by: { $0.key < $1.key }) {
            guard !state.isEnding else {
                calls.remove(at: state.slot)
                continue
            }
            calls.abandon(at: state.slot)
            notices.append(.cancelled(CallTicket(connection: id, stream: stream, slot: state.slot)))
        }
        streams = [:]
        sender.removeAll()
    }

    /// The connection is over: tells the handler of the streams that it holds.
    package mutating func endAllStreams() {
        cancelAllStreams()
        calls = CallTable()
    }
}
