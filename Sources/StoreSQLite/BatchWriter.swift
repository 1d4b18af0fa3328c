import CivilTime
import Sealing
import Store

/// The statements that write a batch, within the caller's transaction.
final class BatchWriter {
    private let connection: Connection
    private var tables: [String: TableWrites] = [:]
    private let insertCommit: Statement
    private let insertTopic: Statement
    private let insertSubject: Statement
    private var subject = Row()

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
        insertCommit = try Statement(
            connection,
            "INSERT INTO store_journal VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        insertTopic = try Statement(
            connection,
            "INSERT INTO store_event_topic VALUES (?, ?, ?)"
        )
        insertSubject = try Statement(
            connection,
            "INSERT INTO store_audit_subject VALUES (?, ?)"
        )
    }

    /// - Parameter ring: What personal columns are sealed by.
    func write(_ batch: borrowing CommitBatch, by ring: KeyRing?) throws(StoreError) {
        for changes in batch.tables {
            let writes = try writes(changes.table)
            try changes.forEachChange { (change, row) throws(StoreError) in
                try writes.apply(change, row, by: ring)
            }
        }
        try writeJournal(batch)
        try writeTopics(batch)
        try writeSubjects(batch)
    }

    private func writes(_ table: Table) throws(StoreError) -> TableWrites {
        if let writes = tables[table.name] { return writes }
        let writes = try TableWrites(connection, table)
        tables[table.name] = writes
        return writes
    }

    private func writeJournal(_ batch: borrowing CommitBatch) throws(StoreError) {
        let head = batch.head
        insertCommit.bind(head.commit, at: 1)
        insertCommit.bind(batch.at.unixSeconds, at: 2)
        insertCommit.bind(head.auditSequence, at: 3)
        insertCommit.bind(head.eventSequence, at: 5)
        let audit = batch.auditEntries.bytes
        let events = batch.events.bytes
        try head.auditHash.withUnsafeBufferPointer { (hash) throws(StoreError) in
            try audit.withUnsafeBufferPointer { (audit) throws(StoreError) in
                try events.withUnsafeBufferPointer { (events) throws(StoreError) in
                    try insertCommit.bind(blob: UnsafeRawBufferPointer(hash), at: 4)
                    try bindSection(UnsafeRawBufferPointer(audit), at: 6)
                    try bindSection(UnsafeRawBufferPointer(events), at: 7)
                    try insertCommit.run()
                }
            }
        }
    }

    /// Without entries there is no section.
    private func bindSection(_ bytes: UnsafeRawBufferPointer, at place: Int32) throws(StoreError) {
        if bytes.isEmpty {
            insertCommit.bindNull(at: place)
        } else {
            try insertCommit.bind(blob: bytes, at: place)
        }
    }

    private func writeTopics(_ batch: borrowing CommitBatch) throws(StoreError) {
        for topic in 0..<63 where batch.topics & (1 << UInt64(topic)) != 0 {
            insertTopic.bind(Int64(topic), at: 1)
            insertTopic.bind(batch.head.eventSequence, at: 2)
            insertTopic.bind(batch.head.commit, at: 3)
            try insertTopic.run()
        }
    }

    private func writeSubjects(_ batch: borrowing CommitBatch) throws(StoreError) {
        for entry in batch.auditSubjects {
            subject.removeAll()
            subject.append(text: entry.subject)
            subject.append(Int64(clamping: entry.sequence))
            try insertSubject.run(with: subject)
        }
    }
}

/// The statements that write one table.
private final class TableWrites {
    private static let preparedUpdatesMax = 64

    private let connection: Connection
    private let layout: SealedLayout
    /// As it lies in the file.
    private let table: Table
    private let insert: Statement
    private let upsert: Statement
    private let delete: Statement
    private var updates: [UInt64: Statement] = [:]

    init(_ connection: Connection, _ table: Table) throws(StoreError) {
        self.connection = connection
        layout = SealedLayout(table)
        let table = layout.stored
        self.table = table
        insert = try Statement(connection, SQL.insert(table))
        upsert = try Statement(connection, SQL.upsert(table))
        delete = try Statement(connection, SQL.delete(table))
    }

    func apply(
        _ change: RowChange,
        _ row: borrowing Row,
        by ring: KeyRing?
    ) throws(StoreError) {
        guard layout.isSealed, change != .delete else { return try apply(change, row) }
        guard let ring else { throw .keyless(table) }
        switch change {
        case .update(let columns):
            try apply(
                .update(columns: layout.storedColumns(columns)),
                layout.seal(row, columns: columns, by: ring)
            )
        case .insert, .upsert, .delete:
            try apply(change, layout.seal(row, by: ring))
        }
    }

    private func apply(_ change: RowChange, _ row: borrowing Row) throws(StoreError) {
        switch change {
        case .insert: try insert.run(with: row)
        case .upsert: try upsert.run(with: row)
        case .delete: try delete.run(with: row)
        case .update(let columns):
            let cells = row.cells
            try row.bytes.withUnsafeBufferPointer { (bytes) throws(StoreError) in
                try runUpdate(columns, cells, UnsafeRawBufferPointer(bytes))
            }
        }
    }

    private func runUpdate(
        _ columns: UInt64,
        _ cells: [Row.Cell],
        _ bytes: UnsafeRawBufferPointer
    ) throws(StoreError) {
        let statement = try update(columns)
        var place: Int32 = 0
        for column in table.columns.indices where columns & (1 << UInt64(column)) != 0 {
            place += 1
            try statement.bind(cells[table.key.count + column], in: bytes, at: place)
        }
        for cell in cells.prefix(table.key.count) {
            place += 1
            try statement.bind(cell, in: bytes, at: place)
        }
        try statement.run()
    }

    /// The update of just these columns, so that indexes on the others aren't touched.
    private func update(_ columns: UInt64) throws(StoreError) -> Statement {
        if let statement = updates[columns] { return statement }
        if updates.count >= Self.preparedUpdatesMax { updates.removeAll() }
        let statement = try Statement(connection, SQL.update(table, columns: columns))
        updates[columns] = statement
        return statement
    }
}
