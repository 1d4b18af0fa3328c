import CSQLite
import Dispatch
import Store
import Synchronization

/// Moves the write-ahead log's pages into the file while the writer goes on appending to the log.
///
/// SQLite begins the log anew only when all of it has been moved, which a log that grows meanwhile
/// never is: the writer itself moves the rest, once that is little.
final class Checkpointer: Sendable {
    private struct State {
        var isRunning = false
        /// How many of the log's pages the last run had moved when it ended.
        var moved = 0
        /// How often the log has been begun anew: what a run has moved of an older one says nothing.
        var log = 0
    }

    private let path: String
    private let queue = DispatchQueue(label: "checkpoint", qos: .utility)
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    /// How many of the log's `pages` aren't known to have been moved; nil while a run is on.
    func remaining(of pages: Int) -> Int? {
        state.withLock { $0.isRunning ? nil : pages - $0.moved }
    }

    /// Moves what is in the log by now, in the background.
    func start() {
        let log = state.withLock { state in
            state.isRunning = true
            return state.log
        }
        queue.async { [self] in
            let moved = moveAll()
            state.withLock { state in
                state.isRunning = false
                if state.log == log { state.moved = moved }
            }
        }
    }

    /// Returns how many of the log's pages have been moved by now. What fails is in the log all the
    /// same, and is moved another time.
    private func moveAll() -> Int {
        do throws(StoreError) {
            let connection = try Connection(path: path, access: .readWrite)
            // A connection that has read nothing yet doesn't know of a log.
            _ = try connection.integer("PRAGMA schema_version")
            return connection.checkpoint() ?? 0
        } catch {
            return 0
        }
    }

    /// The log has been begun anew.
    func forget() {
        state.withLock { state in
            state.moved = 0
            state.log += 1
        }
    }
}
