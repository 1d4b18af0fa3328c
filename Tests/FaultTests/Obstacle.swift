import Foundation
import Glibc
import LocalServer

/// What keeps a store from growing, and how it is put in the way of a running server.
enum Obstacle: String, CaseIterable, Sendable {
    /// The process may not make files longer than its log is now.
    case fileSizeLimit
    /// A file system of its own that has no room left.
    case fullDisk

    /// Those that this machine lets us use.
    static let available = allCases.filter { obstacle in
        guard obstacle == .fullDisk, !SmallDisk.isAllowed else { return true }
        print("disk tests: no file system may be mounted here, so no disk is filled")
        return false
    }
}

/// A file system in memory of 4 MiB; unmounted when nobody holds it any more.
final class SmallDisk {
    let folder: URL

    static let isAllowed: Bool = (try? SmallDisk()) != nil

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "banjie-disk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        do {
            try Self.run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.path)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    deinit {
        // Lazily: a process that still ends may hold a file a moment longer.
        try? Self.run("umount", "--lazy", folder.path)
        try? FileManager.default.removeItem(at: folder)
    }

    private var filler: URL { folder.appending(path: "filler") }

    /// Takes all the room that is left.
    func fill() throws {
        let descriptor = open(filler.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard descriptor >= 0 else { throw ServerProcessError("the disk can't be filled") }
        defer { close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, zeros, zeros.count) > 0 {}
    }

    func makeRoom() throws { try FileManager.default.removeItem(at: filler) }

    /// Lets nobody write any more; no file may be open for writing.
    func seal() throws { try Self.run("mount", "-o", "remount,ro", folder.path) }

    private static func run(_ program: String, _ arguments: String...) throws {
        let run = try ProgramRun("/usr/bin/env", [program] + arguments)
        guard run.status == 0 else {
            throw ServerProcessError("\(program) failed: \(run.errors)")
        }
    }
}

/// An obstacle in the way of one server.
final class Blockade {
    private let obstacle: Obstacle
    private let disk: SmallDisk?
    let server: ServerProcess

    init(_ obstacle: Obstacle) throws {
        self.obstacle = obstacle
        // Whoever started us may ignore it, and then so would the server without any doing.
        signal(SIGXFSZ, SIG_DFL)
        disk = obstacle == .fullDisk ? try SmallDisk() : nil
        server = try ServerProcess(
            program: ServerProcess.builtProgram,
            folder: disk?.folder.appending(path: "data")
        )
    }

    deinit { server.kill() }

    func close() throws {
        switch obstacle {
        case .fullDisk: try disk?.fill()
        case .fileSizeLimit:
            let log = server.store.path + "-wal"
            let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int
            try limitFiles(to: "\(size ?? 0)")
        }
    }

    func open() throws {
        switch obstacle {
        case .fullDisk: try disk?.makeRoom()
        case .fileSizeLimit: try limitFiles(to: "unlimited")
        }
    }

    private func limitFiles(to bytes: String) throws {
        guard let process = server.processID else { throw ServerProcessError("no server runs") }
        let run = try ProgramRun(
            "/usr/bin/env",
            ["prlimit", "--pid", "\(process)", "--fsize=\(bytes):"]
        )
        guard run.status == 0 else { throw ServerProcessError("prlimit failed: \(run.errors)") }
    }
}
