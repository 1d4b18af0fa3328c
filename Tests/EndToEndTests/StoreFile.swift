import CSQLite
import LocalServer

/// The file of a store whose server doesn't run.
enum StoreFile {
    /// Writes past the server.
    static func execute(_ sql: String, on path: String) throws {
        var database: OpaquePointer?
        defer { sqlite3_close_v2(database) }
        guard sqlite3_open(path, &database) == SQLITE_OK,
            sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK
        else { throw ServerProcessError("\(path): \(sql) failed") }
    }
}
