import CivilTime
import Store

/// What an export holds, to be compared with its files.
struct ExportManifest: Equatable, Sendable {
    struct File: Hashable, Sendable {
        let name: String
        var rowCount = 0
        var byteCount = 0
        /// SHA-256.
        var digest: [UInt8] = []
    }

    /// The last commit that is in it.
    let commit: UInt64
    /// When that was made; nil before the first.
    let at: Instant?
    let audit: StoredAuditHead
    /// Whether it tells personal data.
    let isPersonal: Bool
    var files: [File] = []
}
