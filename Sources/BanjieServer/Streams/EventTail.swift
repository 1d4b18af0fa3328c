internal import Store

/// The newest events of the log, kept in memory so that a thousand watches of what has just happened
/// read them once.
///
/// - Thread: the watch desk's alone.
final class EventTail {
    /// About how many events are kept.
    private static let keptMax = 8192
    /// The most read from the store at once.
    private static let readMax = 1024

    /// Every event beyond `start`, in order, through `end`.
    private var events: ArraySlice<Event> = []
    private var start: UInt64 = 0
    /// The last event of the snapshot that was taken last.
    private(set) var end: UInt64 = 0

    /// Begins where the log is now.
    init(end: UInt64) {
        start = end
        self.end = end
    }

    /// Reads what has been added through `end`.
    func advance(to end: UInt64, from reader: any RecordReader) throws(StoreError) {
        guard end > self.end else { return }
        if end - self.end > UInt64(Self.keptMax) {
            // Watches that are behind read the store; those that aren't begin here.
            events = []
            start = end
            self.end = end
            return
        }
        events += try reader.events(
            after: self.end,
            topics: .max,
            limit: Self.keptMax
        ).prefix { $0.sequence <= end }
        self.end = end
        if events.count > Self.keptMax {
            events = events.dropFirst(events.count - Self.keptMax / 2)
            start = (events.first?.sequence ?? end + 1) - 1
        }
    }

    /// Events beyond `sequence` of the topics in a mask, in order: as many as are at hand, none when
    /// there are none. Whether these are all through `end` is told beside them.
    func events(
        after sequence: UInt64,
        topics: UInt64,
        from reader: any RecordReader
    ) throws(StoreError) -> (found: [Event], isComplete: Bool) {
        guard sequence < start else {
            // Sequence numbers are dense.
            let skipped = Int(clamping: sequence - start)
            let found = events.dropFirst(skipped).filter {
                topics & EventTopic.mask($0.draft.topic) != 0
            }
            return (found, true)
        }
        let found = try reader.events(after: sequence, topics: topics, limit: Self.readMax)
            .filter { $0.sequence <= end }
        return (found, found.count < Self.readMax)
    }
}
