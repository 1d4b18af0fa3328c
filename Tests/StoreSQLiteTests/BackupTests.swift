import CivilTime
import Foundation
import Store
import StoreSamples
import Synchronization
import Testing

@testable import StoreSQLite

@Suite struct BackupTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var file: String { folder.store + ".backup" }
    private var other: String { folder.store + ".other" }

    private static func open(_ path: String) throws -> SQLiteStore {
        try SQLiteStore(path: path, tables: [Badge.table])
    }

    /// Commits a row and an audit entry for each number.
    private static func write(_ numbers: ClosedRange<Int64>, to store: SQLiteStore) throws {
        let unit = try UnitOfWork(store: store)
        for number in numbers {
            unit.beginCommand()
            unit.save(Badge("badge \(number)", "holder \(number)"))
            unit.audit(
                AuditDraft(
                    at: .init(unixSeconds: 1_772_409_600 + number),
                    actor: "clerk",
                    kind: "ROW_WRITTEN",
                    subject: "row/\(number)",
                    detail: ""
                )
            )
            unit.acceptCommand(reply: nil)
            _ = try unit.commit(at: .init(unixSeconds: 1_772_409_600 + number))
        }
    }

    @Test func whatWasThereComesBack() throws {
        let store = try Self.open(folder.store)
        try Self.write(1...300, to: store)
        let manifest = try StoreBackup.take(of: folder.store, into: file)
        #expect(manifest.commit == 300)
        #expect(manifest.audit == (try store.head().audit))
        #expect(BackupManifest(manifest.text) == manifest)
        try Self.write(301...310, to: store)
        #expect(try StoreBackup.restore(file, as: other) == manifest)
        let restored = try Self.open(other)
        #expect(try restored.count(Badge.self) == 300)
        #expect(try restored.head().audit == manifest.audit)
        try Self.write(301...302, to: restored)
        #expect(try AuditVerifier.verify(restored) == .intact(try restored.head().audit))
    }

    /// Each copy holds one commit, whole, and everything that was committed before it began.
    @Test func copiesAreOfOneCommitWhileOthersWrite() throws {
        let path = folder.store
        try Self.write(1...50, to: try Self.open(path))
        let isOver = Mutex(false)
        let written = Mutex<Int64>(50)
        let writing = DispatchGroup()
        writing.enter()
        Thread.detachNewThread {
            do {
                let store = try Self.open(path)
                while !isOver.withLock({ $0 }) {
                    let number = written.withLock { $0 } + 1
                    try Self.write(number...number, to: store)
                    written.withLock { $0 = number }
                }
            } catch {
                Issue.record(error)
            }
            writing.leave()
        }
        for round in 0..<10 {
            let before = written.withLock { $0 }
            let manifest = try StoreBackup.take(of: folder.store, into: "\(file)-\(round)")
            let place = "\(other)-\(round)"
            _ = try StoreBackup.restore("\(file)-\(round)", as: place)
            let count = try Self.open(place).count(Badge.self)
            #expect(count >= before && UInt64(count) == manifest.commit)
        }
        isOver.withLock { $0 = true }
        writing.wait()
    }

    @Test func nothingIsOverwritten() throws {
        let store = try Self.open(folder.store)
        try Self.write(1...3, to: store)
        _ = try StoreBackup.take(of: folder.store, into: file)
        #expect(throws: StoreError.self) {
            try StoreBackup.take(of: folder.store, into: file)
        }
        // A server holds the place; then there is a store.
        expectRefusal(of: folder.store) { if case .busy = $0 { true } else { false } }
        let place = other
        _ = try StoreBackup.restore(file, as: place)
        expectRefusal(of: place) { if case .failed = $0 { true } else { false } }
    }

    private func expectRefusal(of place: String, _ isRight: (StoreError) -> Bool) {
        do throws(StoreError) {
            _ = try StoreBackup.restore(file, as: place)
            Issue.record("restored over \(place)")
        } catch {
            #expect(isRight(error), "\(error)")
        }
    }

    /// However a copy was changed or cut off, it isn't put in place, and nothing stays behind.
    @Test func whatIsNotWholeIsRefused() throws {
        let store = try Self.open(folder.store)
        try Self.write(1...100, to: store)
        _ = try StoreBackup.take(of: folder.store, into: file)
        let whole = try Data(contentsOf: URL(filePath: file))
        var changed = whole
        changed[whole.count / 2] ^= 1
        let manifest = StoreBackup.manifestPath(of: file)
        let text = try String(contentsOfFile: manifest, encoding: .utf8)
        for bytes in [whole.dropLast(1), whole.prefix(4096), Data(), changed, whole + [0]] {
            try bytes.write(to: URL(filePath: file))
            expectRefusal(of: other) { if case .corrupt = $0 { true } else { false } }
        }
        try whole.write(to: URL(filePath: file))
        for wrong in [
            "", "banjie backup 2\n", text.replacing("sha256 ", with: "sha256 00"),
            String(text.dropLast(20)), text.replacing("commit", with: "commits"),
            text.replacing("audit 100:", with: "audit 99:"),
        ] {
            try Data(wrong.utf8).write(to: URL(filePath: manifest))
            expectRefusal(of: other) { if case .corrupt = $0 { true } else { false } }
        }
        try FileManager.default.removeItem(atPath: manifest)
        #expect(throws: StoreError.self) { try StoreBackup.restore(file, as: other) }
        #expect(!FileManager.default.fileExists(atPath: other))
        #expect(!FileManager.default.fileExists(atPath: other + ".partial"))
    }

    @Test func aNewerOneIsLeftToItsProgram() throws {
        let store = try Self.open(folder.store)
        try Self.write(1...3, to: store)
        _ = try StoreBackup.take(of: folder.store, into: file)
        let manifest = URL(filePath: StoreBackup.manifestPath(of: file))
        let text = try String(contentsOf: manifest, encoding: .utf8)
        try Data(text.replacing("schema \(SchemaStep.all.count)", with: "schema 999").utf8)
            .write(to: manifest)
        expectRefusal(of: other) { if case .schema = $0 { true } else { false } }
    }

    @Test func whatIsNoStoreIsNotCopied() throws {
        try Connection.execute("CREATE TABLE t (x)", at: other)
        #expect(throws: StoreError.self) { try StoreBackup.take(of: other, into: file) }
        #expect(throws: StoreError.self) {
            try StoreBackup.take(of: folder.store + ".none", into: file)
        }
        #expect(!FileManager.default.fileExists(atPath: file))
    }
}
