import Foundation
import Testing

/// A file of `Protocol/vectors`.
package struct Vector: CustomTestStringConvertible, Sendable {
    package let name: String
    package let comments: [String]
    package let bytes: [UInt8]
    package var testDescription: String { name }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Protocol/vectors").standardizedFileURL

    /// Every vector that must decode.
    package static let sound = read(folder)
    /// Every vector that must be refused; the last comment is the code.
    package static let broken = read(folder.appending(path: "broken"))

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
