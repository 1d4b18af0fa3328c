import CivilTime
import Digest
import Glibc
import Office
import Sealing
import Store
import StoreSQLite

/// What is to be exported, and to where.
struct ExportOrder: Hashable, Sendable {
    /// The store's file.
    let store: String
    /// The folder to be made.
    let folder: String
    /// The key file; nil to leave personal data out.
    let keys: String?
    let format: ExportFormat
}

/// A new folder with a file for each table, one for the audit log, and a manifest. What people sign in with is
/// left out: it tells nothing, and lets whoever has it guess.
struct ExportFolder {
    private let order: ExportOrder

    /// Makes the folder, for its owner's eyes alone. The manifest is written last, so that an export that was
    /// cut off has none.
    static func make(_ order: ExportOrder) throws(CommandFailure) -> ExportManifest {
        do {
            return try ExportFolder(order: order).make()
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as FileError {
            throw .file(error)
        } catch let error as KeyFileError {
            throw .store(.failed("\(error)"))
        } catch {
            throw .store(.failed("\(error)"))
        }
    }

    private func make() throws -> ExportManifest {
        let keys = try order.keys.map { path in try KeyFile.read(path) }
        let export = try StoreExport(path: order.store, tables: OfficeTables.all, keys: keys)
        guard mkdir(order.folder, 0o700) == 0 else {
            throw FileError(order.folder, .writing, errno)
        }
        var manifest = ExportManifest(
            commit: export.head.commit,
            at: export.head.at,
            audit: StoredAuditHead(
                sequence: export.head.auditSequence,
                hash: export.head.auditHash
            ),
            isPersonal: keys != nil
        )
        for table in OfficeTables.all where table != CredentialRecord.table {
            let file = try file(table.name, export.columns(of: table)) { write in
                do {
                    try export.forEachRow(of: table, write)
                } catch StoreError.corrupt(let reason) {
                    throw StoreError.corrupt("table \(table.name), \(reason)")
                }
            }
            manifest.files.append(file)
        }
        let audit = try file("audit", Self.auditColumns) { write in
            try export.forEachAuditEntry { try write($0.values) }
        }
        manifest.files.append(audit)
        var file = try ExportFile("\(order.folder)/manifest.json")
        try file.write(manifest.json.serialized + "\n")
        _ = try file.finish()
        return manifest
    }

    /// Writes one file of rows.
    private func file(
        _ name: String,
        _ columns: [StoredColumn],
        _ rows: (_ write: ([Value]) throws -> Void) throws -> Void
    ) throws -> ExportManifest.File {
        var entry = ExportManifest.File(name: "\(name).\(order.format.rawValue)")
        var file = try ExportFile("\(order.folder)/\(entry.name)")
        try file.write(order.format.head(columns.map(\.name)))
        try rows { values in
            try file.write(order.format.row(try JSON.members(columns, values)))
            entry.rowCount += 1
        }
        (entry.byteCount, entry.digest) = try file.finish()
        return entry
    }

    private static let auditColumns = [
        StoredColumn("sequence", .integer), StoredColumn("at", .instant),
        StoredColumn("actor", .text), StoredColumn("kind", .text), StoredColumn("subject", .text),
        StoredColumn("detail", .text), StoredColumn("trace", .digest, optional: true),
        StoredColumn("hash", .digest),
    ]
}

extension AuditEntry {
    /// In the order of the audit file's columns.
    fileprivate var values: [Value] {
        [
            .integer(Int64(clamping: sequence)), .integer(draft.at.unixSeconds),
            .text(draft.actor), .text(draft.kind), .text(draft.subject), .text(draft.detail),
            draft.trace.map { .blob($0.bytes) } ?? .null, .blob(hash),
        ]
    }
}

extension ExportManifest {
    var json: JSON {
        .object([
            .init(key: "commit", value: .number("\(commit)")),
            .init(key: "at", value: at.map { .string("\($0)") } ?? .null),
            .init(key: "audit", value: .string("\(audit)")),
            .init(key: "personal", value: .boolean(isPersonal)),
            .init(key: "files", value: .array(files.map(\.json))),
        ])
    }
}

extension ExportManifest.File {
    fileprivate var json: JSON {
        .object([
            .init(key: "name", value: .string(name)),
            .init(key: "rows", value: .number("\(rowCount)")),
            .init(key: "bytes", value: .number("\(byteCount)")),
            .init(key: "sha256", value: .string(Hexadecimal.text(of: digest))),
        ])
    }
}

/// A new file that only its owner can read, written a piece at a time.
private struct ExportFile: ~Copyable {
    private static let pieceByteCount = 1 << 18

    private let path: String
    private let descriptor: Int32
    private var gathered: [UInt8] = []
    private var byteCount = 0
    private var stream = SHA256Stream()

    init(_ path: String) throws(FileError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path, .writing, errno) }
    }

    deinit { close(descriptor) }

    mutating func write(_ text: String) throws(FileError) {
        gathered.append(contentsOf: text.utf8)
        if gathered.count >= Self.pieceByteCount { try flush() }
    }

    private mutating func flush() throws(FileError) {
        stream.update(gathered)
        byteCount += gathered.count
        if let problem = Console.write(gathered, to: descriptor) {
            throw FileError(path, .writing, problem)
        }
        gathered.removeAll(keepingCapacity: true)
    }

    /// Has everything on the disk; returns how many bytes it is, and their digest.
    mutating func finish() throws(FileError) -> (Int, [UInt8]) {
        try flush()
        guard fsync(descriptor) == 0 else { throw FileError(path, .writing, errno) }
        return (byteCount, stream.finish())
    }
}
