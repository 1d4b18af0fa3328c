package import BanjieProtocol
import Foundation
package import PrivateFiles

/// The opinions that the server hasn't acknowledged, each in a file of its own: durable once `put` has
/// returned, so that neither side's restart loses one.
package struct Outbox: Sendable {
    private let folder: String

    /// Opens a folder, and makes it when it isn't there; only its owner may read it.
    package init(_ folder: String) throws(JointConfiguration.Failure) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw JointConfiguration.Failure(
                description: "the outbox \(folder) can't be made: \(error.localizedDescription)"
            )
        }
        self.folder = folder
    }

    /// Keeps an opinion, in the place of an earlier one of the same case.
    package func put(_ opinion: OpinionRequest) throws(PrivateFileError) {
        try PrivateFile.replace(path(of: opinion.case), with: opinion.encoded())
    }

    /// The opinion kept for a case; nil when there is none.
    package func opinion(on serial: String) -> OpinionRequest? { read(path(of: serial)) }

    /// Forgets the opinion on a case.
    package func remove(_ serial: String) {
        try? FileManager.default.removeItem(atPath: path(of: serial))
    }

    /// Keeps the reasons of an override, for the department to read: `CASE.overridden`.
    package func keep(_ notice: OverrideNotice) throws(PrivateFileError) {
        try PrivateFile.replace(
            path(of: notice.case, ".overridden"),
            with: Array((notice.reason + "\n").utf8)
        )
    }

    /// All the opinions that are kept, in the order of the cases. What isn't an opinion is left alone.
    package var all: [OpinionRequest] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(Self.suffix) }.sorted().compactMap {
            read("\(folder)/\($0)")
        }
    }

    private static let suffix = ".opinion"

    private func read(_ path: String) -> OpinionRequest? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? OpinionRequest(decoding: Array(data))
    }

    /// A serial is the server's word: whatever can't stand in a name is left out of it.
    private func path(of serial: String, _ suffix: String = Self.suffix) -> String {
        let name = serial.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        return "\(folder)/\(name)\(suffix)"
    }
}
