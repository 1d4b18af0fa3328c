/// The calls of one connection that the handler has yet to answer, or that are still coming.
///
/// A slot is found by its number, and known by its stream, which is never used again.
struct CallTable {
    struct Slot {
        enum State {
            case free(next: Int32)
            /// Its message is still coming.
            case assembling
            /// The handler has it.
            case waiting
            /// The handler has it, and nobody waits for the answer any more (W34).
            case abandoned
        }

        var state: State
        var stream: UInt32
        /// `never` once abandoned.
        var deadline: MonotonicTime
        var isStream = false
    }

    private(set) var slots: [Slot] = []
    private var firstFree: Int32 = -1
    /// How many slots are taken.
    private(set) var count = 0
    /// How many of them by streams.
    private(set) var streamCount = 0

    /// Takes a slot and returns its number.
    mutating func insert(
        stream: UInt32,
        state: Slot.State,
        deadline: MonotonicTime,
        isStream: Bool = false
    ) -> UInt32 {
        count += 1
        if isStream { streamCount += 1 }
        let slot = Slot(state: state, stream: stream, deadline: deadline, isStream: isStream)
        guard firstFree >= 0, case .free(let next) = slots[Int(firstFree)].state else {
            slots.append(slot)
            return UInt32(slots.count - 1)
        }
        let index = firstFree
        firstFree = next
        slots[Int(index)] = slot
        return UInt32(index)
    }

    /// The state of the call in slot `index`; nil when the slot isn't the stream's.
    func state(at index: UInt32, stream: UInt32) -> Slot.State? {
        guard index < slots.count, slots[Int(index)].stream == stream else { return nil }
        if case .free = slots[Int(index)].state { return nil }
        return slots[Int(index)].state
    }

    /// The number of the stream's slot. O(slots): for what is rare.
    func index(ofStream stream: UInt32) -> UInt32? {
        for index in slots.indices where slots[index].stream == stream {
            if case .free = slots[index].state { continue }
            return UInt32(index)
        }
        return nil
    }

    /// Whether somebody waits for the answer of any call. O(slots).
    var isAnyAwaited: Bool {
        slots.contains { slot in
            switch slot.state {
            case .assembling, .waiting: true
            case .free, .abandoned: false
            }
        }
    }

    /// Whether the handler has the call in slot `index`, and nobody waits for its answer.
    func isAbandoned(at index: UInt32) -> Bool {
        if case .abandoned = slots[Int(index)].state { true } else { false }
    }

    /// Gives the slot back.
    mutating func remove(at index: UInt32) {
        if slots[Int(index)].isStream { streamCount -= 1 }
        slots[Int(index)] = Slot(state: .free(next: firstFree), stream: 0, deadline: .never)
        firstFree = Int32(index)
        count -= 1
    }

    /// Keeps the slot until the handler lets go of it.
    mutating func abandon(at index: UInt32) {
        slots[Int(index)].state = .abandoned
        slots[Int(index)].deadline = .never
    }

    /// The earliest deadline. O(slots).
    var earliestDeadline: MonotonicTime {
        var earliest = MonotonicTime.never
        for slot in slots where slot.deadline < earliest { earliest = slot.deadline }
        return earliest
    }

    /// Gives memory back while no call is in flight.
    mutating func shrink() {
        guard count == 0 else { return }
        slots = []
        firstFree = -1
    }
}
