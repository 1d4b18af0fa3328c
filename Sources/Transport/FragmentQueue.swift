import Wire

/// Messages too long for one frame, on their way out in fragments, each stream in its turn (W39).
struct FragmentQueue {
    private struct Outgoing {
        let stream: UInt32
        let bytes: [UInt8]
        var position: Int
        /// The flags of the END behind a reply; nil for a request, which has none.
        let end: FrameFlags?
    }

    private var messages: [Outgoing] = []
    private var turn = 0
    /// Bytes not yet handed on.
    private(set) var byteCount = 0

    var isEmpty: Bool { messages.isEmpty }

    /// Queues what is left of a request behind the part that CALL has carried.
    mutating func appendRequest(stream: UInt32, _ bytes: [UInt8], from position: Int) {
        append(Outgoing(stream: stream, bytes: bytes, position: position, end: nil))
    }

    /// Queues a whole reply, and the END behind it.
    mutating func appendReply(stream: UInt32, _ bytes: [UInt8], end: FrameFlags) {
        append(Outgoing(stream: stream, bytes: bytes, position: 0, end: end))
    }

    private mutating func append(_ message: Outgoing) {
        precondition(message.position < message.bytes.count, "a fragment has at least one byte")
        messages.append(message)
        byteCount += message.bytes.count - message.position
    }

    /// Drops what is left of the stream's message; returns whether there was any.
    @discardableResult mutating func remove(stream: UInt32) -> Bool {
        guard let index = messages.firstIndex(where: { $0.stream == stream }) else { return false }
        remove(at: index)
        return true
    }

    /// Whether the stream's message is still going out. O(messages).
    func contains(stream: UInt32) -> Bool { messages.contains { $0.stream == stream } }

    mutating func removeAll() {
        messages = []
        turn = 0
        byteCount = 0
    }

    private mutating func remove(at index: Int) {
        byteCount -= messages[index].bytes.count - messages[index].position
        messages.remove(at: index)
        if turn > index { turn -= 1 }
    }

    /// Writes a fragment of the message whose turn it is; returns its stream and whether the message is
    /// complete, or nil when there is none.
    private mutating func writeNext(
        into output: inout MessageWriter,
        longestPayload: UInt32
    ) -> (stream: UInt32, isComplete: Bool)? {
        guard !messages.isEmpty else { return nil }
        if turn >= messages.count { turn = 0 }
        let message = messages[turn]
        let left = message.bytes.count - message.position
        let length = min(left, Int(longestPayload), Limits.longestFragment)
        message.bytes.withUnsafeBytes { bytes in
            output.appendFrame(
                .message,
                flags: length == left ? .last : [],
                stream: message.stream,
                field32: UInt32(message.bytes.count),
                payload: UnsafeRawBufferPointer(
                    rebasing: bytes[message.position..<(message.position + length)]
                )
            )
        }
        guard length == left else {
            messages[turn].position += length
            byteCount -= length
            turn += 1
            return (message.stream, false)
        }
        if let flags = message.end {
            output.appendFrame(.end, flags: flags, stream: message.stream)
        }
        remove(at: turn)
        return (message.stream, true)
    }

    /// Writes fragments, and messages of streams, each stream in its turn, until `output` holds as much
    /// as keeps the socket busy.
    mutating func fill(
        _ output: inout MessageWriter,
        with streams: inout StreamSender,
        longestPayload: UInt32
    ) {
        while output.count < Limits.fragmentMark {
            let fragment = writeNext(into: &output, longestPayload: longestPayload)
            if let fragment, fragment.isComplete { streams.release(fragment.stream) }
            let hasMessage = streams.writeNext(into: &output, longestPayload: longestPayload)
            guard fragment != nil || hasMessage else { return }
        }
    }
}
