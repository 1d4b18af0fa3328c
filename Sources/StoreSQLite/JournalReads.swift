import CivilTime
import Store

/// The statements that read the journal.
final class JournalReads {
    /// How many commits are looked up at once for each topic.
    private static let commitsAtOnce = 64

    private let path: String
    private let headRow: Statement
    private let auditRows: Statement
    private let subjectRows: Statement
    private let topicRows: Statement
    private let eventRow: Statement

    init(_ connection: Connection) throws(StoreError) {
        path = connection.path
        headRow = try Statement(
            connection,
            """
            SELECT commit_number, at, audit_sequence, audit_hash, event_sequence
            FROM store_journal ORDER BY commit_number DESC LIMIT 1
            """
        )
        auditRows = try Statement(
            connection,
            """
            SELECT commit_number, audit_entries FROM store_journal
            INDEXED BY store_journal_audit
            WHERE audit_entries IS NOT NULL AND audit_sequence > ? ORDER BY audit_sequence
            """
        )
        subjectRows = try Statement(
            connection,
            """
            SELECT sequence FROM store_audit_subject
            WHERE subject = ? AND sequence > ? ORDER BY sequence LIMIT ?
            """
        )
        topicRows = try Statement(
            connection,
            """
            SELECT event_sequence, commit_number FROM store_event_topic
            WHERE topic = ? AND event_sequence > ? ORDER BY event_sequence LIMIT ?
            """
        )
        eventRow = try Statement(
            connection,
            "SELECT events FROM store_journal WHERE commit_number = ?"
        )
    }

    func head() throws(StoreError) -> StoreHead {
        defer { headRow.reset() }
        guard try headRow.step() else { return .empty }
        let hash = [UInt8](headRow.blob(at: 3))
        guard hash.count == StoreHead.empty.auditHash.count else {
            throw .corrupt("\(path): the newest commit's audit hash has \(hash.count) bytes")
        }
        return StoreHead(
            commit: try headRow.sequence(at: 0),
            auditSequence: try headRow.sequence(at: 2),
            auditHash: hash,
            eventSequence: try headRow.sequence(at: 4),
            at: Instant(unixSeconds: headRow.integer(at: 1))
        )
    }

    // MARK: Audit entries

    /// Visits the entries beyond `sequence` as they lie in the journal, until `visit` says false.
    func forEachAuditEntry(
        after sequence: UInt64,
        _ visit: (EncodedAuditEntry) throws(StoreError) -> Bool
    ) throws(StoreError) {
        auditRows.bind(sequence, at: 1)
        defer { auditRows.reset() }
        while try auditRows.step() {
            let commit = auditRows.integer(at: 0)
            do throws(StoreError) {
                var reader = try JournalReader(auditRows.blob(at: 1))
                while let entry = try reader.nextAuditEntry() {
                    if entry.sequence > sequence, !(try visit(entry)) { return }
                }
            } catch { throw located(error, commit) }
        }
    }

    func auditEntries(after sequence: UInt64, limit: Int) throws(StoreError) -> [AuditEntry] {
        guard limit > 0 else { return [] }
        var entries: [AuditEntry] = []
        try forEachAuditEntry(after: sequence) { (entry) throws(StoreError) in
            entries.append(try entry.decoded())
            return entries.count < limit
        }
        return entries
    }

    func auditEntries(
        of subject: String,
        after sequence: UInt64,
        limit: Int
    ) throws(StoreError) -> [AuditEntry] {
        try subjectRows.bind(.text(subject), at: 1)
        subjectRows.bind(sequence, at: 2)
        subjectRows.bind(Int64(max(0, limit)), at: 3)
        defer { subjectRows.reset() }
        var entries: [AuditEntry] = []
        while try subjectRows.step() {
            let sequence = try subjectRows.sequence(at: 0)
            guard sequence > 0, let entry = try auditEntries(after: sequence - 1, limit: 1).first,
                entry.sequence == sequence, entry.draft.subject == subject
            else {
                throw .corrupt("\(path): audit entry \(sequence) of \(subject) isn't in the log")
            }
            entries.append(entry)
        }
        return entries
    }

    // MARK: Events

    func events(
        after sequence: UInt64,
        topics: UInt64,
        limit: Int
    ) throws(StoreError) -> [Event] {
        var events: [Event] = []
        var position = sequence
        while events.count < limit {
            // What lies beyond the horizon may be missing from `commits` for some topic.
            var horizon = UInt64.max
            var commits: [UInt64: Int64] = [:]
            for topic in 0..<63 where topics & (1 << UInt64(topic)) != 0 {
                let last = try addCommits(of: topic, after: position, to: &commits)
                horizon = min(horizon, last)
            }
            for last in commits.keys.sorted() where last <= horizon && events.count < limit {
                guard let commit = commits[last] else { continue }
                try append(
                    commit,
                    after: sequence,
                    topics: topics,
                    limit: limit,
                    to: &events
                )
            }
            if horizon == .max { break }
            position = horizon
        }
        return events
    }

    /// Adds the next commits with events of a topic, by the number of their last event; returns up
    /// to which number all of them are there.
    private func addCommits(
        of topic: Int,
        after sequence: UInt64,
        to commits: inout [UInt64: Int64]
    ) throws(StoreError) -> UInt64 {
        topicRows.bind(Int64(topic), at: 1)
        topicRows.bind(sequence, at: 2)
        topicRows.bind(Int64(Self.commitsAtOnce), at: 3)
        defer { topicRows.reset() }
        var count = 0
        var last: UInt64 = 0
        while try topicRows.step() {
            count += 1
            last = try topicRows.sequence(at: 0)
            commits[last] = topicRows.integer(at: 1)
        }
        return count < Self.commitsAtOnce ? .max : last
    }

    private func append(
        _ commit: Int64,
        after sequence: UInt64,
        topics: UInt64,
        limit: Int,
        to events: inout [Event]
    ) throws(StoreError) {
        eventRow.bind(commit, at: 1)
        defer { eventRow.reset() }
        guard try eventRow.step() else {
            throw .corrupt("\(path): commit \(commit) isn't in the journal")
        }
        do throws(StoreError) {
            var reader = try JournalReader(eventRow.blob(at: 0))
            while events.count < limit,
                let event = try reader.nextEvent(after: sequence, topics: topics)
            {
                events.append(event)
            }
        } catch { throw located(error, commit) }
    }

    /// Says where in the file the damage is.
    private func located(_ error: StoreError, _ commit: Int64) -> StoreError {
        guard case .corrupt(let what) = error else { return error }
        return .corrupt("\(path), commit \(commit): \(what)")
    }
}
