/// An id in a slot, with the stamp that it was put there under.
struct TimingEntry {
    let stamp: Stamp
    let id: UInt64

    /// The order in which entries fire: by instant, then by id.
    func precedes(_ other: TimingEntry) -> Bool {
        let ordinal = stamp.ordinal
        let otherOrdinal = other.stamp.ordinal
        return ordinal == otherOrdinal ? id < other.id : ordinal < otherOrdinal
    }
}

/// A slot's entries in the order of their arrival: a chain of 512-byte chunks, the newest first.
///
/// What changes with each entry is kept in the slot, not in the chunk, so that appending touches
/// no more of the chunk than the place that it writes. The memory is the owner's.
struct EntryList {
    /// Entries in a chunk.
    static let chunkCapacity = 31
    static let chunkBytes = headerBytes + chunkCapacity * MemoryLayout<TimingEntry>.stride
    static let headerBytes = MemoryLayout<Header>.stride

    struct Header {
        /// The next older chunk, which is full.
        var older: UnsafeMutableRawPointer?
        /// How many entries are in the older chunks.
        var olderCount: Int
    }

    let newest: UnsafeMutableRawPointer
    /// Entries in the newest chunk.
    let fill: Int
    /// Whether the entries fire in the order of their arrival.
    let isAscending: Bool

    var count: Int { header.pointee.olderCount &+ fill }

    /// The entries of the newest chunk.
    var newestEntries: UnsafeBufferPointer<TimingEntry> {
        UnsafeBufferPointer(start: Self.entries(newest), count: fill)
    }

    /// The list without its newest chunk.
    var older: EntryList? {
        header.pointee.older.map {
            EntryList(newest: $0, fill: Self.chunkCapacity, isAscending: isAscending)
        }
    }

    /// The entry that came first. O(chunks).
    var oldestEntry: TimingEntry {
        var chunk = newest
        while let older = Self.header(chunk).pointee.older { chunk = older }
        return Self.entries(chunk)[0]
    }

    private var header: UnsafeMutablePointer<Header> { Self.header(newest) }

    static func header(_ chunk: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Header> {
        chunk.assumingMemoryBound(to: Header.self)
    }

    static func entries(_ chunk: UnsafeMutableRawPointer) -> UnsafeMutablePointer<TimingEntry> {
        (chunk + headerBytes).assumingMemoryBound(to: TimingEntry.self)
    }

    /// Makes `chunk` the newest of the chain that `older` is, with nothing in it.
    static func begin(_ chunk: UnsafeMutableRawPointer, after older: EntryList?) {
        chunk.initializeMemory(
            as: Header.self,
            to: Header(older: older?.newest, olderCount: older?.count ?? 0)
        )
    }

    /// The chunks, oldest first; the list itself is consumed. O(chunks).
    func dismantled() -> Chunks {
        let chunks = header.pointee.olderCount / Self.chunkCapacity
        var oldest: UnsafeMutableRawPointer?
        var next: UnsafeMutableRawPointer? = newest
        while let chunk = next {
            let header = Self.header(chunk)
            next = header.pointee.older
            header.pointee.older = oldest
            oldest = chunk
        }
        return Chunks(next: oldest, fullChunks: chunks, lastFill: fill)
    }

    /// A dismantled list. Whoever pops a chunk owns it.
    struct Chunks {
        fileprivate var next: UnsafeMutableRawPointer?
        fileprivate var fullChunks: Int
        fileprivate let lastFill: Int

        mutating func popOldest() -> (
            chunk: UnsafeMutableRawPointer, entries: UnsafeBufferPointer<TimingEntry>
        )? {
            guard let chunk = next else { return nil }
            next = EntryList.header(chunk).pointee.older
            let fill = fullChunks > 0 ? EntryList.chunkCapacity : lastFill
            fullChunks &-= 1
            return (chunk, UnsafeBufferPointer(start: EntryList.entries(chunk), count: fill))
        }
    }
}

/// Hands out chunks, and keeps some of the returned ones for the next who asks.
struct ChunkPool: ~Copyable {
    private static let spareLimit = 1024

    private var spares: [UnsafeMutableRawPointer] = []
    private(set) var allocatedBytes = 0

    init() { spares.reserveCapacity(Self.spareLimit) }

    deinit {
        for spare in spares { spare.deallocate() }
    }

    mutating func take() -> UnsafeMutableRawPointer {
        if let spare = spares.popLast() { return spare }
        allocatedBytes += EntryList.chunkBytes
        return .allocate(byteCount: EntryList.chunkBytes, alignment: 16)
    }

    mutating func give(_ chunk: UnsafeMutableRawPointer) {
        if spares.count < Self.spareLimit {
            spares.append(chunk)
        } else {
            allocatedBytes -= EntryList.chunkBytes
            chunk.deallocate()
        }
    }

    /// Frees all chunks of `list`.
    mutating func give(_ list: EntryList) {
        var chunks = list.dismantled()
        while let chunk = chunks.popOldest() { give(chunk.chunk) }
    }
}
