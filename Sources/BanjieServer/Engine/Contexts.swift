internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

/// Bits by which readers of the event log choose.
enum EventTopic {
    /// A rung fired; the payload is a `Firing` without its sequence number.
    static let fired: UInt8 = 0
    /// A case changed; the payload is its serial.
    static let caseChanged: UInt8 = 1

    static func mask(_ topic: UInt8) -> UInt64 { 1 << UInt64(topic) }
}

/// What a command's handler works with; lives for one command.
struct CommandContext {
    let unit: UnitOfWork
    let actor: Actor
    var circumstances: Circumstances
    let clock: ServerClock
    /// 32 random bytes for a new credential.
    let randomBytes: () -> [UInt8]

    /// What the scheduler must know once the command is durable: when each saved deadline fires
    /// next, if ever.
    var planned: [(key: Int64, nextAt: Instant?)] = []
    /// The calendars, when the command made a new version.
    var newCalendars: CalendarTimeline?
    /// Where an operator wants the virtual clock moved.
    var clockTarget: Instant?
    /// Whether an operator confirmed the wall clock.
    var confirmsClock = false
    /// How many rungs fired.
    var firedCount = 0

    init(
        unit: UnitOfWork,
        actor: Actor,
        circumstances: Circumstances,
        clock: ServerClock,
        randomBytes: @escaping () -> [UInt8]
    ) {
        self.unit = unit
        self.actor = actor
        self.circumstances = circumstances
        self.clock = clock
        self.randomBytes = randomBytes
    }

    var now: Instant { circumstances.now }
    var calendars: CalendarTimeline { circumstances.calendars }

    /// Loads a record that must exist.
    func load<R: Record>(
        _ type: R.Type,
        _ key: R.Key,
        or absent: @autoclosure () -> Refusal
    ) throws(HandlerFailure) -> R {
        let found = try storing { () throws(StoreError) in try unit.load(type, key) }
        guard let found else { throw .refused(absent()) }
        return found
    }

    func audit(_ kind: String, _ subject: String, _ detail: String = "") {
        unit.audit(
            AuditDraft(
                at: now,
                actor: actor.login,
                kind: kind,
                subject: subject,
                detail: detail
            )
        )
    }
}

/// What a query's handler works with: a snapshot, and the time at which it is looked at.
struct QueryContext {
    let reader: any RecordReader
    /// Nil for an anonymous caller, who reaches public methods only.
    let actor: Actor?
    let circumstances: Circumstances
    let status: ServerStatus

    var now: Instant { circumstances.now }
    var calendars: CalendarTimeline { circumstances.calendars }

    /// Loads a record that must exist.
    func load<R: Record>(
        _ type: R.Type,
        _ key: R.Key,
        or absent: @autoclosure () -> Refusal
    ) throws(HandlerFailure) -> R {
        let found = try storing { () throws(StoreError) in try reader.load(type, key) }
        guard let found else { throw .refused(absent()) }
        return found
    }

    /// Who is signed in.
    func signedIn() throws(HandlerFailure) -> Actor {
        guard let actor else { throw .server(.signInRequired) }
        return actor
    }
}

/// What the server says of itself.
struct ServerStatus: Sendable {
    var virtualClock = false
    var writable = true
    var firing = true
    var draining = false
    var armed: UInt64 = 0
    var isBehind = false
    var commit: UInt64 = 0
    var connections: UInt32 = 0
}
