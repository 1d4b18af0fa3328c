internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

/// Bits by which readers of the event log choose.
package enum EventTopic {
    /// A rung fired; the payload is a `Firing` without its sequence number.
    package static let fired: UInt8 = 0
    /// A case changed; the payload is a `CaseChange`.
    package static let caseChanged: UInt8 = 2
    /// A department's worklist changed; the payload is a `WorkChange`.
    package static let workChanged: UInt8 = 3
    /// An applicant was told something; the payload is a `Notification`.
    package static let notified: UInt8 = 4

    package static func mask(_ topic: UInt8) -> UInt64 { 1 << UInt64(topic) }
}

/// Where a handler finds records, and the moment at which it looks at them.
protocol RecordContext {
    var circumstances: Circumstances { get }
    func stored<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R?
    func found<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R]
}

extension RecordContext {
    var now: Instant { circumstances.now }
    var calendars: CalendarTimeline { circumstances.calendars }

    /// Loads a record that must exist.
    func load<R: Record>(
        _ type: R.Type,
        _ key: R.Key,
        or absent: @autoclosure () -> Refusal
    ) throws(HandlerFailure) -> R {
        guard let found = try loadIfPresent(type, key) else { throw .refused(absent()) }
        return found
    }

    func loadIfPresent<R: Record>(_ type: R.Type, _ key: R.Key) throws(HandlerFailure) -> R? {
        try storing { () throws(StoreError) in try stored(type, key) }
    }

    func find<R: Record>(_ type: R.Type, _ search: Search) throws(HandlerFailure) -> [R] {
        try storing { () throws(StoreError) in try found(type, search) }
    }

    /// Up to `search.limit` records, and whether there are more.
    func page<R: Record>(
        _ type: R.Type,
        _ search: Search
    ) throws(HandlerFailure) -> (records: [R], isMore: Bool) {
        var search = search
        search.limit += 1
        var records = try find(type, search)
        let isMore = records.count == search.limit
        if isMore { records.removeLast() }
        return (records, isMore)
    }

    /// Visits every record of a type in the order of its keys, some at a time.
    func forEach<R: Record>(_ type: R.Type, _ visit: (R) -> Void) throws(HandlerFailure) {
        let recordsAtOnce = 512
        var after: [Value]?
        while true {
            let records = try find(type, Search(after: after, limit: recordsAtOnce))
            for record in records { visit(record) }
            guard records.count == recordsAtOnce, let last = records.last else { return }
            var position = RowWriter()
            last.key.write(to: &position)
            after = position.values
        }
    }
}

/// Records that handlers of several services ask for by what a caller calls them.
extension RecordContext {
    func person(_ login: String) throws(HandlerFailure) -> PersonRecord {
        try load(PersonRecord.self, login, or: .none(kind: .person, name: login))
    }

    func caseRecord(_ serial: String) throws(HandlerFailure) -> CaseRecord {
        try load(CaseRecord.self, serial, or: .none(kind: .case, name: serial))
    }

    /// - Throws: `none` unless there is such a department.
    func requireDepartment(_ code: String) throws(HandlerFailure) {
        _ = try department(code)
    }
}

/// What a command's handler works with; lives for one command.
struct CommandContext: RecordContext {
    let unit: UnitOfWork
    let actor: Actor
    var circumstances: Circumstances
    let clock: ServerClock
    /// The trace that the caller says the call belongs to.
    let trace: AuditTrace?
    /// 32 random bytes for a new credential.
    let randomBytes: () -> [UInt8]
    /// What was found out of the passwords in the request; nil when it has none.
    var passwords: PreparedPassword?
    /// Who has signed in.
    let sessions: Sessions

    /// What the scheduler must know once the command is durable: when each saved deadline fires
    /// next, if ever.
    private(set) var planned: (key: Int64, nextAt: Instant?)?
    /// The same of further ones: few commands save more than one.
    private(set) var morePlanned: [(key: Int64, nextAt: Instant?)] = []
    /// The calendars, when the command made a new version.
    var newCalendars: CalendarTimeline?
    /// Where an operator wants the virtual clock moved.
    var clockTarget: Instant?
    /// Whether an operator confirmed the wall clock.
    var confirmsClock = false
    /// The instants as of which rungs fired.
    var fired: [Instant] = []
    /// What open sessions must follow once the command is durable, in order.
    var accountChanges: [AccountChange] = []

    init(
        unit: UnitOfWork,
        actor: Actor,
        circumstances: Circumstances,
        clock: ServerClock,
        trace: AuditTrace?,
        sessions: Sessions,
        randomBytes: @escaping () -> [UInt8]
    ) {
        self.unit = unit
        self.actor = actor
        self.circumstances = circumstances
        self.clock = clock
        self.trace = trace
        self.sessions = sessions
        self.randomBytes = randomBytes
    }

    func stored<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R? {
        try unit.load(type, key)
    }

    func found<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R] {
        try unit.find(type, search)
    }

    /// The calendars as the command leaves them.
    var calendarsAfterwards: CalendarTimeline { newCalendars ?? calendars }

    /// Drops all that the command has done so far, as if it began now.
    mutating func startAgain() {
        unit.rejectCommand()
        unit.beginCommand()
        forgetEffects()
    }

    /// Is as good as new for the next command of the same caller, or for the same one again.
    mutating func forgetEffects() {
        accountChanges = []
        (planned, morePlanned, newCalendars) = (nil, [], nil)
        (clockTarget, confirmsClock) = (nil, false)
        fired.removeAll(keepingCapacity: true)
    }

    /// A key for a new record.
    func nextKey<R: Record>(_ type: R.Type) throws(HandlerFailure) -> Int64 where R.Key == Int64 {
        try storing { [unit] () throws(StoreError) in try unit.nextKey(type) }
    }

    /// The next number of a kind of file, from 1.
    func nextNumber(of count: CounterRecord.Count) throws(HandlerFailure) -> Int64 {
        let stored = try loadIfPresent(CounterRecord.self, count.rawValue)
        var counter = stored ?? CounterRecord(of: count, last: 0)
        counter.last += 1
        unit.save(counter)
        return counter.last
    }

    /// Tells the scheduler when a saved deadline fires next, if ever.
    mutating func plan(_ key: Int64, nextAt: Instant?) {
        if planned == nil || planned?.key == key {
            planned = (key, nextAt)
        } else {
            morePlanned.append((key, nextAt))
        }
    }

    func audit(_ kind: String, _ subject: String, _ detail: String = "") {
        unit.audit(
            AuditDraft(
                at: now,
                actor: actor.login,
                kind: kind,
                subject: subject,
                detail: detail,
                trace: trace
            )
        )
    }
}

/// What a query's handler works with: a snapshot, and the time at which it is looked at.
struct QueryContext: RecordContext {
    let reader: any RecordReader
    /// Nil for an anonymous caller, who reaches public methods only.
    let actor: Actor?
    let circumstances: Circumstances
    let status: ServerStatus
    let sessions: Sessions

    func stored<R: Record>(_ type: R.Type, _ key: R.Key) throws(StoreError) -> R? {
        try reader.load(type, key)
    }

    func found<R: Record>(_ type: R.Type, _ search: Search) throws(StoreError) -> [R] {
        try reader.find(type, search)
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
