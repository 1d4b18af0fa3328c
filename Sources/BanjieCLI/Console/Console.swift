import BanjieProtocol
import CivilTime
import Store
import StoreSQLite

/// What a command reads and writes, and what it must be told of the world outside.
package struct Console: Sendable {
    let language: Language
    /// Whether the standard output shows colours.
    let showsColours: Bool
    /// The civil day now, in Asia/Shanghai.
    let today: CivilDate
    /// The value of an environment variable.
    let variable: @Sendable (String) -> String?
    /// A new id for a request: 16 bytes that no other request has.
    let requestID: @Sendable () -> [UInt8]
    /// The next bytes of the standard input; nil at its end.
    let read: @Sendable () throws(FileError) -> [UInt8]?
    /// Whether somebody sits at a terminal and can be asked.
    let asks: Bool
    /// A line that is typed without being shown; the next one of the standard input where nobody can be
    /// asked. Nil at its end.
    let readSecret: @Sendable (String) throws(FileError) -> String?
    /// Takes over the terminal; nil where there is none.
    let openTerminal: @Sendable () -> Terminal?
    /// Writes to the standard output.
    let write: @Sendable ([UInt8]) -> Void
    /// Writes a line to the standard error.
    let writeError: @Sendable (String) -> Void
    /// The bytes of a file.
    let readFile: @Sendable (String) throws(FileError) -> [UInt8]
    /// Makes a folder hold these files and no other of an earlier time.
    let writeSite: @Sendable (String, [SiteFile]) throws(FileError) -> SiteChanges
    /// Makes a new file that only its owner can read.
    let makeSecretFile: @Sendable (String) throws(FileError) -> SecretFile
    /// Walks through the audit log in a store's file; the head, if any, must be found on the way.
    let verifyAudit: @Sendable (String, StoredAuditHead?) throws(StoreError) -> AuditVerdict
    /// Copies a store's file to a new one, and puts such a copy in a store's place.
    let takeBackup: @Sendable (String, String) throws(StoreError) -> BackupManifest
    let restoreBackup: @Sendable (String, String) throws(StoreError) -> BackupManifest
    /// Writes what a store's file says to a new folder.
    let exportStore: @Sendable (ExportOrder) throws(CommandFailure) -> ExportManifest
    /// Opens a channel to a server.
    let connect: @Sendable (ConnectionSettings) throws(CallError) -> any CallChannel

    /// Writes a line to the standard output.
    func writeLine(_ line: String) { write(Array((line + "\n").utf8)) }
}

/// A file that was made, empty, before there is a secret to put into it.
struct SecretFile: Sendable {
    /// Writes the secret.
    let write: @Sendable ([UInt8]) throws(FileError) -> Void
    /// Removes the file, since there is no secret.
    let remove: @Sendable () -> Void
}

/// A file that can't be read or written, and why the system says so.
struct FileError: Error, Hashable {
    let path: String
    let problem: Problem
    let reason: String

    enum Problem: Hashable {
        case reading, writing
    }
}

extension FileError {
    func text(in language: Language) -> String {
        switch problem {
        case .reading:
            language.text("can't read \(path): \(reason)", "不能读取 \(path)：\(reason)")
        case .writing:
            language.text("can't write \(path): \(reason)", "不能写入 \(path)：\(reason)")
        }
    }
}
