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
/// A list is the address of its newest chunk; the memory is its owner's.
struct EntryList {
    /// Entries in a chunk.
    static let chunkCapacity = 31
    static let chunkBytes = headerBytes + chunkCapacity * MemoryLayout<TimingEntry>.stride
    private static let headerBytes = MemoryLayout<Header>.stride

    fileprivate struct Header {
        var older: UnsafeMutableRawPointer?
        /// Entries in the older chunks.
        var olderCount: UInt32
        var fill: UInt16
        /// Whether the entries up to here fire in the order of their arrival.
        var isAscending: Bool
    }

    let newest: UnsafeMutableRawPointer

    private var header: UnsafeMutablePointer<Header> {
        newest.assumingMemoryBound(to: Header.self)
    }

    var count: Int { Int(header.pointee.olderCount) &+ Int(header.pointee.fill) }
    /// Whether the entries fire in the order of their arrival.
    var isAscending: Bool { header.pointee.isAscending }

    /// The list without its newest chunk.
    var older: EntryList? { header.pointee.older.map(EntryList.init(newest:)) }

    /// The entries of the newest chunk.
    var newestEntries: UnsafeBufferPointer<TimingEntry> {
        UnsafeBufferPointer(start: entries, count: Int(header.pointee.fill))
    }

    private var entries: UnsafeMutablePointer<TimingEntry> {
        (newest + Self.headerBytes).assumingMemoryBound(to: TimingEntry.self)
    }

    /// Appends `entry`; false when the newest chunk is full. O(1).
    func append(_ entry: TimingEntry) -> Bool {
        let header = header
        let fill = Int(header.pointee.fill)
        if fill == Self.chunkCapacity { return false }
        if header.pointee.isAscending, fill > 0, entry.precedes(entries[fill &- 1]) {
            header.pointee.isAscending = false
        }
        (entries + fill).initialize(to: entry)
        header.pointee.fill = UInt16(truncatingIfNeeded: fill &+ 1)
        return true
    }

    /// Makes `chunk` the newest of the chain that begins with `older`, holding `entry` alone.
    static func start(
        _ chunk: UnsafeMutableRawPointer,
        with entry: TimingEntry,
        after older: EntryList?
    ) -> EntryList {
        var header = Header(older: nil, olderCount: 0, fill: 1, isAscending: true)
        if let older {
            header.older = older.newest
            header.olderCount = UInt32(truncatingIfNeeded: older.count)
            header.isAscending =
                older.isAscending
                && !entry.precedes(older.entries[chunkCapacity - 1])
        }
        chunk.initializeMemory(as: Header.self, to: header)
        let list = EntryList(newest: chunk)
        list.entries.initialize(to: entry)
        return list
    }

    /// The chunks as lists of their own, oldest first; the list itself is consumed. O(chunks).
    func dismantled() -> EntryList.Chunks {
        var oldest: UnsafeMutableRawPointer?
        var next: UnsafeMutableRawPointer? = newest
        while let chunk = next {
            let header = chunk.assumingMemoryBound(to: Header.self)
            next = header.pointee.older
            header.pointee.older = oldest
            oldest = chunk
        }
        return Chunks(next: oldest)
    }

    /// A dismantled list. `next` may free the chunk that it returned before.
    struct Chunks {
        fileprivate var next: UnsafeMutableRawPointer?

        mutating func popOldest() -> EntryList? {
            guard let chunk = next else { return nil }
            next = chunk.assumingMemoryBound(to: Header.self).pointee.older
            return EntryList(newest: chunk)
        }
    }
}

/// Hands out chunks, and keeps some of the returned ones for the next who asks.
struct ChunkPool: ~Copyable {
    private static let spareLimit = 256

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
        while let chunk = chunks.popOldest() { give(chunk.newest) }
    }
}
