package import CivilTime

/// The index of what fires next: ids by the instants they are armed for, at most one each.
///
/// Wheels of 64 slots, each slot of a wheel as long as the whole of the next finer one, from one
/// second up to all the years of `CivilDate`. A slot keeps its entries in chunks, in the order of
/// their arrival, and becomes a finer wheel when they are too many or their time has come. What
/// falls on one and the same second is told apart by the id in the same way, so a million entries
/// of one instant are neither searched nor sorted at once. Nothing turns: there is no cursor that
/// time must push, so instants may lie in the past, and `now` may leap.
///
/// Cancelling is lazy: the entry stays in its slot until that is visited. Entries without effect
/// are kept to about one and a half for each armed id (and 4096) by a sweep that takes a few steps
/// with each cancellation.
///
/// Memory: 8 bytes an armed id and 16 an entry, in chunks whose newest is half filled on average.
/// Ids should be dense, as row numbers are; see `ArmedStamps` for what others cost.
package struct TimingWheel: ~Copyable {
    /// A list that would grow longer becomes a wheel: 64 slots of a chunk each.
    private static let listLimit = 64 * EntryList.chunkCapacity
    /// Dead entries that are never worth a sweep.
    private static let deadAllowance = 4096
    /// Entries swept for each one that dies, once there are too many.
    private static let sweepRate = 3
    /// Entries that make a sweep's step.
    private static let sweepStep = 1024

    private var armed = ArmedStamps()
    private var pool = ChunkPool()
    private let root = Wheel.make(.highest, around: TimingKey(ordinal: 0, id: 0))
    private var wheelCount = 1
    /// Entries in all lists, dead ones included.
    private var entryCount = 0
    private var generation: UInt64 = 0
    /// The earliest armed ordinal, where known.
    private var earliest: UInt64?
    private var sweepPosition = TimingKey(ordinal: 0, id: 0)
    private var sweepDebt = 0
    private var sorter = EntrySorter()

    package init() {}

    deinit { Self.free(root) }

    /// How many ids are armed. O(1).
    package var count: Int { armed.count }

    /// The memory that the wheel holds, in bytes, the allocator's own not counted. O(1).
    package var allocatedBytes: Int {
        armed.allocatedBytes + pool.allocatedBytes + wheelCount * Wheel.bytes
    }

    /// What `id` is armed for, or nil. O(1).
    package func instant(of id: UInt64) -> Instant? {
        let stamp = armed[id]
        return stamp == .unarmed ? nil : Self.instant(stamp.ordinal)
    }

    /// Arms `id`, or moves it. Amortized O(1); no call does more than a few thousand steps.
    package mutating func schedule(_ id: UInt64, at instant: Instant) {
        let ordinal = Self.ordinal(instant)
        generation &+= 1
        let stamp = Stamp(ordinal: ordinal, generation: generation)
        let previous = armed.arm(id, stamp)
        if previous != .unarmed {
            if previous.ordinal == ordinal { return }
            noteDeath(of: previous)
        }
        if armed.count == 1 {
            earliest = ordinal
        } else if let known = earliest, ordinal < known {
            earliest = ordinal
        }
        insert(TimingEntry(stamp: stamp, id: id))
    }

    /// Disarms `id`; does nothing when it isn't armed. Amortized O(1).
    package mutating func cancel(_ id: UInt64) {
        let stamp = armed.disarm(id)
        if stamp != .unarmed { noteDeath(of: stamp) }
    }

    /// The earliest armed instant, or nil. Amortized O(1).
    package mutating func nextInstant() -> Instant? {
        nextOrdinal().map(Self.instant)
    }

    /// Takes at most `limit` ids that are due at or before `now`, in the order of instant and id,
    /// and appends them to `due`; they are armed no longer. Returns whether more are due.
    ///
    /// O(`limit`) amortized, and at most a few thousand steps beyond, cancelled entries on the way
    /// apart, which are passed once.
    ///
    /// - Precondition: `limit` is positive.
    package mutating func takeDue(
        through now: Instant,
        limit: Int,
        into due: inout [(id: UInt64, at: Instant)]
    ) -> Bool {
        precondition(limit > 0, "a slice takes at least one")
        let now = Self.ordinal(now)
        if let known = earliest, known > now { return false }
        if armed.count == 0 { return false }
        earliest = nil
        var remaining = limit
        drain(root, through: now, remaining: &remaining, into: &due)
        if remaining > 0 { return false }
        guard let next = nextOrdinal() else { return false }
        return next <= now
    }
}

// MARK: - Inserting and opening

extension TimingWheel {
    private mutating func insert(_ entry: TimingEntry) {
        let key = TimingKey(ordinal: entry.stamp.ordinal, id: entry.id)
        var wheel = root
        var slot = wheel.slot(of: key)
        while wheel.isOpened(slot) {
            let finer = wheel.wheel(in: slot)
            if finer.contains(key) {
                wheel = finer
            } else {
                wheel = part(finer, in: slot, of: wheel, from: key)
            }
            slot = wheel.slot(of: key)
        }
        entryCount &+= 1
        if wheel.append(entry, in: slot) { return }
        if wheel.append(entry, in: slot, beginning: pool.take()) > Self.listLimit {
            open(slot, of: wheel, beyond: Self.listLimit / 2)
        }
    }

    /// Puts a wheel between `wheel` and the `finer` one in its `slot`, over the highest digit in
    /// which that and `key` differ.
    private mutating func part(
        _ finer: Wheel,
        in slot: Int,
        of wheel: Wheel,
        from key: TimingKey
    ) -> Wheel {
        let other = finer.header.pointee.key
        let digit = Digit(ordinals: key.ordinal ^ other.ordinal, ids: key.id ^ other.id)
        guard let digit else { preconditionFailure("a key outside a wheel differs from its key") }
        let between = makeWheel(digit, around: key)
        between.put(finer, in: between.slot(of: other))
        wheel.put(between, in: slot)
        return between
    }

    private mutating func append(_ entry: TimingEntry, to wheel: Wheel, _ slot: Int) {
        if wheel.append(entry, in: slot) { return }
        _ = wheel.append(entry, in: slot, beginning: pool.take())
    }

    /// Makes a wheel of the list in `slot`, or rids it of its dead: the latter when they are many,
    /// and alone when no more than `limit` entries live on.
    private mutating func open(_ slot: Int, of wheel: Wheel, beyond limit: Int) {
        var list = wheel.list(in: slot)
        var digit = highestDifference(in: list)
        if digit == nil || deadCount * 8 > entryCount {
            guard filter(slot, of: wheel) > limit else { return }
            list = wheel.list(in: slot)
            digit = highestDifference(in: list)
        }
        guard let digit else { return }
        let first = list.newestEntries[0]
        let finer = makeWheel(
            digit,
            around: TimingKey(ordinal: first.stamp.ordinal, id: first.id)
        )
        wheel.put(finer, in: slot)
        var chunks = list.dismantled()
        while let (chunk, entries) = chunks.popOldest() {
            for entry in entries {
                let key = TimingKey(ordinal: entry.stamp.ordinal, id: entry.id)
                append(entry, to: finer, finer.slot(of: key))
            }
            pool.give(chunk)
        }
    }

    /// The highest digit in which the entries of `list` differ; nil when they are all of one key.
    private func highestDifference(in list: EntryList) -> Digit? {
        let first = list.newestEntries[0]
        var ordinals: UInt64 = 0
        var ids: UInt64 = 0
        var next: EntryList? = list
        while let chunk = next {
            for entry in chunk.newestEntries {
                ordinals |= entry.stamp.ordinal ^ first.stamp.ordinal
                ids |= entry.id ^ first.id
            }
            next = chunk.older
        }
        return Digit(ordinals: ordinals, ids: ids)
    }

    private mutating func makeWheel(_ digit: Digit, around key: TimingKey) -> Wheel {
        wheelCount += 1
        return Wheel.make(digit, around: key)
    }

    private mutating func freeIfEmpty(_ wheel: Wheel, in slot: Int, of parent: Wheel) {
        guard wheel.isEmpty else { return }
        parent.clear(slot)
        wheel.address.deallocate()
        wheelCount -= 1
    }

    private static func free(_ wheel: Wheel) {
        while !wheel.isEmpty {
            let slot = wheel.firstSlot
            if wheel.isOpened(slot) {
                free(wheel.wheel(in: slot))
            } else {
                var chunks = wheel.list(in: slot).dismantled()
                while let (chunk, _) = chunks.popOldest() { chunk.deallocate() }
            }
            wheel.clear(slot)
        }
        wheel.address.deallocate()
    }
}

// MARK: - Firing

extension TimingWheel {
    /// Takes what is due in `wheel`, earliest first, until `remaining` is used up or the next is
    /// due later.
    private mutating func drain(
        _ wheel: Wheel,
        through now: UInt64,
        remaining: inout Int,
        into due: inout [(id: UInt64, at: Instant)]
    ) {
        while !wheel.isEmpty, remaining > 0 {
            let slot = wheel.firstSlot
            if wheel.firstKey(in: slot).ordinal > now { return }
            if wheel.isOpened(slot) {
                let finer = wheel.wheel(in: slot)
                drain(finer, through: now, remaining: &remaining, into: &due)
                freeIfEmpty(finer, in: slot, of: wheel)
                if wheel.isOpened(slot) { return }
                continue
            }
            let list = wheel.list(in: slot)
            let count = list.count
            if count <= EntrySorter.capacity {
                drainShort(slot, of: wheel, through: now, remaining: &remaining, into: &due)
                if wheel.holds(slot) { return }
            } else if list.isAscending, count <= remaining, wheel.lastOrdinal(in: slot) <= now {
                drainAscending(slot, of: wheel, remaining: &remaining, into: &due)
            } else {
                open(slot, of: wheel, beyond: EntrySorter.capacity)
            }
        }
    }

    /// Takes all of a list that is in the order of firing, due, and within `remaining`.
    private mutating func drainAscending(
        _ slot: Int,
        of wheel: Wheel,
        remaining: inout Int,
        into due: inout [(id: UInt64, at: Instant)]
    ) {
        let list = wheel.list(in: slot)
        wheel.clear(slot)
        entryCount -= list.count
        var chunks = list.dismantled()
        while let (chunk, entries) = chunks.popOldest() {
            sorter.removeAll()
            sorter.gather(entries, livingIn: armed)
            pool.give(chunk)
            for index in 0..<sorter.count where fire(sorter[index], into: &due) { remaining -= 1 }
        }
    }

    /// Takes what is due of a list short enough to be sorted, and leaves the rest in it, in order.
    private mutating func drainShort(
        _ slot: Int,
        of wheel: Wheel,
        through now: UInt64,
        remaining: inout Int,
        into due: inout [(id: UInt64, at: Instant)]
    ) {
        let list = wheel.list(in: slot)
        wheel.clear(slot)
        entryCount -= list.count
        sorter.removeAll()
        var chunks = list.dismantled()
        while let (chunk, entries) = chunks.popOldest() {
            sorter.gather(entries, livingIn: armed)
            pool.give(chunk)
        }
        if !list.isAscending { sorter.sort() }
        var index = 0
        while index < sorter.count, remaining > 0, sorter[index].stamp.ordinal <= now {
            if fire(sorter[index], into: &due) { remaining -= 1 }
            index += 1
        }
        entryCount += sorter.count - index
        while index < sorter.count {
            append(sorter[index], to: wheel, slot)
            index += 1
        }
    }

    /// Disarms what `entry` stands for, and appends it to `due`; returns whether it was armed.
    private mutating func fire(
        _ entry: TimingEntry,
        into due: inout [(id: UInt64, at: Instant)]
    ) -> Bool {
        guard armed.disarm(entry.id, ifStamped: entry.stamp) else { return false }
        due.append((entry.id, Self.instant(entry.stamp.ordinal)))
        return true
    }

    private mutating func nextOrdinal() -> UInt64? {
        if armed.count == 0 { return nil }
        if let known = earliest { return known }
        earliest = firstLiving(in: root)
        return earliest
    }

    /// The least ordinal of a living entry in `wheel`, which loses what is dead before it.
    private mutating func firstLiving(in wheel: Wheel) -> UInt64? {
        while !wheel.isEmpty {
            let slot = wheel.firstSlot
            if wheel.isOpened(slot) {
                let finer = wheel.wheel(in: slot)
                if let found = firstLiving(in: finer) { return found }
                freeIfEmpty(finer, in: slot, of: wheel)
                continue
            }
            let list = wheel.list(in: slot)
            if list.count <= EntrySorter.capacity {
                if let least = leastLiving(in: list) { return least }
                filter(slot, of: wheel)
            } else if list.isAscending {
                let first = list.oldestEntry
                if armed[first.id] == first.stamp { return first.stamp.ordinal }
                filter(slot, of: wheel)
            } else {
                open(slot, of: wheel, beyond: EntrySorter.capacity)
            }
        }
        return nil
    }

    private func leastLiving(in list: EntryList) -> UInt64? {
        var least: UInt64?
        var next: EntryList? = list
        while let chunk = next {
            for entry in chunk.newestEntries where armed[entry.id] == entry.stamp {
                least = min(least ?? .max, entry.stamp.ordinal)
            }
            next = chunk.older
        }
        return least
    }
}

// MARK: - The dead

extension TimingWheel {
    /// Entries that were cancelled or moved away.
    private var deadCount: Int { entryCount &- armed.count }

    private mutating func noteDeath(of stamp: Stamp) {
        if let known = earliest, known == stamp.ordinal { earliest = nil }
        guard deadCount > armed.count &* 3 / 2 &+ Self.deadAllowance else { return }
        sweepDebt += Self.sweepRate
        guard sweepDebt >= Self.sweepStep else { return }
        while sweepDebt > 0 {
            // A slot costs something whatever it holds.
            if let swept = sweep(root, from: sweepPosition) {
                sweepDebt -= swept + 16
            } else {
                sweepPosition = TimingKey(ordinal: 0, id: 0)
                sweepDebt -= 16
            }
        }
    }

    /// Filters the first list of `wheel` that lies at or beyond `position`, and moves
    /// `sweepPosition` behind it. Returns how many entries were looked at, nil without such a list.
    private mutating func sweep(_ wheel: Wheel, from position: TimingKey) -> Int? {
        var slots = wheel.header.pointee.occupied
        if wheel.contains(position) { slots &= .max &<< UInt64(wheel.slot(of: position)) }
        while slots != 0 {
            let slot = slots.trailingZeroBitCount
            slots &= slots &- 1
            if wheel.isOpened(slot) {
                let finer = wheel.wheel(in: slot)
                // Wheels wholly before the position have nothing for it.
                if !finer.contains(position), finer.header.pointee.key < position { continue }
                guard let swept = sweep(finer, from: position) else { continue }
                freeIfEmpty(finer, in: slot, of: wheel)
                return swept
            }
            sweepPosition = wheel.keyAfter(slot)
            let count = wheel.list(in: slot).count
            filter(slot, of: wheel)
            return count
        }
        return nil
    }

    /// Rids the list in `slot` of its dead; returns how many live on. The order stays.
    @discardableResult
    private mutating func filter(_ slot: Int, of wheel: Wheel) -> Int {
        let list = wheel.list(in: slot)
        wheel.clear(slot)
        var living = 0
        entryCount -= list.count
        var chunks = list.dismantled()
        while let (chunk, entries) = chunks.popOldest() {
            sorter.removeAll()
            sorter.gather(entries, livingIn: armed)
            pool.give(chunk)
            for index in 0..<sorter.count { append(sorter[index], to: wheel, slot) }
            living += sorter.count
        }
        entryCount += living
        return living
    }
}

// MARK: - Ordinals

extension TimingWheel {
    /// `Instant.earliest`, as a literal for the sake of the inner loops.
    private static let earliestUnixSeconds: Int64 = -62_135_625_600

    private static func ordinal(_ instant: Instant) -> UInt64 {
        UInt64(instant.unixSeconds - earliestUnixSeconds)
    }

    private static func instant(_ ordinal: UInt64) -> Instant {
        Instant(unixSeconds: Int64(ordinal) + earliestUnixSeconds)
    }
}
