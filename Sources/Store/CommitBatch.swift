package import CivilTime

/// How one row changes.
package enum RowChange: Hashable, Sendable {
    /// The store has no row of this key.
    case insert
    /// The store has a row of this key, and these columns of it differ: bit n stands for
    /// `Table.columns[n]`.
    case update(columns: UInt64)
    /// Whether the store has a row of this key isn't known.
    case upsert
    /// The row holds the key alone. The store may have no such row.
    case delete
}

/// The changed rows of one table.
///
/// It holds a function rather than being a protocol, because that is bound where the record's type is
/// known.
package struct TableChanges: Sendable {
    package typealias Visitor = (RowChange, borrowing Row) throws(StoreError) -> Void

    package let table: Table
    private let visitChanges: @Sendable (Visitor) throws(StoreError) -> Void

    init(_ table: Table, _ visitChanges: @escaping @Sendable (Visitor) throws(StoreError) -> Void) {
        self.table = table
        self.visitChanges = visitChanges
    }

    /// Visits the changes: first what is deleted, then the rest, each in the order of the keys. A
    /// unique value moves from one row to another by a deletion and an insertion, so that applying
    /// the changes one by one never meets it twice.
    ///
    /// The row holds the key's columns, then the table's; it is valid during the visit.
    package func forEachChange(_ visit: Visitor) throws(StoreError) { try visitChanges(visit) }
}

/// What one transaction makes durable. `BatchCommitter` builds it; a store writes it.
package struct CommitBatch: ~Copyable {
    /// Where an audit entry's subject is to be found.
    package struct AuditSubject: Sendable {
        package let subject: String
        package let sequence: UInt64
    }

    /// How far the store has come with this batch; its commit number is one more than before.
    package let head: StoreHead
    package let at: Instant
    package let tables: [TableChanges]
    /// The sealed sections, empty when the batch has no such entries.
    package let auditEntries: JournalSection
    package let events: JournalSection
    package let replies: JournalSection
    /// In the order of the log.
    package let auditSubjects: [AuditSubject]
    /// A bit for every topic of `events`.
    package let topics: UInt64
    /// Whose replies they are, in the same order.
    package let requests: [RequestKey]
}

/// What a batch became.
package struct CommitSummary: Equatable, Sendable {
    /// How far the store has come: the commit's number, the audit chain's head.
    package let head: StoreHead
    /// A bit for every topic of the batch's events.
    package let topics: UInt64
}
