import Foundation
import FuzzTargets
import Testing

/// Replays what the fuzz targets were given and what they found: `Tools/fuzz` looks for more.
@Suite struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz")

    /// The inputs that `Tools/fuzz` keeps, one on each line in base64.
    private static func corpus(of target: FuzzTarget) throws -> [Data] {
        let file = folder.appendingPathComponent("corpus/\(target.rawValue).base64")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            try #require(Data(base64Encoded: String(line)), "\(target.rawValue): \(line)")
        }
    }

    /// The inputs that have broken a promise, a file each; none when there is no folder.
    private static func findings(of target: FuzzTarget) throws -> [Data] {
        let folder = folder.appendingPathComponent("findings/\(target.rawValue)")
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        .map { try Data(contentsOf: $0) }
    }

    /// A broken promise traps: `swift run banjie-fuzz TARGET FILE…` then says on which finding, and
    /// `Tools/fuzz TARGET --seconds 0` on which input of the corpus.
    @Test("every promise is kept on every kept input", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) throws {
        let corpus = try Self.corpus(of: target)
        #expect(!corpus.isEmpty)
        for input in corpus + (try Self.findings(of: target)) {
            [UInt8](input).withUnsafeBytes { target.run($0) }
        }
    }
}
