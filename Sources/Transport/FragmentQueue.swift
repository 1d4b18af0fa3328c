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

    /// Writes fragments, one of each stream in turn, until `output` holds `mark` bytes.
    mutating func fill(_ output: inout MessageWriter, upTo mark: Int, longestPayload: UInt32) {
        while output.count < mark, !messages.isEmpty {
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
            if length < left {
                messages[turn].position += length
                byteCount -= length
                turn += 1
                continue
            }
            if let flags = message.end {
                output.appendFrame(.end, flags: flags, stream: message.stream)
            }
            remove(at: turn)
        }
    }
}
