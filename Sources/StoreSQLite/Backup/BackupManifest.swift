package import Store
import Digest

/// What stands beside a backup: without it, or with another one's, a file is no backup.
package struct BackupManifest: Equatable, Sendable {
    /// SHA-256 of the file.
    package let digest: [UInt8]
    package let byteCount: Int64
    /// The version of the file's form.
    package let schema: Int64
    /// The last commit that it holds.
    package let commit: UInt64
    /// The end of its audit chain.
    package let audit: AuditHead
    /// The numbers of the keys without which its sealed values can't be read. The keys aren't in it.
    package let keys: [Int64]

    private static let title = "banjie backup 1"

    /// As lines of a name and a value.
    package var text: String {
        """
        \(Self.title)
        sha256 \(Hexadecimal.text(of: digest))
        bytes \(byteCount)
        schema \(schema)
        commit \(commit)
        audit \(audit)
        keys \(keys.map(String.init).joined(separator: " "))

        """
    }

    package init(
        digest: [UInt8],
        byteCount: Int64,
        schema: Int64,
        commit: UInt64,
        audit: AuditHead,
        keys: [Int64]
    ) {
        self.digest = digest
        self.byteCount = byteCount
        self.schema = schema
        self.commit = commit
        self.audit = audit
        self.keys = keys
    }

    /// Nil for what is no manifest of this form.
    package init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.first == Self.title else { return nil }
        var values: [String: Substring] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", maxSplits: 1)
            if let name = parts.first { values[String(name)] = parts.count == 2 ? parts[1] : "" }
        }
        guard let digest = values["sha256"].flatMap({ Hexadecimal.bytes(of: String($0)) }),
            digest.count == SHA256.byteCount,
            let byteCount = values["bytes"].flatMap({ Int64($0) }), byteCount > 0,
            let schema = values["schema"].flatMap({ Int64($0) }),
            let commit = values["commit"].flatMap({ UInt64($0) }),
            let audit = values["audit"].flatMap({ AuditHead(String($0)) }),
            let keys = values["keys"]
        else { return nil }
        let numbers = keys.split(separator: " ").map { Int64($0) }
        guard !numbers.contains(nil) else { return nil }
        self.init(
            digest: digest,
            byteCount: byteCount,
            schema: schema,
            commit: commit,
            audit: audit,
            keys: numbers.compactMap(\.self)
        )
    }
}
