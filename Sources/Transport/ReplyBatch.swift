package import Wire

/// Answers on their way from the thread that made them to the loops.
///
/// Used again after it was posted, it allocates nothing.
package struct ReplyBatch: ~Copyable, Sendable {
    /// One answer, or one message on a stream.
    package struct Entry {
        package enum Content: Sendable {
            case success(FrameFlags)
            /// Of this status.
            case failure(UInt16)
            /// One of several on a stream.
            case message
            /// A stream ends, and all was well.
            case end
            /// Messages on a stream, which cost as much, have been dealt with.
            case credit(UInt32)

            /// Whether only a stream takes it.
            var isOfStream: Bool {
                switch self {
                case .success, .failure: false
                case .message, .end, .credit: true
                }
            }

            /// Whether the handler lets go of the call with it.
            package var isEnd: Bool {
                switch self {
                case .success, .failure, .end: true
                case .message, .credit: false
                }
            }
        }

        package let ticket: CallTicket
        package let content: Content
        /// Where the payload begins in `bytes`; it ends where the next one begins.
        let start: Int
    }

    private(set) var entries: [Entry] = []
    @usableFromInline var bytes = MessageWriter(capacity: 4096)

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// How many answers it holds.
    package var count: Int { entries.count }

    /// Adds an answer whose message `write` appends. When `write` throws, nothing is added.
    @inlinable package mutating func succeed<Failure: Error>(
        _ ticket: CallTicket,
        replayed: Bool = false,
        _ write: (inout MessageWriter) throws(Failure) -> Void
    ) throws(Failure) {
        let start = try appendPayload(write)
        appendSuccess(ticket, replayed ? .replayed : [], from: start)
    }

    /// Adds an answer with a copy of `message`.
    package mutating func succeed(
        _ ticket: CallTicket,
        replayed: Bool = false,
        with message: UnsafeRawBufferPointer
    ) {
        let start = bytes.count
        bytes.append(message)
        appendSuccess(ticket, replayed ? .replayed : [], from: start)
    }

    /// Adds a message on a stream, which `write` appends. It takes its length and 64 of the stream's
    /// room; returns that. When `write` throws, nothing is added.
    ///
    /// A message longer than the caller takes ends the stream, which the handler is told.
    @inlinable package mutating func send<Failure: Error>(
        on ticket: CallTicket,
        _ write: (inout MessageWriter) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        let start = try appendPayload(write)
        return appendMessage(ticket, from: start)
    }

    /// Lets `write` append a payload, and returns where that begins. When `write` throws, there is none.
    @inlinable mutating func appendPayload<Failure: Error>(
        _ write: (inout MessageWriter) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        let start = bytes.count
        do {
            try write(&bytes)
        } catch {
            bytes.truncate(to: start)
            throw error
        }
        return start
    }

    @usableFromInline mutating func appendMessage(_ ticket: CallTicket, from start: Int) -> Int {
        append(ticket, .message, from: start)
        return StreamCredit.cost(of: bytes.count - start)
    }

    /// Ends a stream behind what was sent on it. (`succeed` sends a last message before.)
    package mutating func end(_ ticket: CallTicket) { append(ticket, .end, from: bytes.count) }

    /// Says that messages on a stream, which cost `byteCount`, have been dealt with.
    package mutating func giveBack(_ byteCount: Int, to ticket: CallTicket) {
        append(ticket, .credit(UInt32(clamping: byteCount)), from: bytes.count)
    }

    /// Adds a failure. On a stream it goes before what waits to be sent there.
    package mutating func fail(_ ticket: CallTicket, _ failure: CallFailure) {
        let start = bytes.count
        failure.write(to: &bytes)
        append(ticket, .failure(failure.status.rawValue), from: start)
    }

    @usableFromInline mutating func appendSuccess(
        _ ticket: CallTicket,
        _ flags: FrameFlags,
        from start: Int
    ) {
        append(ticket, .success(flags), from: start)
    }

    private mutating func append(_ ticket: CallTicket, _ content: Entry.Content, from start: Int) {
        entries.append(Entry(ticket: ticket, content: content, start: start))
    }

    /// Adds copies of another batch's answers: all, or those of one loop.
    package mutating func append(_ other: borrowing ReplyBatch, reactor: UInt16? = nil) {
        other.withEntries { entry, payload in
            if let reactor, entry.ticket.connection.reactor != reactor { return }
            let start = bytes.count
            bytes.append(payload)
            append(entry.ticket, entry.content, from: start)
        }
    }

    /// Visits the answers in the order in which they were added.
    package borrowing func withEntries(_ visit: (Entry, UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { all in
            for index in entries.indices {
                let entry = entries[index]
                let end = index + 1 < entries.count ? entries[index + 1].start : all.count
                visit(entry, UnsafeRawBufferPointer(rebasing: all[entry.start..<end]))
            }
        }
    }

    /// Forgets the answers and keeps the memory.
    package mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll()
    }
}
