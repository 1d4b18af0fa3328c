internal import BanjieProtocol
internal import Office
internal import Store
internal import Wire

/// What a watch's handler works with in a turn: a snapshot, and the newest events.
struct WatchContext {
    /// How many events a watch looks at in a turn: whoever reads the whole log, or seeks what is rare in it,
    /// keeps others waiting that long.
    static let looksPerTurn = 512

    var query: QueryContext
    let tail: EventTail
    let notes: AuditNotes
    /// The trace that the caller says the watch belongs to.
    let traceID: TraceID?
    /// How many events may still be looked at in this turn.
    var looksLeft = Self.looksPerTurn

    /// Enters in the audit log, soon, what the caller does by watching.
    ///
    /// - Throws: `overloaded` when too much waits for the log.
    func audit(_ kind: String, _ subject: String, _ detail: String) throws(HandlerFailure) {
        let note = AuditNotes.Note(
            actor: try query.signedIn().login,
            kind: kind,
            subject: subject,
            detail: detail,
            trace: traceID.map { AuditTrace($0) }
        )
        guard notes.add(note) else { throw .server(.overloaded) }
    }
}

/// Where a watch of the event log is, and what it has at hand.
struct EventCursor {
    /// After how many events that don't concern a watch it is told how far that has come.
    private static let markInterval: UInt64 = 4096

    private let topics: UInt64
    /// The last event that was looked at.
    private var position: UInt64
    /// The last number that was told.
    private var told: UInt64
    private var hasBegun = false
    private var pending: ArraySlice<Event> = []
    /// Where the log ended when `pending` was read, if that holds all through there.
    private var pendingEnd: UInt64?

    /// - Parameter after: where to begin; with what comes from now on when nil.
    /// - Throws: `outOfRange` for a number that the log hasn't reached: what came before it would be
    ///   missed without a word.
    init(
        after: UInt64?,
        topic: UInt8,
        in context: WatchContext
    ) throws(HandlerFailure) {
        let end = context.tail.end
        if let after, after > end {
            throw .refused(.outOfRange(field: "after", allowed: "0…\(end)"))
        }
        topics = EventTopic.mask(topic)
        position = after ?? end
        told = position
    }

    /// Tells the next event that `concerns` the caller.
    ///
    /// - Parameter telling: the message of an event's number and content, or of how far the watch has come
    ///   though nothing of it concerned the caller.
    mutating func next<Content: Message, Told: Message>(
        in context: inout WatchContext,
        concerns: (Content) throws(HandlerFailure) -> Bool,
        telling message: (UInt64, Content?) -> Told
    ) throws(HandlerFailure) -> StreamStep<Told> {
        if !hasBegun {
            hasBegun = true
            return .message(message(position, nil))
        }
        repeat {
            while let event = pending.first {
                guard context.looksLeft > 0 else {
                    return marks() ? .message(message(position, nil)) : .lookingOn
                }
                context.looksLeft -= 1
                pending.removeFirst()
                position = event.sequence
                let content: Content = try event.decoded()
                if try concerns(content) {
                    told = position
                    return .message(message(position, content))
                }
            }
            if let end = pendingEnd { position = max(position, end) }
            pendingEnd = nil
        } while try read(in: context)
        return marks() ? .message(message(position, nil)) : .waiting
    }

    /// Whether how far the watch has come hasn't been told for long; it is told with that.
    private mutating func marks() -> Bool {
        guard position - told >= Self.markInterval else { return false }
        told = position
        return true
    }

    /// Has more of the log at hand; false at its end.
    private mutating func read(in context: WatchContext) throws(HandlerFailure) -> Bool {
        guard position < context.tail.end else { return false }
        let (reader, from, topics) = (context.query.reader, position, topics)
        let (found, isComplete) = try storing { () throws(StoreError) in
            try context.tail.events(after: from, topics: topics, from: reader)
        }
        pending = found[...]
        pendingEnd = isComplete ? context.tail.end : nil
        return true
    }
}

extension Event {
    /// The message that the event carries.
    func decoded<Content: Message>() throws(HandlerFailure) -> Content {
        do {
            return try Content(decoding: draft.payload)
        } catch {
            throw .store(.corrupt("event \(sequence) isn't what its topic says: \(error)"))
        }
    }
}
