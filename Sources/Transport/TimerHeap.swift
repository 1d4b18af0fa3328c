/// The next moment of each of many timers, by small dense keys: a binary heap that knows where each
/// key lies, so that a timer that moves leaves nothing behind.
struct TimerHeap {
    private struct Entry {
        var time: MonotonicTime
        var key: UInt32
    }

    private var entries: [Entry] = []
    /// Where each key lies in `entries`; -1 for nowhere.
    private var positions: [Int32] = []

    /// The timer that is due first.
    var first: (time: MonotonicTime, key: UInt32)? {
        entries.first.map { ($0.time, $0.key) }
    }

    /// The time of a key; `never` when it isn't set.
    func time(of key: UInt32) -> MonotonicTime {
        guard key < positions.count, positions[Int(key)] >= 0 else { return .never }
        return entries[Int(positions[Int(key)])].time
    }

    /// Sets, moves or (with `never`) removes a timer. O(log n).
    mutating func set(_ key: UInt32, to time: MonotonicTime) {
        while positions.count <= key { positions.append(-1) }
        let position = Int(positions[Int(key)])
        guard time != .never else {
            if position >= 0 { remove(at: position) }
            return
        }
        guard position >= 0 else {
            entries.append(Entry(time: time, key: key))
            return rise(entries.count - 1)
        }
        let old = entries[position].time
        guard time != old else { return }
        entries[position].time = time
        if time < old { rise(position) } else { sink(position) }
    }

    private mutating func remove(at position: Int) {
        positions[Int(entries[position].key)] = -1
        let last = entries.removeLast()
        guard position < entries.count else { return }
        let earlier = last.time < entries[position].time
        entries[position] = last
        if earlier { rise(position) } else { sink(position) }
    }

    private mutating func rise(_ start: Int) {
        let entry = entries[start]
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.time < entries[parent].time else { break }
            place(entries[parent], at: position)
            position = parent
        }
        place(entry, at: position)
    }

    private mutating func sink(_ start: Int) {
        let entry = entries[start]
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].time < entries[child].time {
                child += 1
            }
            guard entries[child].time < entry.time else { break }
            place(entries[child], at: position)
            position = child
        }
        place(entry, at: position)
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        entries[position] = entry
        positions[Int(entry.key)] = Int32(position)
    }
}
