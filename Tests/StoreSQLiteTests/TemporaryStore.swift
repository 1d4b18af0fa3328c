import Foundation
import Store
import StoreSamples

@testable import StoreSQLite

/// A folder for one test's files.
final class TemporaryFolder {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("banjie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var store: String { url.appendingPathComponent("store.db").path }
}

extension Connection {
    /// What another program's hands do to the file at `path`.
    static func execute(_ sql: String, at path: String) throws {
        try Connection(path: path, access: .readWrite).execute(sql)
    }
}
