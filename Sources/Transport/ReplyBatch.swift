package import Wire

/// Answers on their way from the thread that made them to the loops.
///
/// Used again after it was posted, it allocates nothing.
package struct ReplyBatch: ~Copyable, Sendable {
    struct Entry {
        let ticket: CallTicket
        /// 0, or the failure's.
        let status: UInt16
        let flags: FrameFlags
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
        let start = bytes.count
        do {
            try write(&bytes)
        } catch {
            bytes.truncate(to: start)
            throw error
        }
        append(ticket, status: .ok, flags: replayed ? .replayed : [], from: start)
    }

    /// Adds an answer with a copy of `message`.
    package mutating func succeed(
        _ ticket: CallTicket,
        replayed: Bool = false,
        with message: UnsafeRawBufferPointer
    ) {
        let start = bytes.count
        bytes.append(message)
        append(ticket, status: .ok, flags: replayed ? .replayed : [], from: start)
    }

    /// Adds a failure.
    package mutating func fail(_ ticket: CallTicket, _ failure: CallFailure) {
        let start = bytes.count
        failure.write(to: &bytes)
        append(ticket, status: failure.status, flags: [], from: start)
    }

    @usableFromInline mutating func append(
        _ ticket: CallTicket,
        status: Status,
        flags: FrameFlags,
        from start: Int
    ) {
        entries.append(Entry(ticket: ticket, status: status.rawValue, flags: flags, start: start))
    }

    /// Adds copies of another batch's answers: all, or those of one loop.
    mutating func append(_ other: borrowing ReplyBatch, reactor: UInt16? = nil) {
        other.withEntries { entry, payload in
            if let reactor, entry.ticket.connection.reactor != reactor { return }
            let start = bytes.count
            bytes.append(payload)
            entries.append(
                Entry(
                    ticket: entry.ticket,
                    status: entry.status,
                    flags: entry.flags,
                    start: start
                )
            )
        }
    }

    /// Visits the answers in the order in which they were added.
    borrowing func withEntries(_ visit: (Entry, UnsafeRawBufferPointer) -> Void) {
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
