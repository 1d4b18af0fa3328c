package import CivilTime
package import Deadlines
package import Store
package import WorkCalendar

/// A record that is the content of a file.
package protocol FiledRecord: Record where Key == String {
    var trail: FileTrail { get set }
}

/// A record with the clocks that it owns: what the rules of a module work on (案卷).
///
/// Every command is a mutation of this value or a refusal. Whoever opens a file settles it up to the
/// command's moment first, and throws one away whose command was refused.
package protocol OfficeFile: Sendable {
    associatedtype Content: FiledRecord

    /// What its deadlines name their owner by.
    static var kind: FileKind { get }
    /// What it is called where records are named, before a slash and its key: `case`.
    static var name: String { get }

    var record: Content { get set }
    /// In the order in which they were started, ended ones included.
    var clocks: [FileClock] { get set }
    var history: FileHistory { get set }

    /// The case that it is about; nil when it is about none.
    var caseSerial: String? { get }

    /// The department that bears the cards of a clock.
    func bearer(of clock: FileClock) -> String

    /// The login of who answers for a clock; nil when that is nobody in particular.
    func worker(on clock: FileClock) -> String?

    /// What follows when the clock in this place has run out.
    ///
    /// - Precondition: it is one of a kind that expires.
    mutating func expire(_ index: Int, at instant: Instant, in circumstances: Circumstances)

    /// Moves what another calendar moves besides the clocks; says what it was, for the audit log.
    mutating func move(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) -> [String]

    /// What the clock counts from by now, when `move` has changed that.
    func start(of clock: FileClock) -> Instant?
}

extension OfficeFile {
    package func worker(on clock: FileClock) -> String? { nil }

    package mutating func move(
        by entry: CalendarTimeline.Entry,
        in circumstances: Circumstances
    ) -> [String] { [] }

    package func start(of clock: FileClock) -> Instant? { nil }
}

/// A clock of a file. Its key is nil until it is stored for the first time.
package struct FileClock: Hashable, Sendable {
    package let kind: ClockKind
    /// What tells it from others of its kind: whose it is, such as a department's code.
    package let label: String
    package internal(set) var key: Int64?
    package internal(set) var deadline: Deadline

    package init(kind: ClockKind, label: String = "", key: Int64?, deadline: Deadline) {
        self.kind = kind
        self.label = label
        self.key = key
        self.deadline = deadline
    }
}

/// What a file keeps of itself.
package struct FileTrail: Hashable, Sendable {
    /// What a version can be: half of what its type holds, so that adding to one never overflows.
    static let versions: ClosedRange<Int64> = 0...Int64.max / 2

    /// Increases with each change.
    package internal(set) var version: Int64 = 0
    /// The kind of the newest audit entry.
    package internal(set) var lastAudit = ""
    /// The keys of its clocks, in the order in which they were started.
    package internal(set) var clockKeys: [Int64] = []

    init() {}
}

extension FileTrail {
    static let columns = [
        Column("version", .integer), Column("last_audit", .text),
        Column("clocks", .list(of: .integer)),
    ]

    func write(to row: inout RowWriter) {
        row.integer(version)
        row.text(lastAudit)
        row.list([clockKeys.map(Value.integer)])
    }

    init(row: inout RowReader) throws(StoreError) {
        version = try row.integer(in: Self.versions)
        lastAudit = try row.text()
        clockKeys = try row.clockKeys()
    }
}

extension RowReader {
    mutating func clockKeys() throws(StoreError) -> [Int64] {
        let keys = try integers()
        for key in keys where key < 0 { throw mismatch("the keys of clocks", .integer(key)) }
        return keys
    }
}

/// What a rule did to a file, for the audit log.
package struct FileAudit: Hashable, Sendable {
    package let at: Instant
    package let actor: String
    /// The past tense of what happened.
    package let kind: String
    package let detail: String
}

/// A rung of a file's clock that fired.
package struct FileFiring: Hashable, Sendable {
    /// The clock's place in `OfficeFile.clocks`.
    package let clock: Int
    package let firing: Firing
}

/// What happened to a file since it was opened: to be written with it.
package struct FileHistory: Hashable, Sendable {
    package internal(set) var audits: [FileAudit] = []
    package internal(set) var firings: [FileFiring] = []
    /// Calendar versions by which a date of a running clock has moved.
    package internal(set) var movedBy: [CalendarVersion] = []
    /// How many clocks each calendar version has re-planned.
    package internal(set) var replanned: [CalendarVersion: Int] = [:]

    package init() {}

    var isEmpty: Bool { audits.isEmpty && firings.isEmpty && replanned.isEmpty }
}

// MARK: What every file does

extension OfficeFile {
    /// Whether anything happened since the file was opened.
    package var isChanged: Bool { !history.isEmpty }

    /// Gives a clock the key under which it is stored from now on.
    ///
    /// - Precondition: It has none yet.
    package mutating func assign(key: Int64, toClock index: Int) {
        precondition(clocks[index].key == nil)
        clocks[index].key = key
        record.trail.clockKeys.append(key)
    }

    /// The newest clock of a kind, and of a label if one is given, ended or not.
    package func clock(_ kind: ClockKind, of label: String? = nil) -> FileClock? {
        clocks.last { $0.kind == kind && (label == nil || $0.label == label) }
    }

    /// The clocks that run or are paused, in the order of ties.
    package var runningClocks: [FileClock] {
        clocks.filter { $0.deadline.isRunning }.sorted { $0.kind < $1.kind }
    }

    func runningIndex(_ kind: ClockKind, of label: String = "") -> Int? {
        clocks.lastIndex { $0.kind == kind && $0.label == label && $0.deadline.isRunning }
    }

    mutating func note(
        _ kind: String,
        by actor: String,
        at now: Instant,
        _ detail: String = ""
    ) {
        history.audits.append(FileAudit(at: now, actor: actor, kind: kind, detail: detail))
        record.trail.lastAudit = kind
        record.trail.version += 1
    }

    /// - Parameter from: what the budget counts from; its civil day is never charged.
    mutating func start(
        _ kind: ClockKind,
        of label: String = "",
        _ budget: Budget,
        from: Instant,
        at now: Instant,
        in circumstances: Circumstances
    ) {
        precondition(runningIndex(kind, of: label) == nil)
        var rungs = kind.cards
        if kind.expires { rungs.insert(.expire) }
        clocks.append(
            FileClock(
                kind: kind,
                label: label,
                key: nil,
                deadline: Deadline(
                    ledger: Ledger(budget: budget, start: from),
                    rungs: rungs,
                    at: now,
                    calendar: circumstances.calendars.entry(at: now).calendar.version
                )
            )
        )
    }

    /// Stops the running clocks of these kinds, and of one label if one is given.
    mutating func stop(_ kinds: [ClockKind], of label: String? = nil, at now: Instant) {
        for index in clocks.indices
        where kinds.contains(clocks[index].kind) && clocks[index].deadline.isRunning
            && (label == nil || clocks[index].label == label)
        {
            do {
                try clocks[index].deadline.complete(at: now)
            } catch {
                preconditionFailure("a running clock can be completed")
            }
        }
    }

    /// Pauses those clocks of these kinds that run.
    mutating func pause(_ kinds: [ClockKind], at now: Instant, reason: String) {
        for index in clocks.indices
        where kinds.contains(clocks[index].kind) && clocks[index].deadline.isRunning
            && !clocks[index].deadline.isPaused
        {
            do {
                try clocks[index].deadline.pause(at: now, reason: reason)
            } catch {
                preconditionFailure("a running clock can be paused")
            }
        }
    }

    /// Lets every paused clock run again.
    mutating func resumeClocks(at now: Instant) {
        for index in clocks.indices where clocks[index].deadline.isPaused {
            do {
                try clocks[index].deadline.resume(at: now)
            } catch {
                preconditionFailure("a paused clock can be resumed")
            }
        }
    }

    /// - Throws: `staleVersion` when the caller saw another version; 0 for whichever is current.
    package func requireVersion(_ version: UInt64) throws(Refusal) {
        guard version == 0 || version == UInt64(record.trail.version) else {
            throw .staleVersion(current: record.trail.version)
        }
    }
}
