import Foundation
import Testing

/// The files of `Protocol/vectors`.
struct Vector: CustomTestStringConvertible {
    let name: String
    let comments: [String]
    let bytes: [UInt8]
    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Protocol/vectors").standardizedFileURL

    /// Every vector that must decode.
    static let sound = read(folder)
    /// Every vector that must be refused; the last comment is the code.
    static let broken = read(folder.appending(path: "broken"))

    private static func read(_ folder: URL) -> [Vector] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".hex") }.sorted().compactMap { name in
            guard let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
            else { return nil }
            return Vector(name: name, text: text)
        }
    }

    private init(name: String, text: String) {
        let lines = text.split(separator: "\n")
        self.name = name
        comments = lines.filter { $0.hasPrefix("#") }.map { String($0.dropFirst(2)) }
        bytes = lines.filter { !$0.hasPrefix("#") }.flatMap { $0.split(separator: " ") }
            .compactMap { UInt8($0, radix: 16) }
    }
}
