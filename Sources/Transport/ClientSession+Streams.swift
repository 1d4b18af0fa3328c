package import Wire

extension ClientSession {
    /// Whether the server takes streams; false before it has said so.
    package var takesStreams: Bool { sender.isPossible && profile.limits.streamWindow > 0 }

    /// The longest message that may be sent on a stream.
    package var longestStreamMessage: Int { sender.longestMessage }

    /// Queues a message on a stream that may be written to. Does nothing when the call has ended.
    ///
    /// - Precondition: it isn't longer than `longestStreamMessage`.
    package mutating func send(_ message: [UInt8], on stream: UInt32) {
        sender.append(message, to: stream)
    }

    /// Says that no further message follows on a stream.
    package mutating func halfClose(_ stream: UInt32) { sender.halfClose(stream) }

    /// The reader has taken messages of a stream that cost `byteCount`. Does nothing when the call has
    /// ended.
    package mutating func giveBack(
        _ byteCount: Int,
        to stream: UInt32,
        into output: inout MessageWriter
    ) {
        guard let credit = receivers[stream]?.giveBack(byteCount) else { return }
        output.appendFrame(.window, stream: stream, field32: credit)
    }

    /// Takes the room that has returned, by call.
    package mutating func takeReturned() -> [(key: CallKey, byteCount: Int)] {
        guard !sender.returned.isEmpty else { return [] }
        return sender.takeReturned().compactMap { stream, byteCount in
            calls[stream].map { ($0.key, byteCount) }
        }
    }

    /// Takes the receiving side of a call away, when the call is a stream; costs next to nothing while
    /// there is none.
    mutating func takeReceiver(of stream: UInt32) -> StreamReceiver? {
        receivers.isEmpty ? nil : receivers.removeValue(forKey: stream)
    }

    mutating func takeStreamFrame(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        let stream = frame.header.stream
        guard let reception = try receivers[stream]?.take(frame, &connectionCredit),
            let key = calls[stream]?.key
        else { return .consumed }
        switch reception {
        case .part: return .consumed
        // A server ends a stream by END.
        case .halfClosed: throw .malformed(.message, .sequence)
        case .message(let bytes, let assembly):
            connectionCredit.giveBack(StreamCredit.cost(of: bytes.count), into: &output)
            handedOver = assembly
            return .message(key, bytes)
        }
    }

    /// Takes the END of a stream (W61).
    mutating func takeStreamEnd(
        _ frame: Frame,
        _ call: CallState,
        _ receiver: StreamReceiver,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Event {
        sender.remove(frame.header.stream)
        connectionCredit.giveBack(receiver.unfinishedCost, into: &output)
        guard frame.header.field16 == 0 else { return .failed(call.key, try CallFailure(frame)) }
        guard receiver.unfinishedCost == 0, frame.payload.count == 0 else {
            throw .malformed(.end, .sequence)
        }
        return .succeeded(call.key, message: frame.payload, isReplay: false)
    }

    mutating func takeWindow(_ frame: Frame) throws(ProtocolViolation) {
        let stream = frame.header.stream
        guard profile.limits.streamWindow > 0 else { throw .unexpected(.window) }
        guard stream == 0 || stream <= lastStream && stream & 1 == 1 else {
            throw .neverOpened(stream: stream)
        }
        guard frame.payload.count == 0 else { throw .malformed(.window, .length) }
        try sender.giveBack(frame.header.field32, to: stream)
    }
}
