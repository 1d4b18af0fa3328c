import Store
import StoreSamples
import Testing

@testable import StoreSQLite

/// What hands do to the file, and what verification finds.
@Suite struct AuditVerificationTests {
    private let folder: TemporaryFolder
    private let head: AuditHead
    private var path: String { folder.store }

    /// Five commits of three entries each, with one without any between them.
    init() throws {
        folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.store, tables: Samples.tables)
        let unit = try UnitOfWork(store: store)
        for commit in 1...6 {
            if commit != 4 {
                try unit.accept { unit in
                    for number in 1...3 { unit.audit(.sample("case/\(commit)", "\(number)")) }
                }
            }
            _ = try unit.commit(at: noon)
        }
        head = try store.head().audit
    }

    private func verdict(after sql: String) throws -> AuditVerdict {
        try Connection.execute(sql, at: path)
        return try AuditVerification.verify(path: path, expectedHead: head)
    }

    @Test func anIntactLog() throws {
        #expect(head.sequence == 15)
        #expect(try AuditVerification.verify(path: path) == .intact(head))
        let store = try SQLiteStore(path: path, tables: Samples.tables)
        #expect(try AuditVerification.verify(path: path, expectedHead: head) == .intact(head))
        #expect(try AuditVerifier.verify(store, expecting: head) == .intact(head))
    }

    @Test func aChangedByte() throws {
        let connection = try Connection(path: path, access: .readWrite)
        let read = try Statement(
            connection,
            "SELECT audit_entries FROM store_journal WHERE commit_number = 3"
        )
        #expect(try read.step())
        var bytes = [UInt8](read.blob(at: 0))
        read.reset()
        bytes[40] ^= 1
        let write = try Statement(
            connection,
            "UPDATE store_journal SET audit_entries = ? WHERE commit_number = 3"
        )
        try write.bind(.blob(bytes), at: 1)
        try write.run()
        guard
            case .broken(.unreadable(after: 6, _)) = try AuditVerification.verify(path: path)
        else {
            Issue.record("the changed byte wasn't found")
            return
        }
        let store = try SQLiteStore(path: path, tables: Samples.tables)
        #expect(throws: StoreError.self) { try store.auditEntries(after: 0, limit: 99) }
        #expect(try store.auditEntries(after: 9, limit: 99).count == 6)
    }

    @Test func aMissingCommit() throws {
        let verdict = try verdict(after: "DELETE FROM store_journal WHERE commit_number = 3")
        #expect(verdict == .broken(.missing(sequence: 7)))
    }

    @Test func missingEntries() throws {
        let verdict = try verdict(
            after: "UPDATE store_journal SET audit_entries = NULL WHERE commit_number = 2"
        )
        #expect(verdict == .broken(.missing(sequence: 4)))
    }

    @Test func reorderedCommits() throws {
        let verdict = try verdict(
            after: """
                UPDATE store_journal SET commit_number = 100 WHERE commit_number = 2;
                UPDATE store_journal SET commit_number = 2 WHERE commit_number = 5;
                UPDATE store_journal SET commit_number = 5 WHERE commit_number = 100
                """
        )
        #expect(verdict == .broken(.missing(sequence: 4)))
    }

    @Test func aRepeatedCommit() throws {
        let verdict = try verdict(
            after: """
                DROP INDEX store_journal_audit;
                UPDATE store_journal SET audit_entries =
                  (SELECT audit_entries FROM store_journal WHERE commit_number = 2)
                WHERE commit_number = 5
                """
        )
        #expect(verdict == .broken(.reordered(sequence: 4, expected: 10)))
    }

    @Test func aCutTail() throws {
        let cut = try verdict(after: "DELETE FROM store_journal WHERE commit_number > 4")
        #expect(cut == .broken(.cut(after: 9, expected: 15)))
        // Without the head that was printed before, it can't be told.
        guard case .intact(let shorter) = try AuditVerification.verify(path: path) else {
            Issue.record("a log without its tail is intact in itself")
            return
        }
        #expect(shorter.sequence == 9)
    }

    @Test func aForgedHead() throws {
        let verdict = try verdict(
            after: "UPDATE store_journal SET audit_hash = zeroblob(32) WHERE commit_number = 4"
        )
        #expect(verdict == .broken(.changed(sequence: 9)))
    }

    @Test func noStore() throws {
        let other = folder.store + "-other"
        #expect(throws: StoreError.self) { try AuditVerification.verify(path: other) }
        try Connection.execute("CREATE TABLE t (a)", at: other)
        #expect(throws: StoreError.self) { try AuditVerification.verify(path: other) }
    }
}
