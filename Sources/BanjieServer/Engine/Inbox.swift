internal import Dispatch
internal import Synchronization

/// A bounded queue with one consumer, which takes all that waits at once.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isWaiting = false
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
            let wakes = state.isWaiting && !state.elements.isEmpty
            if wakes { state.isWaiting = false }
            return (count, wakes)
        }
        if wakes { wake.signal() }
        return added
    }

    /// No more elements come in; the consumer takes what waits and then gets nil.
    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if wakes { wake.signal() }
    }

    /// Takes up to `limit` elements, waiting at most `milliseconds` for the first; nil once the
    /// inbox is closed and empty.
    func take(limit: Int, waitingMilliseconds milliseconds: Int) -> [Element]? {
        if let taken = takeNow(limit: limit, willWait: milliseconds > 0) { return taken.elements }
        if milliseconds > 0 {
            // A wake-up that comes just after the time ran out stays in the semaphore and makes
            // one later wait return early, which is harmless.
            _ = wake.wait(timeout: .now() + .milliseconds(milliseconds))
        }
        return takeNow(limit: limit, willWait: false)?.elements ?? []
    }

    private struct Taken { let elements: [Element]? }

    private func takeNow(limit: Int, willWait: Bool) -> Taken? {
        state.withLock { state in
            state.isWaiting = false
            if state.elements.isEmpty {
                if state.isClosed { return Taken(elements: nil) }
                state.isWaiting = willWait
                return nil
            }
            if state.elements.count <= limit {
                defer { state.elements = [] }
                return Taken(elements: state.elements)
            }
            defer { state.elements.removeFirst(limit) }
            return Taken(elements: Array(state.elements.prefix(limit)))
        }
    }
}
