import Foundation
import Testing
import Store
import StoreSamples
import StoreModel
import StoreSQLite

/// The stores that the suite runs through; a new one takes a case here and one in `open`.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case model
    case sqlite

    var testDescription: String { rawValue }
}

/// Where a store of one kind lies, for as long as a test runs.
final class StorePlace {
    let kind: StoreKind
    private let disk = ModelDisk()
    private let folder: URL

    init(_ kind: StoreKind) throws {
        self.kind = kind
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("banjie-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Opens the store; an earlier one must be gone.
    func open() throws -> any Store {
        switch kind {
        case .model:
            ModelStore(disk: disk)
        case .sqlite:
            try SQLiteStore(
                path: folder.appendingPathComponent("store.db").path,
                tables: Samples.tables
            )
        }
    }
}
