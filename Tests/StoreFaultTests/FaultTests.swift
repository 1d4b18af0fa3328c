import CFaultVFS
import CSQLite
import Foundation
import Store
import StoreSQLite
import StoreSamples
import Testing

/// Faults at every operation on the disk, one run after the other, until a run meets none.
///
/// `BANJIE_FAULT_ROUNDS` says how many seeds are tried: the first two are always the same (the second
/// once found a unique value that moved from a record nobody had loaded), the others are new each
/// time.
@Suite(.serialized) struct FaultTests {
    private let seeds: [UInt64]

    init() {
        fault_vfs_register()
        let rounds = ProcessInfo.processInfo.environment["BANJIE_FAULT_ROUNDS"].flatMap(Int.init)
        let further = (1..<max(2, rounds ?? 2)).map { _ in UInt64.random(in: 1...UInt64(UInt32.max))
        }
        seeds = [7, 2_785_846_347] + further
    }

    // MARK: The power goes

    /// Runs the campaign's batches until the power goes.
    private func runIntoCut(
        _ campaign: Campaign,
        at operation: UInt64,
        path: String
    ) -> Acknowledged {
        var acknowledged = Acknowledged(model: campaign.model)
        var commands = campaign.commands
        fault_vfs_reset(campaign.seed &* 1_000_003 &+ operation)
        fault_vfs_cut_at(operation)
        do throws(StoreError) {
            let store = try SQLiteStore(
                path: path,
                tables: Samples.tables,
                options: campaign.options
            )
            let unit = try UnitOfWork(store: store)
            for _ in 0..<Campaign.batches {
                var next = acknowledged.model
                try Campaign.run(&commands, &next, in: unit)
                acknowledged.attempted = next
                acknowledged.head = try unit.commit(at: noon).head.audit
                acknowledged.model = next
                acknowledged.attempted = nil
            }
        } catch {
            #expect(fault_vfs_has_struck() != 0, "seed \(campaign.seed): \(error)")
        }
        return acknowledged
    }

    /// Cuts the power at every operation; returns what was wrong, by operation.
    private func cutEverywhere(_ campaign: Campaign, until isEnough: ([String]) -> Bool) throws
        -> [String]
    {
        var problems: [String] = []
        for operation in 1...UInt64(100_000) {
            let path = try campaign.freshFile()
            let acknowledged = runIntoCut(campaign, at: operation, path: path)
            let isOver = fault_vfs_has_struck() == 0
            fault_vfs_settle()
            for problem in acknowledged.problems(of: path) {
                problems.append("seed \(campaign.seed), operation \(operation): \(problem)")
            }
            if isOver || isEnough(problems) { return problems }
        }
        Issue.record("seed \(campaign.seed): the campaign has no end")
        return problems
    }

    @Test func whatWasAnsweredSurvivesAPowerCut() throws {
        let before = fault_vfs_counts()
        for seed in seeds {
            let problems = try cutEverywhere(try Campaign(seed: seed)) { $0.count > 20 }
            #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
        }
        // A campaign in which chance never did one of these would prove little.
        let after = fault_vfs_counts()
        #expect(after.kept > before.kept)
        #expect(after.dropped > before.dropped)
        #expect(after.torn > before.torn)
    }

    /// The canary: a store that doesn't wait for the disk must be found out.
    @Test func anUnsyncedStoreIsFoundOut() throws {
        for seed in seeds.prefix(1) {
            let campaign = try Campaign(seed: seed, isSynced: false)
            #expect(try !cutEverywhere(campaign) { !$0.isEmpty }.isEmpty, "seed \(seed)")
        }
    }

    @Test func aPowerCutWhileTheFileIsMade() throws {
        let folder = try TemporaryFolder()
        var options = SQLiteStore.Options()
        options.vfs = FAULT_VFS_NAME
        for operation in 1...UInt64(10_000) {
            let path = folder.path("new-\(operation).db")
            fault_vfs_reset(operation)
            fault_vfs_cut_at(operation)
            _ = try? SQLiteStore(path: path, tables: Samples.tables, options: options)
            let isOver = fault_vfs_has_struck() == 0
            fault_vfs_settle()
            let problems = Acknowledged(model: NaiveModel()).problems(of: path)
            #expect(problems.isEmpty, "operation \(operation)")
            if isOver { return }
        }
        Issue.record("the making of a file has no end")
    }

    // MARK: An operation fails

    /// Runs all batches, each again until it is committed; returns false when no fault came.
    private func runThroughFailure(
        _ campaign: Campaign,
        at operation: UInt64,
        code: Int32,
        further: UInt64
    ) throws -> Bool {
        let context: Comment = "seed \(campaign.seed), operation \(operation), code \(code)"
        let path = try campaign.freshFile()
        var acknowledged = Acknowledged(model: campaign.model)
        fault_vfs_reset(campaign.seed &* 1_000_003 &+ operation)
        fault_vfs_fail_at(operation, code, further)
        var struck = false
        do {
            let store = try again(context) { () throws(StoreError) in
                try SQLiteStore(path: path, tables: Samples.tables, options: campaign.options)
            }
            let unit = try again(context) { () throws(StoreError) in try UnitOfWork(store: store) }
            var commands = campaign.commands
            for _ in 0..<Campaign.batches {
                var next = acknowledged.model
                let batch = Campaign.batch(&commands, &next)
                acknowledged.head = try again(context) { () throws(StoreError) in
                    for command in batch { try runAgain(command, in: unit) }
                    return try unit.commit(at: noon).head.audit
                }
                acknowledged.model = next
            }
            struck = fault_vfs_has_struck() != 0
            let asked = acknowledged.model.replies.keys
            let stored = try again(context) { () throws(StoreError) in
                try NaiveModel(reading: store, asked: asked)
            }
            #expect(stored == acknowledged.model, context)
        }
        fault_vfs_settle()
        #expect(acknowledged.problems(of: path).isEmpty, context)
        return struck
    }

    /// A command whose read failed is refused, and leaves nothing; so it can be run again.
    private func runAgain(_ command: Command, in unit: UnitOfWork) throws(StoreError) {
        for _ in 0..<10 {
            do throws(StoreError) { return try unit.run(command) } catch .failed { continue }
        }
        try unit.run(command)
    }

    /// Tries until it works; the errors on the way must say that trying again makes sense.
    private func again<Result>(
        _ context: Comment,
        _ body: () throws(StoreError) -> Result
    ) throws -> Result {
        for _ in 0..<10 {
            do throws(StoreError) {
                return try body()
            } catch {
                switch error {
                case .notWritable, .failed: continue
                case .busy, .corrupt, .schema: Issue.record("\(error): \(context)")
                }
            }
        }
        throw Exhausted()
    }

    private struct Exhausted: Error {}

    @Test(arguments: [SQLITE_IOERR, SQLITE_FULL], [0, 3] as [UInt64])
    func aFailedOperationIsToldAndOvercome(code: Int32, further: UInt64) throws {
        let campaign = try Campaign(seed: seeds[seeds.count - 1])
        for operation in 1...UInt64(100_000) {
            guard
                try runThroughFailure(
                    campaign,
                    at: operation,
                    code: code,
                    further: further
                )
            else { return }
        }
        Issue.record("seed \(campaign.seed): the campaign has no end")
    }
}
