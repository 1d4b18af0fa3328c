import Foundation
import Store
import StoreSamples
import Testing

@testable import StoreSQLite

@Suite struct SchemaTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(
        _ tables: [Table] = Samples.tables,
        steps: [SchemaStep] = SchemaStep.all
    ) throws(StoreError) -> SQLiteStore {
        var options = SQLiteStore.Options()
        options.steps = steps
        return try SQLiteStore(path: folder.store, tables: tables, options: options)
    }

    /// The reason for which a file is refused.
    private func refusal(_ body: () throws(StoreError) -> Void) -> String {
        do throws(StoreError) {
            try body()
        } catch .schema(let reason) {
            return reason
        } catch {
            Issue.record("\(error)")
        }
        return ""
    }

    @Test func anOlderFileIsBroughtUpToDate() throws {
        // Made by the first step alone, as the first version of the program did.
        let lock = try Connection(path: folder.store, access: .readWrite)
        try SchemaUpgrade(connection: lock, steps: [SchemaStep.all[0]], tables: Samples.tables)
            .run()
        try lock.execute(
            "INSERT INTO badge VALUES ('a', 'one'); "
                + "INSERT INTO store_journal VALUES (1, 5, 0, zeroblob(32), 0, NULL, NULL)"
        )
        #expect(try lock.integer("PRAGMA user_version") == 1)

        let store = try open()
        #expect(try lock.integer("PRAGMA user_version") == Int64(SchemaStep.all.count))
        #expect(try store.load(Badge.self, "a") == Badge("a", "one"))
        #expect(try store.head().commit == 1)
        let unit = try UnitOfWork(store: store)
        try unit.accept { $0.audit(.sample("badge/a")) }
        _ = try unit.commit(at: noon)
        #expect(try store.auditEntries(of: "badge/a", after: 0, limit: 9).count == 1)
    }

    @Test func aFailedStepLeavesTheFileAsItWas() throws {
        do { _ = try open() }
        let broken =
            SchemaStep.all + [
                SchemaStep("broken", ["CREATE TABLE extra (a)", "CREATE TABLE extra (a)"])
            ]
        #expect(throws: StoreError.self) { try open(steps: broken) }
        let repaired = SchemaStep.all + [SchemaStep("repaired", ["CREATE TABLE extra (a)"])]
        _ = try open(steps: repaired)
    }

    @Test func aNewerFileIsRefused() throws {
        do { _ = try open(steps: SchemaStep.all + [SchemaStep("later", [])]) }
        let reason = refusal { () throws(StoreError) in _ = try open() }
        #expect(reason.contains("newer program"))
    }

    @Test func anotherProgramsFileIsRefused() throws {
        try Connection.execute("CREATE TABLE notes (text)", at: folder.store)
        let reason = refusal { () throws(StoreError) in _ = try open() }
        #expect(reason.contains("no store of Banjie"))
        try FileManager.default.removeItem(atPath: folder.store)
        try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: folder.store))
        #expect(throws: StoreError.self) { try open() }
    }

    @Test func tablesOfANewerProgramAreRefused() throws {
        do { _ = try open() }
        let reason = refusal { () throws(StoreError) in _ = try open([Badge.table]) }
        #expect(reason.contains("matter"))
    }

    @Test func tablesMayGrow() throws {
        let narrow = Table(
            "matter",
            key: Matter.table.key,
            columns: Matter.table.columns.filter { !["owner", "code"].contains($0.name) },
            indexes: [Matter.byDue, Index("matter_old", on: ["is_done"])]
        )
        do {
            _ = try open([narrow, Badge.table])
            try Connection.execute(
                "INSERT INTO matter VALUES (1, 'one', 5, 0, x'')",
                at: folder.store
            )
        }
        let store = try open()
        #expect(try store.load(Matter.self, 1) == Matter(1, "one", due: 5))
        let unit = try UnitOfWork(store: store)
        try unit.accept { $0.save(Matter(1, "one", owner: "a", due: 5, code: "c")) }
        _ = try unit.commit(at: noon)
        let search = Search(by: Matter.byOwner, prefix: [.text("a")], limit: 9)
        #expect(try store.find(Matter.self, search).map(\.code) == ["c"])
        let connection = try Connection(path: folder.store, access: .readOnly)
        let old = "SELECT count(*) FROM sqlite_schema WHERE name = 'matter_old'"
        #expect(try connection.integer(old) == 0)
    }

    @Test func openingAgainChangesNothing() throws {
        let dump = "SELECT sum(length(sql)) || group_concat(name) FROM sqlite_schema"
        do { _ = try open() }
        let connection = try Connection(path: folder.store, access: .readOnly)
        let version = try connection.integer("PRAGMA schema_version")
        let before = try connection.integer("SELECT length((\(dump)))")
        do { _ = try open() }
        #expect(try connection.integer("PRAGMA schema_version") == version)
        #expect(try connection.integer("SELECT length((\(dump)))") == before)
    }

    @Test func otherChangesOfATableAreRefused() throws {
        do { _ = try open() }
        let required = Table(
            "badge",
            key: Badge.table.key,
            columns: Badge.table.columns + [Column("number", .integer)]
        )
        let retyped = Table("badge", key: Badge.table.key, columns: [Column("holder", .blob)])
        for table in [required, retyped] {
            let reason = refusal { () throws(StoreError) in
                _ = try open([Matter.table, table, Opinion.table])
            }
            #expect(reason.contains("table badge"))
        }
        _ = try open()
    }
}
