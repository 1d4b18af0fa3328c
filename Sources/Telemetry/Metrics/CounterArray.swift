internal import Synchronization

/// A fixed number of counters that any thread may add to without a lock.
package final class CounterArray: @unchecked Sendable {
    // Sendable because the memory is allocated once, freed when nobody holds the array any more, and
    // touched by atomic operations only.
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    package let count: Int

    /// Counters at zero.
    package init(count: Int) {
        precondition(count > 0, "an array of counters has some")
        self.count = count
        cells = .allocate(capacity: count)
        for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: count)
        cells.deallocate()
    }

    /// Adds to a counter; beyond 2⁶⁴ it begins anew.
    package func add(_ amount: UInt64 = 1, at index: Int) {
        precondition(index >= 0 && index < count, "a counter of the array")
        cells[index].wrappingAdd(amount, ordering: .relaxed)
    }

    /// What a counter stands at.
    package subscript(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "a counter of the array")
        return cells[index].load(ordering: .relaxed)
    }
}

/// A counter that any thread may add to without a lock.
package final class Counter: Sendable {
    private let cell = Atomic<UInt64>(0)

    package init() {}

    /// Adds to it; beyond 2⁶⁴ it begins anew.
    package func add(_ amount: UInt64 = 1) { cell.wrappingAdd(amount, ordering: .relaxed) }

    package var value: UInt64 { cell.load(ordering: .relaxed) }
}

/// A number that goes up and down, from any thread without a lock.
package final class Gauge: Sendable {
    private let cell = Atomic<Int>(0)

    package init() {}

    package func add(_ amount: Int) { cell.wrappingAdd(amount, ordering: .relaxed) }

    package var value: Int { cell.load(ordering: .relaxed) }
}
