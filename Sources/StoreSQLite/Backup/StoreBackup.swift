import CSQLite
import Digest
import Glibc
package import Store

/// Copies of a store's file: taken while a server writes it, checked, and put in the place of a lost one.
package enum StoreBackup {
    /// How many pages are copied at a time.
    private static let pagesAtOnce: Int32 = 1024

    /// Where the manifest of a backup lies.
    package static func manifestPath(of file: String) -> String { file + ".manifest" }

    // MARK: - Taking one

    /// Copies the store at `path` as of one commit into `file`, and checks the copy. A running server isn't
    /// held up: what it commits meanwhile stays in the write-ahead log.
    ///
    /// The manifest is written last, so that a copy that was cut off has none.
    ///
    /// - Throws: `failed` when there is something at `file` already; `schema` when the store is none;
    ///   `corrupt` when the copy doesn't hold what it should.
    package static func take(of path: String, into file: String) throws(StoreError)
        -> BackupManifest
    {
        try requireNothing(at: file)
        try requireNothing(at: manifestPath(of: file))
        let partial = file + ".partial"
        unlink(partial)
        do throws(StoreError) {
            try copy(path, to: partial)
            let manifest = try check(partial)
            try putInPlace(partial, as: file)
            try write(manifest.text, to: manifestPath(of: file))
            return manifest
        } catch {
            unlink(partial)
            throw error
        }
    }

    private static func copy(_ path: String, to copy: String) throws(StoreError) {
        let source = try openStore(path)
        // From here on the source shows one commit, whatever is written.
        try source.execute("BEGIN")
        _ = try source.integer("SELECT count(*) FROM store_schema")
        let descriptor = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemError(copy) }
        close(descriptor)
        let target = try Connection(path: copy, access: .readWrite)
        guard let backup = sqlite3_backup_init(target.handle, "main", source.handle, "main") else {
            try target.check(sqlite3_errcode(target.handle), doing: "beginning a backup")
            throw .failed("\(copy): the backup doesn't begin")
        }
        var code = SQLITE_OK
        while code == SQLITE_OK { code = sqlite3_backup_step(backup, pagesAtOnce) }
        let finished = sqlite3_backup_finish(backup)
        if code != SQLITE_DONE { try target.check(code, doing: "copying \(path)") }
        try target.check(finished, doing: "copying \(path)")
        // A single file, whose header doesn't ask for a log beside it.
        try target.execute("PRAGMA journal_mode = DELETE")
    }

    /// A connection that reads a store's file.
    static func openStore(_ path: String) throws(StoreError) -> Connection {
        let connection = try Connection(path: path, access: .readOnly)
        guard try connection.integer("PRAGMA application_id") == SchemaUpgrade.applicationID else {
            throw .schema("\(path) is no store of Banjie: name the file given to the server")
        }
        return connection
    }

    /// Reads a copy whole: its pages, its audit chain, and what a manifest says of it.
    private static func check(_ file: String) throws(StoreError) -> BackupManifest {
        let connection = try openStore(file)
        let verdict = try Statement(connection, "PRAGMA integrity_check(1)")
        guard try verdict.step(), try verdict.text(at: 0) == "ok" else {
            throw .corrupt("\(file): SQLite finds it damaged")
        }
        verdict.reset()
        guard case .intact(let audit) = try AuditVerification.verify(path: file) else {
            throw .corrupt("\(file): its audit log isn't intact; see banjie audit verify")
        }
        var keys: [Int64] = []
        let numbers = try Statement(connection, "SELECT key_number FROM store_key ORDER BY 1")
        while try numbers.step() { keys.append(numbers.integer(at: 0)) }
        numbers.reset()
        let (digest, byteCount) = try digest(of: file)
        return BackupManifest(
            digest: digest,
            byteCount: byteCount,
            schema: try connection.integer("PRAGMA user_version") ?? 0,
            commit: UInt64(
                clamping: try connection.integer("SELECT max(commit_number) FROM store_journal")
                    ?? 0
            ),
            audit: audit,
            keys: keys
        )
    }

    // MARK: - Putting one in place

    /// Puts a backup in the place of the store of a folder that has none.
    ///
    /// - Throws: `busy` while a server runs there; `failed` when there is a store; `corrupt` when the file
    ///   isn't what its manifest says; `schema` for one that a newer program made.
    package static func restore(
        _ file: String,
        as path: String
    ) throws(StoreError) -> BackupManifest {
        guard let manifest = BackupManifest(try text(of: manifestPath(of: file))) else {
            throw .corrupt("\(manifestPath(of: file)) is no manifest of a backup")
        }
        guard manifest.schema <= Int64(SchemaStep.all.count) else {
            throw .schema("\(file) was made by a newer program: restore it with that one")
        }
        let lock = HeldLock(try LockFile(besides: path))
        defer { withExtendedLifetime(lock) {} }
        for place in [path, path + "-wal", path + "-shm"] { try requireNothing(at: place) }
        let partial = path + ".partial"
        unlink(partial)
        do throws(StoreError) {
            let (digest, byteCount) = try digest(of: file, copyingTo: partial)
            guard digest == manifest.digest, byteCount == manifest.byteCount else {
                throw .corrupt("\(file) isn't what its manifest says: it was cut off or changed")
            }
            guard try check(partial).audit == manifest.audit else {
                throw .corrupt("\(file) ends with another audit entry than its manifest says")
            }
            try putInPlace(partial, as: path)
            return manifest
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// Keeps every server away as long as it lives.
    private final class HeldLock {
        private let file: LockFile
        init(_ file: consuming LockFile) { self.file = file }
    }

    // MARK: - Files

    private static func systemError(_ path: String) -> StoreError {
        let code = errno
        let reason = "\(path): \(String(cString: strerror(code)))"
        return [ENOSPC, EROFS, EACCES, EDQUOT].contains(code)
            ? .notWritable(reason) : .failed(reason)
    }

    private static func requireNothing(at path: String) throws(StoreError) {
        if access(path, F_OK) == 0 {
            throw .failed("\(path) is there already: name another place, or move it away")
        }
    }

    /// The digest of a file and its length, and the file copied on the way.
    private static func digest(
        of file: String,
        copyingTo copy: String? = nil
    ) throws(StoreError) -> ([UInt8], Int64) {
        let source = open(file, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw systemError(file) }
        defer { close(source) }
        var target: Int32 = -1
        if let copy {
            target = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard target >= 0 else { throw systemError(copy) }
        }
        defer { if target >= 0 { close(target) } }
        var stream = SHA256Stream()
        var byteCount: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw systemError(file) }
            if count == 0 { break }
            buffer.withUnsafeBytes { stream.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if let copy { try write(buffer[..<count], to: target, copy) }
            byteCount += Int64(count)
        }
        return (stream.finish(), byteCount)
    }

    private static func write(
        _ bytes: ArraySlice<UInt8>,
        to descriptor: Int32,
        _ path: String
    ) throws(StoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw systemError(path) }
            rest = rest.dropFirst(count)
        }
    }

    private static func text(of path: String) throws(StoreError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError(path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw systemError(path) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    private static func write(_ text: String, to path: String) throws(StoreError) {
        let partial = path + ".partial"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemError(partial) }
        defer { close(descriptor) }
        try write(Array(text.utf8)[...], to: descriptor, partial)
        try putInPlace(partial, as: path)
    }

    /// Gives a file its name once it lies on the disk whole.
    private static func putInPlace(_ partial: String, as path: String) throws(StoreError) {
        try sync(partial)
        guard rename(partial, path) == 0 else { throw systemError(path) }
        let end = path.lastIndex(of: "/")
        try sync(end.map { String(path[..<$0]) + "/" } ?? ".")
    }

    private static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemError(path) }
    }
}
