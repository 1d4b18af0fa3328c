/// Where the living entries of a short list are gathered and put in order.
struct EntrySorter: ~Copyable {
    static let capacity = 256
    /// Up to here insertion is quicker than distribution.
    private static let insertionLimit = 24

    private(set) var count = 0
    private var entries = Buffer.allocate(capacity: capacity)
    private var others = Buffer.allocate(capacity: capacity)
    private let stamps = UnsafeMutablePointer<Stamp>.allocate(capacity: EntryList.chunkCapacity)
    private typealias Buffer = UnsafeMutablePointer<TimingEntry>

    init() {}

    deinit {
        entries.deallocate()
        others.deallocate()
        stamps.deallocate()
    }

    /// The gathered entry at `index`, below `count`.
    subscript(index: Int) -> TimingEntry { entries[index] }

    mutating func removeAll() { count = 0 }

    /// Adds those entries of a chunk whose stamps are still their ids' own.
    ///
    /// - Precondition: there is room for all of them.
    mutating func gather(
        _ chunk: UnsafeBufferPointer<TimingEntry>,
        livingIn armed: borrowing ArmedStamps
    ) {
        precondition(count + chunk.count <= Self.capacity, "what is gathered fits")
        // First all stamps are fetched, then looked at: that they aren't in the processor's cache
        // is most of what firing costs, and a branch on one would wait before the next is asked for.
        for index in 0..<chunk.count { stamps[index] = armed[chunk[index].id] }
        var end = count
        for index in 0..<chunk.count {
            let entry = chunk[index]
            guard stamps[index] == entry.stamp else { continue }
            entries[end] = entry
            end &+= 1
        }
        count = end
    }

    /// Puts the gathered entries in the order of their firing. O(`count`), and as many steps more
    /// as there are pairs of one instant whose ids are in the wrong order.
    mutating func sort() {
        if count > Self.insertionLimit { distribute() }
        for index in stride(from: 1, to: count, by: 1) {
            let entry = entries[index]
            guard entry.precedes(entries[index &- 1]) else { continue }
            var place = index
            repeat {
                entries[place] = entries[place &- 1]
                place &-= 1
            } while place > 0 && entry.precedes(entries[place &- 1])
            entries[place] = entry
        }
    }

    /// Sorts by instant alone, keeping the order of arrival within one (by the six-bit digits of
    /// the ordinal in which the entries differ, lowest first).
    private mutating func distribute() {
        var difference: UInt64 = 0
        for index in 1..<count {
            difference |= entries[index].stamp.ordinal ^ entries[0].stamp.ordinal
        }
        var shift: UInt64 = 0
        while difference &>> shift != 0 {
            if difference &>> shift & (Wheel.width - 1) != 0 { distribute(by: shift) }
            shift += Wheel.digitBits
        }
    }

    private mutating func distribute(by shift: UInt64) {
        let width = Int(Wheel.width)
        withUnsafeTemporaryAllocation(of: Int.self, capacity: width) { places in
            places.initialize(repeating: 0)
            for index in 0..<count { places[digit(entries[index], shift)] &+= 1 }
            var place = 0
            for value in 0..<width { (place, places[value]) = (place &+ places[value], place) }
            for index in 0..<count {
                let value = digit(entries[index], shift)
                others[places[value]] = entries[index]
                places[value] &+= 1
            }
        }
        swap(&entries, &others)
    }

    private func digit(_ entry: TimingEntry, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: entry.stamp.ordinal &>> shift) & Int(Wheel.width - 1)
    }
}
