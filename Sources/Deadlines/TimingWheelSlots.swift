/// A wheel of 64 slots over one six-bit digit of the key (ordinal, id).
///
/// All that is in it shares the digits above. A slot is empty, holds a list of entries, or holds a
/// finer wheel, over any lower digit: digits in which nothing differs are skipped. A `Wheel` is an
/// address; the memory is its owner's.
struct Wheel {
    static let width: UInt64 = 64
    static let digitBits: UInt64 = 6
    static let bytes =
        slotsOffset + Int(width) * MemoryLayout<UnsafeMutableRawPointer>.stride
    /// A cache line each for the header and the fills.
    private static let fillsOffset = 64
    private static let slotsOffset = fillsOffset + Int(width)

    struct Header {
        /// The slots that hold something, a bit each.
        var occupied: UInt64
        /// Those of them that hold a finer wheel.
        var opened: UInt64
        /// Those that hold a list in whose order of arrival an entry fires before the one before.
        var disordered: UInt64
        /// A key inside the wheel: its digits above the wheel's are those of all the others.
        let key: TimingKey
        let digit: Digit
    }

    let address: UnsafeMutableRawPointer

    var header: UnsafeMutablePointer<Header> { address.assumingMemoryBound(to: Header.self) }
    /// Entries in the newest chunk of each slot's list; as if it were full where there is none.
    private var fills: UnsafeMutablePointer<UInt8> {
        (address + Self.fillsOffset).assumingMemoryBound(to: UInt8.self)
    }
    private var slots: UnsafeMutablePointer<UnsafeMutableRawPointer> {
        (address + Self.slotsOffset).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }

    /// An empty wheel over `digit`, for keys that agree with `key` in the digits above.
    static func make(_ digit: Digit, around key: TimingKey) -> Wheel {
        let address = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        address.initializeMemory(
            as: Header.self,
            to: Header(occupied: 0, opened: 0, disordered: 0, key: key, digit: digit)
        )
        (address + fillsOffset).initializeMemory(
            as: UInt8.self,
            repeating: UInt8(EntryList.chunkCapacity),
            count: Int(width)
        )
        return Wheel(address: address)
    }

    var isEmpty: Bool { header.pointee.occupied == 0 }
    /// The first slot that holds something; 64 when none does.
    var firstSlot: Int { header.pointee.occupied.trailingZeroBitCount }

    func holds(_ slot: Int) -> Bool { header.pointee.occupied &>> UInt64(slot) & 1 == 1 }
    func isOpened(_ slot: Int) -> Bool { header.pointee.opened &>> UInt64(slot) & 1 == 1 }

    /// The finer wheel in `slot`, which must hold one.
    func wheel(in slot: Int) -> Wheel { Wheel(address: slots[slot]) }

    /// The list in `slot`, which must hold one.
    func list(in slot: Int) -> EntryList {
        EntryList(
            newest: slots[slot],
            fill: Int(fills[slot]),
            isAscending: header.pointee.disordered &>> UInt64(slot) & 1 == 0
        )
    }

    /// Puts `wheel` into `slot`, in the place of what was there.
    func put(_ wheel: Wheel, in slot: Int) {
        clear(slot)
        slots[slot] = wheel.address
        header.pointee.occupied |= 1 &<< UInt64(slot)
        header.pointee.opened |= 1 &<< UInt64(slot)
    }

    func clear(_ slot: Int) {
        let others: UInt64 = ~(1 &<< UInt64(slot))
        header.pointee.occupied &= others
        header.pointee.opened &= others
        header.pointee.disordered &= others
        fills[slot] = UInt8(EntryList.chunkCapacity)
    }

    /// Appends `entry` to the list in `slot`; false when that needs a chunk. O(1).
    func append(_ entry: TimingEntry, in slot: Int) -> Bool {
        let fill = Int(fills[slot])
        if fill == EntryList.chunkCapacity { return false }
        let entries = EntryList.entries(slots[slot])
        if header.pointee.disordered &>> UInt64(slot) & 1 == 0, entry.precedes(entries[fill &- 1]) {
            header.pointee.disordered |= 1 &<< UInt64(slot)
        }
        entries[fill] = entry
        fills[slot] = UInt8(truncatingIfNeeded: fill &+ 1)
        return true
    }

    /// Appends `entry` to what is in `slot`, a list whose chunks are full or nothing, in the new
    /// `chunk`. Returns how many entries are there now.
    func append(_ entry: TimingEntry, in slot: Int, beginning chunk: UnsafeMutableRawPointer) -> Int
    {
        var count = 1
        if holds(slot) {
            let older = list(in: slot)
            EntryList.begin(chunk, after: older)
            count += older.count
            if entry.precedes(older.newestEntries[older.fill - 1]) {
                header.pointee.disordered |= 1 &<< UInt64(slot)
            }
        } else {
            EntryList.begin(chunk, after: nil)
            header.pointee.occupied |= 1 &<< UInt64(slot)
        }
        EntryList.entries(chunk).initialize(to: entry)
        slots[slot] = chunk
        fills[slot] = 1
        return count
    }

    /// The slot of `key`, which must lie in the wheel.
    func slot(of key: TimingKey) -> Int { header.pointee.digit.value(in: key) }

    /// Whether `key` agrees with the wheel's in the digits above.
    func contains(_ key: TimingKey) -> Bool {
        header.pointee.digit.covers(key, header.pointee.key)
    }

    /// The least key that can lie in `slot`.
    func firstKey(in slot: Int) -> TimingKey {
        header.pointee.digit.first(slot, around: header.pointee.key)
    }

    /// The greatest ordinal that can lie in `slot`.
    func lastOrdinal(in slot: Int) -> UInt64 {
        header.pointee.digit.lastOrdinal(slot, around: header.pointee.key)
    }

    /// The key after the greatest that can lie in `slot`.
    func keyAfter(_ slot: Int) -> TimingKey {
        header.pointee.digit.after(slot, around: header.pointee.key)
    }
}

/// What entries are ordered by: seconds since `Instant.earliest`, then the id.
struct TimingKey: Equatable {
    var ordinal: UInt64
    var id: UInt64

    static func < (left: TimingKey, right: TimingKey) -> Bool {
        left.ordinal == right.ordinal ? left.id < right.id : left.ordinal < right.ordinal
    }
}

/// A six-bit digit of a key.
struct Digit {
    private let isOfOrdinal: Bool
    private let shift: UInt64

    /// The ordinal's highest digit: 40 bits, so that 36 lie below.
    static let highest = Digit(isOfOrdinal: true, shift: 36)

    private init(isOfOrdinal: Bool, shift: UInt64) {
        self.isOfOrdinal = isOfOrdinal
        self.shift = shift
    }

    /// The highest digit in which keys differ whose ordinals and ids differ in the given bits; nil
    /// when they don't differ.
    init?(ordinals: UInt64, ids: UInt64) {
        let bits = ordinals == 0 ? ids : ordinals
        guard bits != 0 else { return nil }
        let highestBit = UInt64(63 &- bits.leadingZeroBitCount)
        self.init(
            isOfOrdinal: ordinals != 0,
            shift: highestBit / Wheel.digitBits &* Wheel.digitBits
        )
    }

    func value(in key: TimingKey) -> Int {
        Int(truncatingIfNeeded: (isOfOrdinal ? key.ordinal : key.id) &>> shift)
            & Int(Wheel.width - 1)
    }

    /// Whether the keys agree in all higher digits.
    func covers(_ key: TimingKey, _ other: TimingKey) -> Bool {
        if isOfOrdinal { return (key.ordinal ^ other.ordinal) &>> shift < Wheel.width }
        return key.ordinal == other.ordinal && (key.id ^ other.id) &>> shift < Wheel.width
    }

    /// The least key with `value` here and the higher digits of `key`.
    func first(_ value: Int, around key: TimingKey) -> TimingKey {
        if isOfOrdinal { return TimingKey(ordinal: place(value, in: key.ordinal), id: 0) }
        return TimingKey(ordinal: key.ordinal, id: place(value, in: key.id))
    }

    /// The greatest ordinal with `value` here and the higher digits of `key`.
    func lastOrdinal(_ value: Int, around key: TimingKey) -> UInt64 {
        isOfOrdinal ? place(value, in: key.ordinal) | (1 &<< shift &- 1) : key.ordinal
    }

    /// The key after the greatest with `value` here and the higher digits of `key`.
    func after(_ value: Int, around key: TimingKey) -> TimingKey {
        if isOfOrdinal {
            return TimingKey(ordinal: lastOrdinal(value, around: key) &+ 1, id: 0)
        }
        let last = place(value, in: key.id) | (1 &<< shift &- 1)
        return last == .max
            ? TimingKey(ordinal: key.ordinal &+ 1, id: 0)
            : TimingKey(ordinal: key.ordinal, id: last &+ 1)
    }

    /// `word` with `value` as its digit and zeros below.
    private func place(_ value: Int, in word: UInt64) -> UInt64 {
        let digits = word &>> shift & ~(Wheel.width - 1) | UInt64(truncatingIfNeeded: value)
        return digits &<< shift
    }
}
