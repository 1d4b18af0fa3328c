import CivilTime

/// What is going to be done, and when; at one instant in the order in which it was entered.
struct Agenda<Doing> {
    private struct Entry {
        let at: Instant
        let number: Int
        let doing: Doing

        func isBefore(_ other: Entry) -> Bool { (at, number) < (other.at, other.number) }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var lastNumber = 0

    var isEmpty: Bool { entries.isEmpty }
    var next: Instant? { entries.first?.at }

    mutating func enter(_ doing: Doing, at instant: Instant) {
        lastNumber += 1
        entries.append(Entry(at: instant, number: lastNumber, doing: doing))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].isBefore(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func take() -> (at: Instant, doing: Doing)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return (first.at, first.doing) }
        entries[0] = last
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < entries.count }
            guard
                let least = children.min(by: { entries[$0].isBefore(entries[$1]) }),
                entries[least].isBefore(entries[parent])
            else { break }
            entries.swapAt(least, parent)
            parent = least
        }
        return (first.at, first.doing)
    }

    /// Strikes out what nobody remembers any more.
    mutating func forget(where isForgotten: (Doing) -> Bool) {
        let kept = entries.filter { !isForgotten($0.doing) }.sorted { $0.isBefore($1) }
        // What is sorted is a heap.
        entries = kept
    }
}
