internal import BanjieProtocol
internal import Deadlines
internal import Office
internal import Store
internal import WorkCalendar

/// A file of the office as the server opens and keeps it.
protocol ServedFile: OfficeFile {
    /// What a key is refused with that no file has.
    static func absent(_ key: String, in context: some RecordContext) -> Refusal

    /// The file with what belongs to it besides its record and clocks.
    static func assemble(
        _ record: Content,
        _ clocks: [FileClock],
        in context: some RecordContext
    ) throws(HandlerFailure) -> Self

    /// Saves what is kept of it elsewhere, before its record replaces the former one.
    func willSave(in context: CommandContext) throws(HandlerFailure)

    /// Tells the applicant what has happened to it, if that is anybody's business.
    func notify(in context: inout CommandContext) throws(HandlerFailure)

    /// Saves what belongs to it besides its record and clocks, tells those who watch, and lets what
    /// hangs on it follow.
    mutating func followSave(in context: inout CommandContext) throws(HandlerFailure)
}

extension ServedFile {
    func willSave(in context: CommandContext) throws(HandlerFailure) {}

    func notify(in context: inout CommandContext) throws(HandlerFailure) {}

    func followSave(in context: inout CommandContext) throws(HandlerFailure) {}

    /// What records and audit entries name it by.
    var subject: String { "\(Self.name)/\(record.key)" }
}

extension RecordContext {
    /// A file with its clocks, settled up to now: in memory, until it is saved.
    func open<File: ServedFile>(
        _ type: File.Type,
        _ key: String
    ) throws(HandlerFailure) -> File {
        try open(type, try load(File.Content.self, key, or: File.absent(key, in: self)))
    }

    /// The same of a file that there may not be.
    func openIfPresent<File: ServedFile>(
        _ type: File.Type,
        _ key: String
    ) throws(HandlerFailure) -> File? {
        guard let record = try loadIfPresent(File.Content.self, key) else { return nil }
        return try open(type, record)
    }

    func open<File: ServedFile>(
        _ type: File.Type,
        _ record: File.Content
    ) throws(HandlerFailure) -> File {
        var clocks: [FileClock] = []
        for key in record.trail.clockKeys {
            let stored = try load(
                DeadlineRecord.self,
                key,
                or: .none(kind: .deadline, name: "\(key)")
            )
            clocks.append(
                FileClock(
                    kind: stored.kind,
                    label: stored.label,
                    key: key,
                    deadline: stored.deadline
                )
            )
        }
        var file = try File.assemble(record, clocks, in: self)
        file.settle(in: circumstances)
        return file
    }
}

extension CommandContext {
    /// Opens a file, changes and saves it, and refuses in the order that holds everywhere: the rights by the
    /// record, the request's values, the version that the caller saw, the record's state.
    ///
    /// - Parameters:
    ///   - rights: whether the caller may do this to the file.
    ///   - values: judges those values of the request that the schema can't, and gives what they stand for.
    ///   - body: changes the file, or refuses.
    mutating func change<File: ServedFile, Values>(
        _ type: File.Type,
        _ key: String,
        version: UInt64,
        by request: some Message,
        rights: (File, Actor) throws(Refusal) -> Void,
        values: (CommandContext) throws(HandlerFailure) -> Values,
        _ body: (inout File, Values, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> File {
        var file = try open(type, key)
        do throws(Refusal) { try rights(file, actor) } catch { throw .refused(error) }
        try validating(request)
        let values = try values(self)
        do throws(Refusal) {
            try file.requireVersion(version)
            try body(&file, values, self)
        } catch {
            throw .refused(error)
        }
        try save(&file)
        return file
    }

    /// The same of a request whose values the schema judges whole.
    mutating func change<File: ServedFile>(
        _ type: File.Type,
        _ key: String,
        version: UInt64,
        by request: some Message,
        rights: (File, Actor) throws(Refusal) -> Void,
        _ body: (inout File, CommandContext) throws(Refusal) -> Void
    ) throws(HandlerFailure) -> File {
        try change(type, key, version: version, by: request, rights: rights) {
            _ throws(HandlerFailure) in
        } _: { (file, _: Void, context) throws(Refusal) in
            try body(&file, context)
        }
    }

    /// Saves a file with its clocks, cards, audit entries and events, if anything has happened to it.
    mutating func save<File: ServedFile>(_ file: inout File) throws(HandlerFailure) {
        guard file.isChanged else { return }
        try file.willSave(in: self)
        for index in file.clocks.indices { try saveClock(index, of: &file) }
        unit.save(file.record)
        for fired in file.history.firings { try saveCard(fired, of: file) }
        for audit in file.history.audits {
            unit.audit(
                AuditDraft(
                    at: audit.at,
                    actor: audit.actor,
                    kind: audit.kind,
                    subject: file.subject,
                    detail: Masking.scrubbed(audit.detail),
                    trace: audit.actor == actor.login ? trace : nil
                )
            )
        }
        try file.notify(in: &self)
        for (version, clocks) in file.history.replanned.sorted(by: { $0.key < $1.key }) {
            let hasMoved = file is CaseFile && file.history.movedBy.contains(version)
            try countReplanned(version, clocks: clocks, movedCases: hasMoved ? 1 : 0)
        }
        file.history = FileHistory()
        try file.followSave(in: &self)
    }

    private mutating func saveClock<File: ServedFile>(
        _ index: Int,
        of file: inout File
    ) throws(HandlerFailure) {
        let key: Int64
        if let known = file.clocks[index].key {
            key = known
        } else {
            key = try nextKey(DeadlineRecord.self)
            file.assign(key: key, toClock: index)
        }
        let record = file.record(of: file.clocks[index], key, in: calendars)
        let stored = try loadIfPresent(DeadlineRecord.self, key)
        guard stored != record else { return }
        unit.save(record)
        plan(key, nextAt: record.nextAt)
        try keepWork(on: file.clocks[index], of: file, as: record)
    }

    private mutating func saveCard<File: ServedFile>(
        _ fired: FileFiring,
        of file: File
    ) throws(HandlerFailure) {
        let clock = file.clocks[fired.clock]
        guard let key = clock.key else { return }
        if fired.firing.rung != .expire {
            let card = CardRecord(
                deadline: key,
                department: file.bearer(of: clock),
                clock: clock.kind,
                firing: fired.firing,
                subject: file.caseSerial ?? file.subject
            )
            unit.save(card)
            try count(card)
        }
        publish(fired.firing, of: file.record(of: clock, key, in: calendars))
    }
}

extension ServedFile {
    fileprivate func record(
        of clock: FileClock,
        _ key: Int64,
        in calendars: CalendarTimeline
    ) -> DeadlineRecord {
        DeadlineRecord(
            key: key,
            kind: clock.kind,
            owner: .file(Self.kind, key: record.key),
            label: clock.label,
            deadline: clock.deadline,
            in: calendars
        )
    }
}

/// A kind of file, as the scheduler finds the owner of a deadline.
protocol FileRouting: Sendable {
    var kind: FileKind { get }
    var name: String { get }

    /// Settles a file up to now, and saves it if anything has happened.
    func settle(_ key: String, in context: inout CommandContext) throws(HandlerFailure)

    /// A deadline of a file, settled up to now; nil when it owns none of this key.
    func deadline(
        _ number: Int64,
        of key: String,
        in context: QueryContext
    ) throws(HandlerFailure) -> Deadline?
}

/// The files of one type.
struct Files<File: ServedFile>: FileRouting {
    var kind: FileKind { File.kind }
    var name: String { File.name }

    init(_ type: File.Type) {}

    func settle(_ key: String, in context: inout CommandContext) throws(HandlerFailure) {
        var file = try context.open(File.self, key)
        try context.save(&file)
    }

    func deadline(
        _ number: Int64,
        of key: String,
        in context: QueryContext
    ) throws(HandlerFailure) -> Deadline? {
        try context.open(File.self, key).clocks.first { $0.key == number }?.deadline
    }
}
