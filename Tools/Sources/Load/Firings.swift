package import BanjieClient
import BanjieProtocol
import Synchronization
import Transport

/// What falls due under a load, as a watch tells of it: recorded, and durable.
package final class Firings: Sendable {
    private typealias Waiter = @Sendable (_ isTold: Bool) -> Void

    private struct State {
        /// Whether the watch knows where in the log it begins.
        var isPlaced = false
        /// Why nothing is told any more.
        var problem: String?
        /// What has fired before anybody waited for it.
        var fired: Set<UInt64> = []
        var waiters: [UInt64: (giveUpAt: UInt64, Waiter)] = [:]
    }

    /// What the label of a deadline begins with of which this is to be told.
    package let label: String
    private let state = Mutex(State())
    private let tasks = Mutex<[Task<Void, Never>]>([])

    private init(label: String) { self.label = label }

    /// A watch that is there: it is told of all that fires from now on.
    ///
    /// - Parameters:
    ///   - connection: signed in as staff, a daemon or an operator.
    ///   - label: see the property; no other load's.
    package static func watch(over connection: Connection, label: String) async throws -> Firings {
        let firings = Firings(label: label)
        let tasks = [
            Task { await firings.follow(connection) },
            Task { await firings.giveUpWhatIsLate() },
        ]
        firings.tasks.withLock { $0 = tasks }
        while !firings.state.withLock({ $0.isPlaced }) {
            if let problem = firings.state.withLock({ $0.problem }) { throw LoadError(problem) }
            try await Task.sleep(for: .milliseconds(5))
        }
        return firings
    }

    private func follow(_ connection: Connection) async {
        do {
            let request = WatchFiredRequest(label: label)
            for try await event in DeadlinesClient(connection).watch(request) {
                guard let firing = event.firing else {
                    state.withLock { $0.isPlaced = true }
                    continue
                }
                take(firing.deadline)
            }
            stop(because: "the watch of what fires has ended")
        } catch {
            stop(because: "the watch of what fires has ended: \(error)")
        }
    }

    private func take(_ deadline: UInt64) {
        let waiter = state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: deadline)
            if waiter == nil { state.fired.insert(deadline) }
            return waiter
        }
        waiter?.1(true)
    }

    private func stop(because problem: String) {
        let left = state.withLock { state in
            state.problem = problem
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in left.values { waiter.1(false) }
    }

    private func giveUpWhatIsLate() async {
        while (try? await Task.sleep(for: .milliseconds(50))) != nil {
            let now = MonotonicTime.now().nanoseconds
            let late = state.withLock { state in
                let late = state.waiters.filter { $0.value.giveUpAt <= now }
                for deadline in late.keys { state.waiters[deadline] = nil }
                return late
            }
            for waiter in late.values { waiter.1(false) }
        }
    }

    /// Says once whether the watch is told that a deadline has fired, which may be so already.
    ///
    /// - Parameter timeoutMillis: after which it isn't waited for any longer.
    func expect(
        _ deadline: UInt64,
        timeoutMillis: UInt32,
        _ then: @escaping @Sendable (_ isTold: Bool) -> Void
    ) {
        let giveUpAt = MonotonicTime.now().nanoseconds &+ UInt64(timeoutMillis) * 1_000_000
        let isTold = state.withLock { state -> Bool? in
            if state.fired.remove(deadline) != nil { return true }
            if state.problem != nil { return false }
            state.waiters[deadline] = (giveUpAt, then)
            return nil
        }
        if let isTold { then(isTold) }
    }

    /// The watch ends.
    package func end() {
        for task in tasks.withLock({ $0 }) { task.cancel() }
    }
}
