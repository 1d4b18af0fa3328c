internal import CivilTime
internal import Office
internal import Sealing
internal import Synchronization
internal import WorkCalendar

/// What the engine tells the other threads after each batch.
final class SharedState: Sendable {
    struct Snapshot: Sendable {
        var calendars: CalendarTimeline
        var status: ServerStatus
        /// The latest moment that can be trusted; nil while the machine's own may be.
        var frozenAt: Instant?
    }

    private let snapshot: Mutex<Snapshot>
    private let resealing = Atomic(true)
    let clock: ServerClock
    let policy: Policy
    let sessions = Sessions()
    /// What other threads have for the audit log.
    let notes = AuditNotes()
    /// 32 bytes that nobody can guess.
    let randomBytes: @Sendable () -> [UInt8]
    private let healthChanged: @Sendable () -> Void

    /// - Parameter healthChanged: is told when what is wrong with the server has changed, on the thread that
    ///   has changed it.
    init(
        calendars: CalendarTimeline,
        clock: ServerClock,
        policy: Policy,
        randomBytes: @escaping @Sendable () -> [UInt8] = SharedState.systemRandomBytes,
        healthChanged: @escaping @Sendable () -> Void = {}
    ) {
        self.randomBytes = randomBytes
        self.healthChanged = healthChanged
        var status = ServerStatus()
        status.virtualClock = clock.isVirtual
        snapshot = Mutex(Snapshot(calendars: calendars, status: status, frozenAt: nil))
        self.clock = clock
        self.policy = policy
    }

    static func systemRandomBytes() -> [UInt8] { SecureRandom.bytes(32) }

    /// Whether something may be sealed by older keys: from the start on and after each reading of the
    /// key file, until the store has been looked through.
    var isResealing: Bool {
        get { resealing.load(ordering: .relaxed) }
        set { resealing.store(newValue, ordering: .relaxed) }
    }

    var current: Snapshot { snapshot.withLock { $0 } }

    func update(_ change: (inout Snapshot) -> Void) {
        let isOtherHealth = snapshot.withLock { snapshot in
            let before = snapshot.status
            change(&snapshot)
            return !snapshot.status.isAsHealthy(as: before)
        }
        if isOtherHealth { healthChanged() }
    }

    /// The circumstances in which a query looks at its snapshot, whose newest commit is of `commit`.
    func circumstances(_ snapshot: Snapshot, notBefore commit: Instant?) -> Circumstances {
        let now = snapshot.frozenAt ?? clock.now
        return Circumstances(
            now: max(now, commit ?? now),
            calendars: snapshot.calendars,
            policy: policy
        )
    }
}
