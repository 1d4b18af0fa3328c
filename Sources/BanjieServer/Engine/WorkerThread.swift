internal import CSystem
internal import Dispatch
internal import Foundation

internal import Store
internal import Synchronization

/// Starts a thread that opens what it works with and runs `body` with it to its end; returns once that
/// is open.
///
/// What is opened belongs to the thread: nothing else ever sees it.
///
/// - Throws: what kept the thread from opening it; then `body` isn't run.
func startThread<Resource>(
    named name: String,
    opening open: @escaping @Sendable () throws(StoreError) -> Resource,
    _ body: @escaping @Sendable (Resource) -> Void
) throws(StoreError) {
    let outcome = StartOutcome()
    startThread(named: name) {
        do throws(StoreError) {
            let resource = try open()
            outcome.report(nil)
            body(resource)
        } catch {
            outcome.report(error)
        }
    }
    if let error = outcome.wait() { throw error }
}

/// Starts a thread that runs `body` to its end.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let thread = Thread {
        banjie_name_thread(name)
        body()
    }
    thread.stackSize = 1 << 20
    thread.start()
}

/// Tells who waits for a thread whether it started.
private final class StartOutcome: Sendable {
    private let failure = Mutex<StoreError?>(nil)
    private let reported = DispatchSemaphore(value: 0)

    func report(_ error: StoreError?) {
        failure.withLock { $0 = error }
        reported.signal()
    }

    func wait() -> StoreError? {
        reported.wait()
        return failure.withLock { $0 }
    }
}
