import Foundation
import PrivateFiles
import Testing

@Suite struct PrivateFileTests {
    private let folder: String

    init() throws {
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "banjie-private-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func setMode(_ mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func whatIsMadeIsReadByItsOwnerAlone() throws {
        defer { remove() }
        let path = "\(folder)/key"
        let content = [UInt8](0...255)
        try PrivateFile.create(path, with: content)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try PrivateFile.read(path) == content)
        try PrivateFile.replace(path, with: [1])
        #expect(try PrivateFile.read(path) == [1])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["key"])
    }

    @Test func aFileThatIsThereIsLeftAlone() throws {
        defer { remove() }
        let path = "\(folder)/key"
        try PrivateFile.create(path, with: [1, 2])
        #expect(throws: PrivateFileError.system(purpose: "make", path: path, code: EEXIST)) {
            try PrivateFile.create(path, with: [3])
        }
        #expect(try PrivateFile.read(path) == [1, 2])
    }

    @Test(arguments: [0o604, 0o640, 0o602, 0o620, 0o610, 0o601, 0o666])
    func whatOthersMayOpenIsRefused(mode: Int) throws {
        defer { remove() }
        let path = "\(folder)/key"
        try PrivateFile.create(path, with: [1])
        try setMode(mode, of: path)
        let error = #expect(throws: PrivateFileError.self) { try PrivateFile.read(path) }
        #expect(error == .openToOthers(path, mode: UInt32(mode)))
        #expect(error?.description.contains("chmod 600 \(path)") == true)
    }

    @Test func onlyPlainFilesOfABoundedLengthAreRead() throws {
        defer { remove() }
        #expect(throws: PrivateFileError.notAFile(folder)) { try PrivateFile.read(folder) }
        let pipe = "\(folder)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: PrivateFileError.notAFile(pipe)) { try PrivateFile.read(pipe) }
        let missing = "\(folder)/missing"
        #expect(throws: PrivateFileError.system(purpose: "read", path: missing, code: ENOENT)) {
            try PrivateFile.read(missing)
        }
        let path = "\(folder)/key"
        try PrivateFile.create(path, with: [UInt8](repeating: 7, count: 40_000))
        #expect(try PrivateFile.read(path, longest: 40_000).count == 40_000)
        #expect(throws: PrivateFileError.tooLong(path, longest: 39_999)) {
            try PrivateFile.read(path, longest: 39_999)
        }
    }
}
