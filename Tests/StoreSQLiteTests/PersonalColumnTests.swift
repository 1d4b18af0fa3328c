import CSQLite
import CivilTime
import Foundation
import Sealing
import Store
import StoreSQLite
import Testing

/// A record with personal columns.
private struct Visitor: Record, Hashable {
    let key: Int64
    var name: String
    var phone: String?
    var desk: String

    static let byPhone = Index("visitor_by_phone", on: ["phone"])

    static let table = Table(
        "visitor",
        key: [Column("number", .integer)],
        columns: [
            Column("name", .text, personal: true),
            Column("phone", .text, optional: true, personal: true),
            Column("desk", .text),
        ],
        indexes: [byPhone]
    )

    /// As it was before its columns were personal.
    static let open = Table(
        "visitor",
        key: [Column("number", .integer)],
        columns: [Column("name", .text), Column("desk", .text)]
    )

    init(_ key: Int64, _ name: String, _ phone: String?, desk: String = "1") {
        self.key = key
        self.name = name
        self.phone = phone
        self.desk = desk
    }

    func write(to row: inout RowWriter) {
        row.text(name)
        row.text(phone)
        row.text(desk)
    }

    init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        name = try row.text()
        phone = try row.optionalText()
        desk = try row.text()
    }
}

/// The record as an older program kept it, in the open.
private struct OpenVisitor: Record, Hashable {
    let key: Int64
    var name: String

    static var table: Table { Visitor.open }

    init(_ key: Int64, _ name: String) {
        self.key = key
        self.name = name
    }

    func write(to row: inout RowWriter) {
        row.text(name)
        row.text("1")
    }

    init(key: Int64, row: inout RowReader) throws(StoreError) {
        self.key = key
        name = try row.text()
        _ = try row.text()
    }
}

@Suite struct PersonalColumnTests {
    private let folder: TemporaryFolder
    private let now = Instant(unixSeconds: 1_750_000_000)
    private let clearName = "欧阳若曦"
    private let clearPhone = "13912345678"

    init() throws { folder = try TemporaryFolder() }

    private var keys: String { folder.store + ".keys" }

    private func open(_ tables: [Table] = [Visitor.table]) throws -> SQLiteStore {
        if (try? KeyFile.read(keys)) == nil { try KeyFile.create(keys) }
        var options = SQLiteStore.Options()
        options.keys = try KeptKeyRing(keys)
        return try SQLiteStore(path: folder.store, tables: tables, options: options)
    }

    private func save(_ visitors: [Visitor], in store: SQLiteStore) throws {
        let unit = try UnitOfWork(store: store)
        unit.beginCommand()
        for visitor in visitors {
            // What is known is updated column by column.
            _ = try unit.load(Visitor.self, visitor.key)
            unit.save(visitor)
        }
        let key = RequestKey(
            principal: "window",
            id: withUnsafeBytes(of: (visitors.first?.key ?? 0).bigEndian) { [UInt8]($0) }
        )
        unit.acceptCommand(
            reply: (key, StoredReply(requestHash: [1], reply: Array(clearName.utf8)))
        )
        _ = try unit.commit(at: now)
    }

    private func find(_ phone: String, in store: SQLiteStore) throws -> [Int64] {
        try store.find(Visitor.self, Search(by: Visitor.byPhone, prefix: [.text(phone)], limit: 9))
            .map(\.key)
    }

    /// Everything that lies on the disk under the store's name.
    private func bytes() -> [UInt8] {
        ["", "-wal"].flatMap { suffix in
            let url = URL(filePath: folder.store + suffix)
            return (try? Data(contentsOf: url)).map(Array.init) ?? []
        }
    }

    private func isOnDisk(_ text: String) -> Bool {
        Data(bytes()).range(of: Data(text.utf8)) != nil
    }

    @Test func personalColumnsAndRepliesLieSealedAndComeBackClear() throws {
        let visitor = Visitor(1, clearName, clearPhone)
        let store = try open()
        try save([visitor, Visitor(2, "B", nil), Visitor(3, "C", clearPhone)], in: store)
        #expect(try store.load(Visitor.self, 1) == visitor)
        #expect(try store.makeReader().load(Visitor.self, 1) == visitor)
        #expect(try find(clearPhone, in: store) == [1, 3])
        #expect(try find("13900000000", in: store) == [])
        let reply = try store.storedReply(
            RequestKey(
                principal: "window",
                id: withUnsafeBytes(of: Int64(1).bigEndian) { [UInt8]($0) }
            )
        )
        #expect(reply?.reply == Array(clearName.utf8))
        #expect(!isOnDisk(clearName))
        #expect(!isOnDisk(clearPhone))
        // What isn't personal lies open: the search for clear text would have found it.
        #expect(isOnDisk("visitor"))
    }

    @Test func aChangedColumnAloneIsSealedAnew() throws {
        let store = try open()
        try save([Visitor(1, clearName, clearPhone)], in: store)
        let before = try cells("name, phone_hash", in: "visitor")
        try save([Visitor(1, clearName, "13900000000", desk: "2")], in: store)
        let after = try cells("name, phone_hash", in: "visitor")
        #expect(before[0] == after[0])
        #expect(before[1] != after[1])
        #expect(try store.load(Visitor.self, 1)?.phone == "13900000000")
        #expect(try find(clearPhone, in: store) == [])
        #expect(try find("13900000000", in: store) == [1])
    }

    @Test func aSearchSeesWhatTheBatchHasChangedToo() throws {
        let store = try open()
        try save([Visitor(1, clearName, clearPhone), Visitor(2, "B", clearPhone)], in: store)
        let unit = try UnitOfWork(store: store)
        unit.beginCommand()
        unit.save(Visitor(1, clearName, nil))
        unit.save(Visitor(5, "E", clearPhone))
        let search = Search(by: Visitor.byPhone, prefix: [.text(clearPhone)], limit: 9)
        #expect(try unit.find(Visitor.self, search).map(\.key) == [2, 5])
        unit.rejectCommand()
    }

    @Test func aValueOpensInItsOwnRowOnly() throws {
        do {
            let store = try open()
            try save([Visitor(1, clearName, nil), Visitor(2, "B", nil)], in: store)
        }
        try execute("UPDATE visitor SET name = (SELECT name FROM visitor WHERE number = 1)")
        let store = try open()
        #expect(try store.load(Visitor.self, 1)?.name == clearName)
        #expect(throws: StoreError.self) { try store.load(Visitor.self, 2) }
    }

    @Test func keysThatAreOthersOrMissingAreRefused() throws {
        do {
            let store = try open()
            try save([Visitor(1, clearName, nil)], in: store)
        }
        #expect(try SQLiteStore.holdsSealedValues(at: folder.store))
        #expect(throws: StoreError.self) { try SQLiteStore(path: folder.store, tables: []) }
        let others = folder.store + ".others"
        try KeyFile.create(others)
        var options = SQLiteStore.Options()
        options.keys = try KeptKeyRing(others)
        #expect(throws: StoreError.self) {
            try SQLiteStore(path: folder.store, tables: [Visitor.table], options: options)
        }
        #expect(try open().load(Visitor.self, 1)?.name == clearName)
    }

    @Test func keysRotateWhileTheStoreIsOpen() throws {
        if (try? KeyFile.read(keys)) == nil { try KeyFile.create(keys) }
        let ring = try KeptKeyRing(keys)
        var options = SQLiteStore.Options()
        options.keys = ring
        let store = try SQLiteStore(path: folder.store, tables: [Visitor.table], options: options)
        let visitors = (1...20).map { Visitor(Int64($0), "\(clearName)\($0)", clearPhone) }
        try save(visitors, in: store)
        #expect(try store.writer.reseal(limit: 1000) == .finished(unneeded: []))

        try KeyFile.addSealingKey(keys)
        try KeyFile.addSearchingKey(keys)
        try ring.reload()
        try save([Visitor(21, "new", clearPhone)], in: store)
        // Rows under either key are found and open.
        #expect(try find(clearPhone, in: store).count == 9)
        #expect(try store.load(Visitor.self, 3) == visitors[2])
        var slices = 0
        var unneeded: [UInt32]?
        while unneeded == nil {
            slices += 1
            if case .finished(let numbers) = try store.writer.reseal(limit: 3) {
                unneeded = numbers
            }
        }
        #expect(slices > 7)
        #expect(unneeded == [1])
        #expect(try store.writer.reseal(limit: 3) == .finished(unneeded: []))

        // Nothing needs the old key.
        try KeyFile.removeSealingKey(1, from: keys)
        try ring.reload()
        #expect(try store.load(Visitor.self, 3) == visitors[2])
        let id = withUnsafeBytes(of: Int64(1).bigEndian) { [UInt8]($0) }
        #expect(try store.storedReply(RequestKey(principal: "window", id: id)) != nil)
        #expect(try find(clearPhone, in: store).count == 9)
    }

    @Test func columnsThatBecomePersonalAreSealedAndGoneFromTheFile() throws {
        do {
            let store = try SQLiteStore(path: folder.store, tables: [Visitor.open])
            let unit = try UnitOfWork(store: store)
            unit.beginCommand()
            for number in 1...50 { unit.save(OpenVisitor(Int64(number), "\(clearName)\(number)")) }
            unit.acceptCommand(reply: nil)
            _ = try unit.commit(at: now)
        }
        #expect(isOnDisk(clearName))
        do {
            let store = try open()
            #expect(try store.load(Visitor.self, 7) == Visitor(7, "\(clearName)7", nil))
            try save([Visitor(7, clearName, clearPhone)], in: store)
            #expect(try find(clearPhone, in: store) == [7])
        }
        #expect(!isOnDisk(clearName))
        #expect(try open().load(Visitor.self, 50)?.name == "\(clearName)50")
    }

    // MARK: - By other hands

    private func execute(_ sql: String) throws {
        var handle: OpaquePointer?
        #expect(sqlite3_open(folder.store, &handle) == SQLITE_OK)
        #expect(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
        sqlite3_close(handle)
    }

    /// Two blobs of the table's only row.
    private func cells(_ columns: String, in table: String) throws -> [[UInt8]] {
        var handle: OpaquePointer?
        #expect(sqlite3_open(folder.store, &handle) == SQLITE_OK)
        defer { sqlite3_close(handle) }
        var statement: OpaquePointer?
        sqlite3_prepare_v2(handle, "SELECT \(columns) FROM \(table)", -1, &statement, nil)
        defer { sqlite3_finalize(statement) }
        #expect(sqlite3_step(statement) == SQLITE_ROW)
        return [Int32(0), 1].map { column in
            let start = sqlite3_column_blob(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
        }
    }
}
