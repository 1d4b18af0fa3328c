internal import BanjieProtocol
internal import Dispatch
internal import Office
internal import Sealing
internal import Store
internal import Synchronization

/// Runs what hashes passwords, which takes a fifth of a second each, one after the other on a thread of
/// its own.
final class PasswordWorker: Sendable {
    typealias Job = @Sendable (any RecordReader) -> Void

    /// The most jobs that wait: some thirteen seconds of work.
    private static let waitingMax = 64

    private let inbox = Inbox<Job>(capacity: PasswordWorker.waitingMax)
    private let finished = DispatchSemaphore(value: 0)

    func start(
        makeReader: @escaping @Sendable () throws(StoreError) -> any RecordReader
    ) throws(StoreError) {
        try startThread(named: "passwords", opening: makeReader) { [self] reader in
            while runBatch(with: reader, waitingMilliseconds: 1000) {}
            finished.signal()
        }
    }

    /// Runs what waits, and waits at most so long for the first of it; false once the worker is stopped
    /// and has nothing left.
    @discardableResult
    func runBatch(with reader: any RecordReader, waitingMilliseconds milliseconds: Int) -> Bool {
        guard let jobs = inbox.take(limit: 1, waitingMilliseconds: milliseconds) else {
            return false
        }
        for job in jobs { job(reader) }
        return true
    }

    func stop() {
        inbox.close()
        finished.wait()
    }

    /// Takes a job; false when too many wait.
    func add(_ job: @escaping Job) -> Bool { inbox.add([job]) == 1 }
}

/// What was found out of the passwords in a request, before the engine runs it. By reference, since every
/// call has room for it and hardly any has one.
final class PreparedPassword: Sendable {
    enum Present: Sendable {
        /// It wasn't asked for, or there is no password.
        case unknown
        /// It is the one of this hash.
        case matches(hash: String)
        case wrong
        /// Too many were wrong: not before so many seconds.
        case delayed(seconds: Int64)
    }

    let present: Present
    /// The new password's; nil when it can't be one.
    let hash: String?

    init(present: Present, hash: String?) {
        self.present = present
        self.hash = hash
    }
}
