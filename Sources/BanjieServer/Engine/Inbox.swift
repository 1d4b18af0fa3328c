internal import Dispatch
internal import Synchronization
internal import Transport

/// A bounded queue whose consumers take all that waits at once.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        /// Those before `head` have been taken, and lie there until the rest is moved. A `Queue` of another module
        /// isn't specialised for calls, and would allocate for each.
        private var elements: [Element] = []
        private var head = 0
        /// Consumers that wait and haven't been woken yet.
        var waiting = 0
        /// Whether the next consumer that would wait is to return instead.
        var isWoken = false
        var isClosed = false
        var admission: Admission

        init(admission: Admission) { self.admission = admission }

        /// How many wait.
        var count: Int { elements.count - head }

        /// How many more are let in.
        var room: Int { isClosed ? 0 : max(0, admission.limit - count) }

        mutating func append(_ others: ArraySlice<Element>) { elements.append(contentsOf: others) }

        /// Takes the first `number`, of those that there are. O(number) on average: what was taken is half of the
        /// array whenever the rest is moved; O(1) when it is all.
        mutating func take(_ number: Int) -> [Element] {
            if number == elements.count {
                defer { elements = [] }
                return elements
            }
            let taken = Array(elements[head..<head + number])
            head += number
            if head * 2 >= elements.count {
                elements.removeFirst(head)
                head = 0
            }
            return taken
        }
    }

    private enum Take {
        case elements([Element])
        case closed
        /// Nothing is there; the consumer has been counted as waiting.
        case nothing
    }

    private let state: Mutex<State>
    /// How many more would be let in by now, to be read without waiting for who is at the queue.
    private let spare: Atomic<Int>
    /// Signalled once for each consumer that is taken out of `waiting`.
    private let wakes = DispatchSemaphore(value: 0)
    /// The moment by which the rate of work is measured, in nanoseconds.
    private let now: @Sendable () -> UInt64

    /// - Parameter capacity: how many elements may wait at most; fewer when they would wait too long. What
    ///   comes beyond is refused to the caller.
    init(
        capacity: Int,
        now: @escaping @Sendable () -> UInt64 = { MonotonicTime.now().nanoseconds }
    ) {
        let first = State(admission: Admission(most: capacity))
        spare = Atomic(first.room)
        state = Mutex(first)
        self.now = now
    }

    /// How many elements wait.
    var count: Int { state.withLock { $0.count } }

    /// Whether nothing waits.
    var isEmpty: Bool { state.withLock { $0.count == 0 } }

    /// How many more would be let in now.
    var room: Int { spare.load(ordering: .relaxed) }

    /// Adds elements; returns how many of them fitted, the first ones.
    func add(_ elements: [Element]) -> Int {
        let (added, wakesOne) = state.withLock { state -> (Int, Bool) in
            defer { spare.store(state.room, ordering: .relaxed) }
            let count = min(elements.count, state.room)
            state.append(elements.prefix(count))
            guard count > 0, state.waiting > 0 else { return (count, false) }
            state.waiting -= 1
            return (count, true)
        }
        if wakesOne { wakes.signal() }
        return added
    }

    /// Makes a consumer that waits return, or the next one that would wait.
    func wake() {
        let isWaiting = state.withLock { state in
            guard state.waiting > 0 else {
                state.isWoken = true
                return false
            }
            state.waiting -= 1
            return true
        }
        if isWaiting { wakes.signal() }
    }

    /// No more elements come in; the consumers take what waits and then get nil.
    func close() {
        let waiting = state.withLock { state in
            defer { spare.store(state.room, ordering: .relaxed) }
            state.isClosed = true
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<waiting { wakes.signal() }
    }

    /// Takes up to `limit` elements, waiting at most `milliseconds` for the first; nil once the
    /// inbox is closed and empty.
    func take(limit: Int, waitingMilliseconds milliseconds: Int) -> [Element]? {
        switch takeNow(limit: limit, willWait: milliseconds > 0) {
        case .elements(let elements): return elements
        case .closed: return nil
        case .nothing: break
        }
        guard milliseconds > 0 else { return [] }
        if wakes.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut { stopWaiting() }
        switch takeNow(limit: limit, willWait: false) {
        case .elements(let elements): return elements
        case .closed: return nil
        case .nothing: return []
        }
    }

    /// A consumer's time has run out: it is taken out of those that wait, or, when somebody has just
    /// done so, takes the signal that is on its way.
    private func stopWaiting() {
        let isSignalled = state.withLock { state in
            guard state.waiting > 0 else { return true }
            state.waiting -= 1
            return false
        }
        if isSignalled { wakes.wait() }
    }

    private func takeNow(limit: Int, willWait: Bool) -> Take {
        let (take, wakesAnother) = state.withLock { state -> (Take, Bool) in
            defer { spare.store(state.room, ordering: .relaxed) }
            if state.count == 0 {
                if state.isClosed { return (.closed, false) }
                if willWait && state.isWoken {
                    state.isWoken = false
                    return (.elements([]), false)
                }
                if willWait { state.waiting += 1 }
                return (.nothing, false)
            }
            let count = min(limit, state.count)
            state.admission.took(count, leaving: state.count - count, at: now())
            let taken = Take.elements(state.take(count))
            guard state.count > 0, state.waiting > 0 else { return (taken, false) }
            state.waiting -= 1
            return (taken, true)
        }
        if wakesAnother { wakes.signal() }
        return take
    }
}
