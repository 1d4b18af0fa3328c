import BanjieProtocol
import BanjieServer
import Store
import StoreModel

/// What a client has seen of the firings that it watches, and what it must see.
struct WatchedFirings {
    /// Only deadlines whose label begins with this; all when empty.
    let label: String
    /// Where it began; nil before the server has said so.
    private(set) var start: UInt64?
    /// Up to where it has seen everything.
    private(set) var position: UInt64?
    private(set) var seen: Set<UInt64> = []
    /// Whether the stream that is open now has brought its first message.
    private var hasBegun = false
    /// From where that stream tells.
    private var streamPosition: UInt64?

    init(label: String, start: UInt64?) {
        self.label = label
        self.start = start
        position = start
    }

    /// A stream begins, behind `after`.
    mutating func begin(after: UInt64?) {
        hasBegun = false
        streamPosition = after
    }

    /// Takes a message of the stream; returns what is wrong with it.
    mutating func take(_ message: [UInt8], from store: ModelStore) throws -> String? {
        let event = try FiredEvent(decoding: message)
        defer {
            streamPosition = event.sequence
            position = max(position ?? 0, event.sequence)
        }
        guard hasBegun, let last = streamPosition else {
            hasBegun = true
            guard event.firing == nil else { return "a watch begins without a mark" }
            if let after = streamPosition, event.sequence != after {
                return "a watch behind \(after) begins behind \(event.sequence)"
            }
            if start == nil { start = event.sequence }
            return nil
        }
        let next = try Self.next(after: last, label: label, in: store)
        guard let firing = event.firing else {
            guard let next, next.sequence <= event.sequence else { return nil }
            return "a watch passes over event \(next.sequence) by a mark at \(event.sequence)"
        }
        seen.insert(event.sequence)
        guard let next else {
            return "a watch tells event \(event.sequence), which the disk doesn't keep"
        }
        guard next.sequence == event.sequence else {
            return "a watch tells event \(event.sequence), but \(next.sequence) is next"
        }
        return next == firing ? nil : "a watch tells event \(event.sequence) wrong"
    }

    /// The first firing behind `sequence` that concerns a label.
    private static func next(
        after sequence: UInt64,
        label: String,
        in store: ModelStore
    ) throws -> Firing? {
        try firings(after: sequence, label: label, in: store, limit: 1).first
    }

    /// Firings behind `sequence` that concern a label, in order.
    static func firings(
        after sequence: UInt64,
        label: String,
        in store: ModelStore,
        limit: Int
    ) throws -> [Firing] {
        var found: [Firing] = []
        let topics = EventTopic.mask(EventTopic.fired)
        for event in try store.events(after: sequence, topics: topics, limit: .max) {
            var firing = try Firing(decoding: event.draft.payload)
            guard firing.label.utf8.starts(with: label.utf8) else { continue }
            firing.sequence = event.sequence
            found.append(firing)
            if found.count == limit { break }
        }
        return found
    }

    /// Whether there is more to be told.
    func isBehind(in store: ModelStore) throws -> Bool {
        guard let position else { return true }
        return try Self.next(after: position, label: label, in: store) != nil
    }

    /// The first firing from the start on that was never told; nil when all were.
    func missed(in store: ModelStore) throws -> Firing? {
        guard let start else { return nil }
        return try Self.firings(after: start, label: label, in: store, limit: .max)
            .first { !seen.contains($0.sequence) }
    }
}
