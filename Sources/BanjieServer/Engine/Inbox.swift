internal import Dispatch
internal import Synchronization

/// A bounded queue whose consumers each take many elements at once.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Consumers asleep that nobody has woken yet.
        var sleepers = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    /// How many elements may wait; what comes beyond is refused to the caller.
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// Adds elements; returns how many of them fitted, the first ones.
    func add(_ elements: [Element]) -> Int {
        let (added, wakes) = state.withLock { state -> (Int, Bool) in
            guard !state.isClosed else { return (0, false) }
            let count = min(elements.count, capacity - state.elements.count)
            state.elements.append(contentsOf: elements.prefix(count))
            guard count > 0, state.sleepers > 0 else { return (count, false) }
            state.sleepers -= 1
            return (count, true)
        }
        if wakes { wake.signal() }
        return added
    }

    /// No more elements come in; the consumers take what waits and then get nil.
    func close() {
        let sleepers = state.withLock { state in
            state.isClosed = true
            defer { state.sleepers = 0 }
            return state.sleepers
        }
        for _ in 0..<sleepers { wake.signal() }
    }

    /// Takes up to `limit` elements, waiting at most `milliseconds` for the first; nil once the
    /// inbox is closed and empty.
    func take(limit: Int, waitingMilliseconds milliseconds: Int) -> [Element]? {
        if let taken = takeNow(limit: limit, willSleep: milliseconds > 0) { return taken.elements }
        if milliseconds > 0, wake.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut {
            // Nobody woke it: it isn't asleep any more. If somebody did at the last moment, the
            // wake-up stays in the semaphore and makes a later sleep short, which is harmless.
            state.withLock { $0.sleepers = max(0, $0.sleepers - 1) }
        }
        return takeNow(limit: limit, willSleep: false)?.elements ?? []
    }

    private struct Taken { let elements: [Element]? }

    /// What there is to take; nil when there is nothing yet, and then the caller counts as asleep
    /// if it will sleep. Wakes another consumer for what it leaves.
    private func takeNow(limit: Int, willSleep: Bool) -> Taken? {
        let (taken, wakes) = state.withLock { state -> (Taken?, Bool) in
            if state.elements.isEmpty {
                if state.isClosed { return (Taken(elements: nil), false) }
                if willSleep { state.sleepers += 1 }
                return (nil, false)
            }
            if state.elements.count <= limit {
                defer { state.elements = [] }
                return (Taken(elements: state.elements), false)
            }
            defer { state.elements.removeFirst(limit) }
            let taken = Taken(elements: Array(state.elements.prefix(limit)))
            guard state.sleepers > 0 else { return (taken, false) }
            state.sleepers -= 1
            return (taken, true)
        }
        if wakes { wake.signal() }
        return taken
    }
}
