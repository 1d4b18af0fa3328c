import CSQLite
import Foundation
import Store
import StoreSQLite

/// Checks of a store's files while no server runs on them.
enum StoreFiles {
    struct Damage: Error, CustomStringConvertible {
        let description: String
    }

    /// Where an audit log ends.
    struct LogEnd: Equatable {
        let sequence: UInt64
        let hash: [UInt8]
    }

    /// Checks that the file is sound and that its audit log is whole and went through `end`; returns
    /// where the log ends now.
    ///
    /// Works on a copy: opening the store would recover its write-ahead log, which is the next
    /// server's to do.
    static func check(_ store: URL, after end: LogEnd?) throws -> LogEnd {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "banjie-check-\(UUID().uuidString)")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        let copy = folder.appending(path: "copy.sqlite")
        for suffix in ["", "-wal"] where files.fileExists(atPath: store.path + suffix) {
            try files.copyItem(atPath: store.path + suffix, toPath: copy.path + suffix)
        }
        try checkIntegrity(copy.path)
        let expected = end.map { AuditHead(sequence: $0.sequence, hash: $0.hash) }
        switch try AuditVerification.verify(path: copy.path, expectedHead: expected) {
        case .intact(let head): return LogEnd(sequence: head.sequence, hash: head.hash)
        case .broken(let damage): throw Damage(description: "\(damage)")
        }
    }

    private static func checkIntegrity(_ path: String) throws {
        var database: OpaquePointer?
        defer { sqlite3_close_v2(database) }
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw Damage(description: "\(path) can't be opened")
        }
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        let sql = "PRAGMA integrity_check(10)"
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else {
            throw Damage(description: "\(path): \(String(cString: sqlite3_errmsg(database)))")
        }
        var lines: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            lines.append(sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? "")
        }
        guard lines == ["ok"] else {
            throw Damage(description: "\(path): \(lines.joined(separator: "; "))")
        }
    }
}
