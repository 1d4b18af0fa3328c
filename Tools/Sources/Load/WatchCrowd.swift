package import BanjieClient
import BanjieProtocol
import Synchronization
import Transport

/// Many who watch the cases of a department, each told of every change.
package final class WatchCrowd: Sendable {
    /// Streams on one connection; the server takes a hundred.
    private static let streamsPerConnection = 50

    private struct State {
        /// How many know where in the log they begin.
        var placed = 0
        /// Why a watch has ended that shouldn't have.
        var problem: String?
        /// Who waits for all to be told, and of how many changes together.
        var waiting: (told: Int, CheckedContinuation<Void, Never>)?
    }

    private let count: Int
    private let state = Mutex(State())
    /// How many changes all have been told of together.
    private let told = Atomic<Int>(0)
    private let task = Mutex<Task<Void, Never>?>(nil)

    private init(count: Int) { self.count = count }

    /// How many connections so many watchers need.
    package static func connections(for watchers: Int) -> Int {
        (watchers + streamsPerConnection - 1) / streamsPerConnection
    }

    /// Watchers that are there: each is told of every change from now on.
    ///
    /// - Parameter connections: `connections(for:)` of them, signed in as somebody of the department.
    package static func gather(
        _ count: Int,
        over connections: [Connection],
        department: String
    ) async throws -> WatchCrowd {
        let crowd = WatchCrowd(count: count)
        let task = Task {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    let connection = connections[number / streamsPerConnection]
                    group.addTask { await crowd.watch(connection, department) }
                }
            }
        }
        crowd.task.withLock { $0 = task }
        while crowd.state.withLock({ $0.placed }) < count {
            try crowd.check()
            try await Task.sleep(for: .milliseconds(10))
        }
        return crowd
    }

    private func check() throws {
        if let problem = state.withLock({ $0.problem }) { throw LoadError(problem) }
    }

    private func watch(_ connection: Connection, _ department: String) async {
        do {
            let request = WatchCasesRequest(department: department)
            // The first message is a mark: where the watch begins.
            var isPlaced = false
            for try await event in CasesClient(connection).watch(request) {
                if !isPlaced { state.withLock { $0.placed += 1 } }
                isPlaced = true
                if event.change != nil { tookOne() }
            }
        } catch {
            guard !Task.isCancelled else { return }
            let waiting = state.withLock { state in
                state.problem = "a watch has ended: \(error)"
                return state.waiting.take()
            }
            waiting?.1.resume()
        }
    }

    private func tookOne() {
        let now = told.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
        guard now % count == 0 else { return }
        let waiting = state.withLock { state in
            guard let waiting = state.waiting, waiting.told <= now else {
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiting = nil
            return waiting.1
        }
        waiting?.resume()
    }

    private func waitUntilTold(_ count: Int) async throws {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isThere = state.withLock { state in
                if state.problem != nil || told.load(ordering: .acquiring) >= count { return true }
                state.waiting = (count, continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
        try check()
    }

    /// Makes one change after the other, each when all have been told of the one before.
    ///
    /// - Parameter change: makes a change of which each watcher is told once.
    /// - Returns: how long it took, from before a change was asked for, until all were told of it.
    package func fanOut(
        for seconds: Double,
        warmUp: Double,
        change: () async throws -> Void
    ) async throws -> LoadResult {
        let began = MonotonicTime.now().nanoseconds
        let (from, end) = (began + UInt64(warmUp * 1e9), began + UInt64((warmUp + seconds) * 1e9))
        var total = Observations(operations: 1)
        var made = 0
        var counted = (first: began, last: began)
        while true {
            let now = MonotonicTime.now().nanoseconds
            if now >= end { break }
            try await change()
            made += 1
            try await waitUntilTold(made * count)
            let done = MonotonicTime.now().nanoseconds
            if now >= from {
                if total.all.count == 0 { counted.first = now }
                total.succeeded(0, after: done - now)
                counted.last = done
            }
        }
        let all = told.load(ordering: .acquiring)
        guard all == made * count else {
            throw LoadError("\(made) changes were told \(all) times to \(count) watchers")
        }
        return LoadResult(
            operations: ["change"],
            seconds: Double(counted.last - counted.first) / 1e9,
            total: total,
            samples: [],
            unbegun: 0,
            serverSeconds: nil
        )
    }

    /// All watches end.
    package func disperse() { task.withLock { $0?.cancel() } }
}
