package import Store

/// Checks the audit log of a store's file without opening the store.
package enum AuditVerification {
    /// Walks through the journal and recomputes the chain; a running server isn't disturbed.
    ///
    /// - Parameter expectedHead: A head that was printed before: without one, a tail that was cut
    ///   off or a log that was written anew as a whole can't be told from an intact one.
    /// - Throws: `StoreError` when there is no such file, or it is no store.
    /// - Complexity: reads the whole journal once; keeps one commit's entries in memory.
    package static func verify(
        path: String,
        expectedHead: AuditHead? = nil
    ) throws(StoreError) -> AuditVerdict {
        let connection = try StoreBackup.openStore(path)
        var verifier = AuditVerifier(expecting: expectedHead)
        // By commits, not by the index of audit numbers: a hand that moves rows leaves that right.
        let commits = try Statement(
            connection,
            """
            SELECT audit_entries, audit_sequence, audit_hash FROM store_journal
            ORDER BY commit_number
            """
        )
        defer { commits.reset() }
        do throws(StoreError) {
            while try commits.step() {
                if !commits.isNull(at: 0) {
                    var reader = try JournalReader(commits.blob(at: 0))
                    while let entry = try reader.nextAuditEntry() {
                        if let damage = verifier.check(entry) { return .broken(damage) }
                    }
                }
                if let damage = damage(in: verifier.head, after: commits) {
                    return .broken(damage)
                }
            }
        } catch .corrupt(let reason) {
            return .broken(.unreadable(after: verifier.head.sequence, reason: reason))
        }
        return verifier.finish()
    }

    /// Compares the log so far with what the commit says of itself, which the next commit builds on.
    private static func damage(in head: AuditHead, after commit: Statement) -> AuditDamage? {
        guard let sequence = UInt64(exactly: commit.integer(at: 1)) else {
            return .changed(sequence: head.sequence)
        }
        if sequence > head.sequence { return .missing(sequence: head.sequence + 1) }
        if sequence < head.sequence || !commit.blob(at: 2).elementsEqual(head.hash) {
            return .changed(sequence: head.sequence)
        }
        return nil
    }
}
