import CFaultVFS
import Foundation
import Store
import StoreSamples

@testable import StoreSQLite

/// A store's file from which all runs of a campaign begin, and the commands that follow.
struct Campaign {
    static let batches = 6

    let seed: UInt64
    let folder: TemporaryFolder
    let commands: RandomCommands
    let model: NaiveModel
    var options = SQLiteStore.Options()

    /// - Parameter isSynced: False for a store that doesn't wait for the disk.
    init(seed: UInt64, isSynced: Bool = true) throws {
        self.seed = seed
        folder = try TemporaryFolder()
        // Little memory and a short log: pages leave a transaction before its end, and every run
        // moves some from the log into the file.
        options.checkpointPages = 24
        options.cacheKiB = 64
        var commands = RandomCommands(seed: seed)
        var model = NaiveModel()
        let store = try SQLiteStore(path: folder.path("base.db"), tables: Samples.tables)
        let unit = try UnitOfWork(store: store)
        for _ in 0..<3 {
            try Campaign.run(&commands, &model, in: unit)
            _ = try unit.commit(at: noon)
        }
        self.commands = commands
        self.model = model
        options.vfs = FAULT_VFS_NAME
        options.isSynced = isSynced
    }

    /// A copy of the base.
    func freshFile() throws -> String {
        let path = folder.path("run.db")
        for suffix in ["", "-wal", "-shm", "-journal"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
        try FileManager.default.copyItem(atPath: folder.path("base.db"), toPath: path)
        return path
    }

    /// Makes some commands up and runs them in a store and in the model.
    static func run(
        _ commands: inout RandomCommands,
        _ model: inout NaiveModel,
        in unit: UnitOfWork
    ) throws(StoreError) {
        for command in batch(&commands, &model) { try unit.run(command) }
    }

    /// Makes some commands up and runs them in the model.
    static func batch(_ commands: inout RandomCommands, _ model: inout NaiveModel) -> [Command] {
        var batch: [Command] = []
        for _ in 0..<commands.number(1...10) {
            let command = commands.next(after: model)
            batch.append(command)
            model.run(command)
        }
        return batch
    }
}

/// What a store answered for, while faults struck.
struct Acknowledged {
    var model: NaiveModel
    /// The model with the batch whose commit failed.
    var attempted: NaiveModel?
    var head: AuditHead?

    /// What is wrong with the file, in words; empty when nothing is.
    func problems(of path: String) -> [String] {
        do {
            // No power goes any more: waiting for the disk would only take time.
            var options = SQLiteStore.Options()
            options.isSynced = false
            let store = try SQLiteStore(path: path, tables: Samples.tables, options: options)
            var problems = try integrityProblems(of: path)
            let asked = Set(model.replies.keys).union(attempted?.replies.keys ?? [:].keys)
            var stored = try NaiveModel(reading: store, asked: asked)
            if stored != model && stored != attempted {
                problems.append("the file holds neither what was answered nor the last batch whole")
            }
            let verdict = try AuditVerification.verify(path: path, expectedHead: head)
            if case .broken(let damage) = verdict { problems.append("\(damage)") }
            // It must serve on.
            var commands = RandomCommands(seed: 1)
            let unit = try UnitOfWork(store: store)
            unit.beginCommand()
            unit.audit(.sample("matter/1"))
            unit.acceptCommand(reply: nil)
            try Campaign.run(&commands, &stored, in: unit)
            _ = try unit.commit(at: noon)
            return problems
        } catch {
            return ["\(error)"]
        }
    }

    private func integrityProblems(of path: String) throws -> [String] {
        let connection = try Connection(path: path, access: .readOnly)
        let check = try Statement(connection, "PRAGMA integrity_check")
        var problems: [String] = []
        while try check.step() {
            let line = try check.text(at: 0)
            if line != "ok" { problems.append(line) }
        }
        check.reset()
        return problems
    }
}

final class TemporaryFolder {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("banjie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
