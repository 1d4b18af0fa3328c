import Foundation
import Store
import StoreSamples
import Testing

@testable import StoreSQLite

@Suite struct SQLiteStoreTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func twoServersDontShareAStore() throws {
        let first = try SQLiteStore(path: folder.store, tables: Samples.tables)
        let error = #expect(throws: StoreError.self) {
            try SQLiteStore(path: folder.store, tables: Samples.tables)
        }
        guard case .busy(let reason)? = error else {
            Issue.record("the second server was told \(String(describing: error))")
            return
        }
        #expect(reason.contains("another server"))
        #expect(try first.head() == .empty)
    }

    /// Requests that come late are known again, whether they are remembered or found in the store.
    @Test func anAnswerIsFoundHoweverLongAgoItWasGiven() throws {
        let unit = try UnitOfWork(
            store: try SQLiteStore(path: folder.store, tables: Samples.tables)
        )
        // Ids of one principal that rise, but for those that a batch leaves out, which nobody uses.
        func key(_ number: Int) -> RequestKey {
            RequestKey(
                principal: "p",
                id: withUnsafeBytes(of: UInt32(number).bigEndian, Array.init)
            )
        }
        let (batches, size) = (50, 1000)
        for batch in 0..<batches {
            for place in 0..<size where place % 10 != 3 {
                let number = batch * size + place
                unit.beginCommand()
                #expect(try unit.storedReply(key(number)) == nil)
                let reply = StoredReply(requestHash: [], reply: [UInt8(batch)])
                unit.acceptCommand(reply: (key(number), reply))
            }
            _ = try unit.commit(at: noon)
        }
        for number in stride(from: 0, to: batches * size, by: 7) {
            let reply = try unit.storedReply(key(number))
            #expect(reply?.reply == (number % 10 == 3 ? nil : [UInt8(number / size)]), "\(number)")
        }
    }

    /// However fast it grows: a log that is never begun anew takes the disk, and ever longer to look into.
    @Test func theLogStaysShortUnderLoad() throws {
        var options = SQLiteStore.Options()
        options.checkpointPages = 64
        let unit = try UnitOfWork(
            store: try SQLiteStore(path: folder.store, tables: Samples.tables, options: options)
        )
        let page = String(repeating: "x", count: 4000)
        let (commits, rows) = (40, 2500)
        for commit in 0..<commits {
            unit.beginCommand()
            for row in 0..<rows { unit.save(Badge("\(commit % 2)-\(row)", "\(commit)\(page)")) }
            unit.acceptCommand(reply: nil)
            _ = try unit.commit(at: noon)
        }
        let log = try FileManager.default.attributesOfItem(atPath: folder.store + "-wal")
        let pages = (try #require(log[.size] as? Int)) / 4096
        // A commit's pages, and not those of several.
        #expect(pages < 2 * rows, "\(pages) pages")
    }

    /// What a reader still needs stays in the log, and the log is begun anew behind it.
    @Test func theLogIsBegunAnewWhenAReaderHasGone() throws {
        var options = SQLiteStore.Options()
        options.checkpointPages = 64
        let unit = try UnitOfWork(
            store: try SQLiteStore(path: folder.store, tables: Samples.tables, options: options)
        )
        var number = 0
        func commit(_ times: Int) throws {
            for _ in 0..<times {
                number += 1
                unit.beginCommand()
                for row in 0..<500 {
                    unit.save(Badge("\(row)", "\(number)" + String(repeating: "x", count: 4000)))
                }
                unit.acceptCommand(reply: nil)
                _ = try unit.commit(at: noon)
            }
        }
        func logSize() throws -> Int {
            let file = try FileManager.default.attributesOfItem(atPath: folder.store + "-wal")
            return try #require(file[.size] as? Int)
        }
        try commit(1)
        let reader = try Connection(path: folder.store, access: .readOnly)
        try reader.execute("BEGIN")
        #expect(try reader.integer("SELECT count(*) FROM badge") == 500)
        let before = try logSize()
        try commit(20)
        let held = try logSize()
        #expect(held > before)
        // It still sees what it saw.
        #expect(try reader.integer("SELECT count(*) FROM badge WHERE holder LIKE '1x%'") == 500)
        try reader.execute("ROLLBACK")
        // The next few find that out.
        try commit(6)
        let settled = try logSize()
        try commit(40)
        #expect(try logSize() == settled)
    }

    /// Ids that a millisecond's clients make come in no order: what a batch has of them is one run all the
    /// same, and no row for each.
    @Test func shuffledIdsOfABatchTakeOneRow() throws {
        let unit = try UnitOfWork(
            store: try SQLiteStore(path: folder.store, tables: Samples.tables)
        )
        var next: UInt8 = 0
        for _ in 0..<4 {
            for id in Array(next..<next + 50).shuffled() {
                unit.beginCommand()
                let key = RequestKey(principal: "window-3", id: [id])
                unit.acceptCommand(reply: (key, StoredReply(requestHash: [id], reply: [id])))
            }
            _ = try unit.commit(at: noon)
            next += 50
        }
        let file = try Connection(path: folder.store, access: .readOnly)
        #expect(try file.integer("SELECT count(*) FROM store_request_run") == 4)
        #expect(try file.integer("SELECT count(*) FROM store_request_late") == 0)
    }

    @Test func aPlaceThatCantBeWrittenIsNamed() throws {
        let path = folder.store + "/nowhere/store.db"
        let error = #expect(throws: StoreError.self) {
            try SQLiteStore(path: path, tables: Samples.tables)
        }
        guard case .notWritable(let reason)? = error else {
            Issue.record("a store was made nowhere: \(String(describing: error))")
            return
        }
        #expect(reason.contains(path))
    }

    /// A full disk, by SQLite's own limit: what was there stays, and there may be room again.
    @Test func aFullStoreServesOn() throws {
        var options = SQLiteStore.Options()
        options.pagesMax = 60
        let store = try SQLiteStore(path: folder.store, tables: Samples.tables, options: options)
        let unit = try UnitOfWork(store: store)
        var committed: [Int64] = []
        var isFull = false
        for key in 1...100 as ClosedRange<Int64> where !isFull {
            try unit.accept {
                $0.save(Matter(key, "t", body: [UInt8](repeating: 1, count: 20_000)))
                $0.audit(.sample("matter/\(key)"))
            }
            if commits(unit) { committed.append(key) } else { isFull = true }
        }
        #expect(isFull)
        #expect(try store.find(Matter.self, Search(limit: 999)).map(\.key) == committed)
        let reader = try store.makeReader()
        #expect(try reader.count(Matter.self) == committed.count)

        try unit.accept { unit in
            for key in committed.prefix(2) { unit.delete(Matter.self, key) }
        }
        _ = try unit.commit(at: noon)
        try unit.accept { $0.save(Matter(200, "t", body: [UInt8](repeating: 1, count: 20_000))) }
        _ = try unit.commit(at: noon)
        #expect(try store.load(Matter.self, 200) != nil)
        let verdict = try AuditVerifier.verify(store)
        #expect(verdict == .intact(try store.head().audit))
    }

    /// False when the store is full.
    private func commits(_ unit: UnitOfWork) -> Bool {
        do throws(StoreError) {
            _ = try unit.commit(at: noon)
            return true
        } catch {
            if case .notWritable = error { return false }
            Issue.record("\(error)")
            return false
        }
    }

    @Test func readersCantWrite() throws {
        let store = try SQLiteStore(path: folder.store, tables: Samples.tables)
        let connection = try Connection(path: folder.store, access: .readOnly)
        #expect(throws: StoreError.self) {
            try connection.execute("DELETE FROM matter")
        }
        #expect(try store.count(Matter.self) == 0)
    }

    /// The log beside the file stays short, and an open reader doesn't hold a commit up.
    @Test func theLogIsMovedIntoTheFile() throws {
        var options = SQLiteStore.Options()
        options.checkpointPages = 50
        let store = try SQLiteStore(path: folder.store, tables: Samples.tables, options: options)
        let unit = try UnitOfWork(store: store)
        let reader = try store.makeReader()
        for key in 1...200 as ClosedRange<Int64> {
            try unit.accept {
                $0.save(Matter(key, "t", body: [UInt8](repeating: 1, count: 9000)))
            }
            _ = try unit.commit(at: noon)
            #expect(try reader.count(Matter.self) == Int(key))
        }
        let log = try FileManager.default.attributesOfItem(atPath: folder.store + "-wal")
        let size = try #require(log[.size] as? Int)
        #expect(size < 100 * 4200)
    }

    /// What was moved of a log that has been begun anew since says nothing of the new one, whenever the
    /// run that moved it ends.
    @Test func pagesOfAnOldLogAreNotCounted() async throws {
        let store = try SQLiteStore(path: folder.store, tables: Samples.tables)
        let unit = try UnitOfWork(store: store)
        try unit.accept { $0.save(Matter(1, "t", body: [UInt8](repeating: 1, count: 90_000))) }
        _ = try unit.commit(at: noon)
        let checkpointer = Checkpointer(path: folder.store)
        func remaining() async throws -> Int {
            for _ in 0..<1000 {
                if let remaining = checkpointer.remaining(of: 100) { return remaining }
                try await Task.sleep(for: .milliseconds(5))
            }
            throw StoreError.failed("the run doesn't end")
        }
        checkpointer.start()
        #expect(try await remaining() < 100)
        checkpointer.forget()
        #expect(try await remaining() == 100)
        checkpointer.start()
        checkpointer.forget()
        #expect(try await remaining() == 100)
    }

    @Test func aBigBatchIsOneTransaction() throws {
        let store = try SQLiteStore(path: folder.store, tables: Samples.tables)
        let unit = try UnitOfWork(store: store)
        let count: Int64 = 20_000
        for key in 1...count {
            unit.beginCommand()
            // Not in the order of the keys.
            unit.save(Opinion(key &* 7919 % 20_011, "a", answer: key))
            unit.audit(.sample("file/\(key)"))
            let id = withUnsafeBytes(of: key.bigEndian) { [UInt8]($0) }
            unit.acceptCommand(
                reply: (
                    RequestKey(principal: "p", id: id),
                    StoredReply(requestHash: id, reply: [1])
                )
            )
        }
        #expect(try unit.commit(at: noon).head.commit == 1)
        #expect(try store.count(Opinion.self) == Int(count))
        #expect(try store.auditEntries(after: UInt64(count) - 1, limit: 9).count == 1)
        let id = withUnsafeBytes(of: Int64(777).bigEndian) { [UInt8]($0) }
        #expect(
            try store.storedReply(RequestKey(principal: "p", id: id))?.requestHash == id
        )
    }

    /// Pages of a batch that is larger than the cache go into the log before its commit, and are read there
    /// again, whatever of it has only been gathered.
    @Test func aBatchBeyondTheCacheIsReadFromTheLog() throws {
        var options = SQLiteStore.Options()
        options.cacheKiB = 16
        // Two of its keys wouldn't fit.
        let store = try SQLiteStore(path: folder.store, tables: Samples.tables, options: options)
        let unit = try UnitOfWork(store: store)
        let long = String(repeating: "x", count: 8192)
        for round in 1...3 {
            for number in 1...200 {
                unit.beginCommand()
                unit.save(Badge("\(number * 7919 % 211)-\(long)", "\(round)"))
                unit.acceptCommand(reply: nil)
            }
            _ = try unit.commit(at: noon)
            let found = try store.find(Badge.self, Search(limit: .max))
            #expect(found.count == 200 && found.allSatisfy { $0.holder == "\(round)" })
        }
        let check = try Connection(path: folder.store, access: .readOnly)
        #expect(
            try check.integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1
        )
    }

    /// Every search that the store can be asked walks along an index, without sorting.
    @Test func searchesUseIndexes() throws {
        _ = try SQLiteStore(path: folder.store, tables: Samples.tables)
        let connection = try Connection(path: folder.store, access: .readOnly)
        var plans = 0
        for table in Samples.tables {
            for index in [nil] + table.indexes.map(Optional.some) {
                for search in searches(of: table, by: index) {
                    let sql = SearchShape(search, hashCounts: [:]).sql(SealedLayout(table))
                    let plan = try Statement(connection, "EXPLAIN QUERY PLAN \(sql)")
                    while try plan.step() {
                        let line = try plan.text(at: 3)
                        #expect(!line.contains("TEMP B-TREE"), "\(sql)")
                        plans += 1
                    }
                }
            }
        }
        #expect(plans > 50)
    }

    /// What an index carries is given without a look at the records.
    @Test func scansReadTheIndexAlone() throws {
        _ = try SQLiteStore(path: folder.store, tables: Samples.tables)
        let connection = try Connection(path: folder.store, access: .readOnly)
        let carrying = Matter.table.indexes.filter { $0.carried != nil }
        #expect(!carrying.isEmpty)
        for index in carrying {
            let sql = SQL.scan(by: index, in: SealedLayout(Matter.table))
            let plan = try Statement(connection, "EXPLAIN QUERY PLAN \(sql)")
            #expect(try plan.step())
            #expect(try plan.text(at: 3).contains("USING COVERING INDEX \(index.name)"))
        }
    }

    /// With prefixes of every length, null where a column may be, with and without a position.
    private func searches(of table: Table, by index: Index?) -> [Search] {
        let key = table.key.map(\.name)
        let searched = index?.columns ?? key
        let optional = Set(table.columns.filter(\.isOptional).map(\.name))
        var searches: [Search] = []
        for count in 0...searched.count {
            for usesNull in [false, true] {
                let values = (searched + (index == nil ? [] : key)).map {
                    usesNull && optional.contains($0) ? Value.null : .integer(1)
                }
                let prefix = Array(values.prefix(count))
                let after = Array(values.dropFirst(count))
                searches.append(Search(by: index, prefix: prefix, limit: 1))
                searches.append(Search(by: index, prefix: prefix, after: after, limit: 1))
            }
        }
        return searches
    }
}
