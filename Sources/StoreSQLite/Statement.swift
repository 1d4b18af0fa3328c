import CSQLite
import Store

/// A prepared statement, kept as long as its connection.
///
/// - Thread: its connection's.
final class Statement {
    private let connection: Connection
    private let handle: OpaquePointer

    init(_ connection: Connection, _ sql: String) throws(StoreError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(
            connection.handle,
            sql,
            -1,
            UInt32(SQLITE_PREPARE_PERSISTENT),
            &prepared,
            nil
        )
        try connection.check(code, doing: sql)
        guard let prepared else { throw .failed("\(connection.path): nothing to do in \(sql)") }
        self.connection = connection
        handle = prepared
    }

    deinit { sqlite3_finalize(handle) }

    private var sql: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }

    // MARK: Parameters, counted from 1

    // A bound integer can't fail: its place is one of the statement's own, and it takes no memory.

    func bind(_ value: Int64, at place: Int32) {
        let code = sqlite3_bind_int64(handle, place, value)
        precondition(code == SQLITE_OK, "no parameter \(place) in \(sql)")
    }

    func bind(_ value: UInt64, at place: Int32) {
        // Sequence numbers are counted from 1: none gets as far as 2^63.
        bind(Int64(clamping: value), at: place)
    }

    func bindNull(at place: Int32) {
        let code = sqlite3_bind_null(handle, place)
        precondition(code == SQLITE_OK, "no parameter \(place) in \(sql)")
    }

    /// Binds text that outlives the next `run` or `reset`.
    func bind(text: UnsafeRawBufferPointer, at place: Int32) throws(StoreError) {
        guard let start = text.baseAddress?.assumingMemoryBound(to: CChar.self) else {
            let code = sqlite3_bind_text(handle, place, "", 0, banjie_sqlite_transient())
            return try connection.check(code, doing: sql)
        }
        let code = sqlite3_bind_text64(
            handle,
            place,
            start,
            UInt64(text.count),
            banjie_sqlite_static(),
            UInt8(SQLITE_UTF8)
        )
        try connection.check(code, doing: sql)
    }

    /// Binds a blob that outlives the next `run` or `reset`.
    func bind(blob: UnsafeRawBufferPointer, at place: Int32) throws(StoreError) {
        let code =
            blob.isEmpty
            ? sqlite3_bind_zeroblob(handle, place, 0)
            : sqlite3_bind_blob64(
                handle,
                place,
                blob.baseAddress,
                UInt64(blob.count),
                banjie_sqlite_static()
            )
        try connection.check(code, doing: sql)
    }

    /// Binds a copy of a value.
    func bind(_ value: Value, at place: Int32) throws(StoreError) {
        switch value {
        case .null: bindNull(at: place)
        case .integer(let integer): bind(integer, at: place)
        case .text(let text):
            let code = sqlite3_bind_text64(
                handle,
                place,
                text,
                UInt64(text.utf8.count),
                banjie_sqlite_transient(),
                UInt8(SQLITE_UTF8)
            )
            try connection.check(code, doing: sql)
        case .blob(let blob):
            let code =
                blob.isEmpty
                ? sqlite3_bind_zeroblob(handle, place, 0)
                : sqlite3_bind_blob64(
                    handle,
                    place,
                    blob,
                    UInt64(blob.count),
                    banjie_sqlite_transient()
                )
            try connection.check(code, doing: sql)
        }
    }

    /// Binds one of a row's values; `bytes` are the row's, and outlive the next `run` or `reset`.
    func bind(
        _ cell: Row.Cell,
        in bytes: UnsafeRawBufferPointer,
        at place: Int32
    ) throws(StoreError) {
        switch cell {
        case .null: bindNull(at: place)
        case .integer(let integer): bind(integer, at: place)
        case .text(let offset, let count):
            let text = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
            try bind(text: text, at: place)
        case .blob(let offset, let count):
            let blob = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
            try bind(blob: blob, at: place)
        }
    }

    // MARK: Running

    /// Runs a statement that gives no rows; it is ready for new values afterwards.
    func run() throws(StoreError) {
        let code = sqlite3_step(handle)
        defer { sqlite3_reset(handle) }
        try connection.check(code, doing: sql)
    }

    /// Runs a statement that gives no rows, with a row's values as its parameters.
    func run(with row: borrowing Row) throws(StoreError) {
        let cells = row.cells
        try row.bytes.withUnsafeBufferPointer { (bytes) throws(StoreError) in
            var place: Int32 = 0
            for cell in cells {
                place += 1
                try bind(cell, in: UnsafeRawBufferPointer(bytes), at: place)
            }
            try run()
        }
    }

    /// Moves on to the next row; false after the last. A failed or finished statement must be
    /// `reset` before it is used again.
    func step() throws(StoreError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        try connection.check(code, doing: sql, isReading: sqlite3_stmt_readonly(handle) != 0)
        return false
    }

    func reset() { sqlite3_reset(handle) }

    // MARK: The row's columns, counted from 0; pointers are valid until the next step or reset

    func isNull(at column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func integer(at column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func sequence(at column: Int32) throws(StoreError) -> UInt64 {
        guard let value = UInt64(exactly: integer(at: column)) else {
            throw .corrupt("\(connection.path): a negative number, \(sql)")
        }
        return value
    }

    func blob(at column: Int32) -> UnsafeRawBufferPointer {
        Self.content(of: sqlite3_column_value(handle, column))
    }

    func text(at column: Int32) throws(StoreError) -> String {
        guard let text = String(validating: blob(at: column), as: UTF8.self) else {
            throw .corrupt("\(connection.path): text that isn't UTF-8, \(sql)")
        }
        return text
    }

    /// A value of a row, which may be looked at as long as no other thread uses the connection.
    private static func content(of value: OpaquePointer?) -> UnsafeRawBufferPointer {
        // The pointer first: asking for it may convert the value and so change its length.
        let start = sqlite3_value_blob(value)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
    }

    /// Fills `row` with the first `count` columns.
    func read(_ count: Int, into row: inout Row) {
        for column in 0..<Int32(count) {
            // One look at the column rather than three.
            let value = sqlite3_column_value(handle, column)
            switch sqlite3_value_type(value) {
            case SQLITE_INTEGER: row.append(sqlite3_value_int64(value))
            case SQLITE_TEXT: row.append(text: Self.content(of: value))
            case SQLITE_BLOB: row.append(blob: Self.content(of: value))
            // Null; a real, which no STRICT table of ours holds, is refused as a null would be.
            default: row.appendNull()
            }
        }
    }
}
