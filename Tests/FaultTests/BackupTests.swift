import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Store
import StoreSQLite
import Testing

/// Backups by the command, of a server under load, with processes that are killed.
@Suite struct BackupTests {
    private static let start = Instant(unixSeconds: 1_772_416_800)

    private static var command: String {
        URL(filePath: ServerProcess.builtProgram).deletingLastPathComponent()
            .appending(path: "banjie").path
    }

    private static func arm(_ office: LocalOffice, while goesOn: () -> Bool) async throws
        -> [UInt64]
    {
        let deadlines = DeadlinesClient(try office.operator())
        var armed: [UInt64] = []
        while goesOn() {
            armed.append(try await deadlines.arm(ArmRequest(limit: 3, unit: .working)).deadline)
        }
        return armed
    }

    /// A copy that is taken under load holds what was answered before it began; a server goes on from it,
    /// and what falls due fires, dated when it was due.
    @Test func aServerGoesOnFromABackup() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(Self.start))
        let office = try LocalOffice(on: server)
        var number = 0
        let before = try await Self.arm(office) {
            number += 1
            return number <= 200
        }
        let file = server.folder.appending(path: "copy").path
        let process = try ChildProcess(
            Self.command,
            ["backup", file, "--store", server.store.path],
            output: .null
        )
        _ = try await Self.arm(office) { process.isRunning }
        #expect(process.wait() == .code(0))
        server.kill()

        let other = try ServerProcess(program: ServerProcess.builtProgram)
        let restored = try ProgramRun(
            Self.command,
            ["restore", file, "--store", other.store.path, "--json"]
        )
        #expect(restored.status == 0, "\(restored.errors)")
        try FileManager.default.copyItem(at: server.keys, to: other.keys)
        try FileManager.default.copyItem(
            at: server.folder.appending(path: "operator.secret"),
            to: other.folder.appending(path: "operator.secret")
        )
        try other.start(.virtual(Self.start.adding(seconds: 8 * Instant.secondsPerDay)))
        let second = try LocalOffice(on: other)
        let deadlines = DeadlinesClient(try second.operator())
        for deadline in before {
            let view = try await deadlines.get(DeadlineRequest(deadline: deadline))
            #expect(view.state == .expired)
            #expect(view.fired.map(\.at) == [Instant("2026-03-06T00:00:00")])
        }
    }

    /// Killed at any moment, it leaves nothing that passes as a backup but a whole one.
    @Test func aBackupThatIsKilledIsNone() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(Self.start))
        let office = try LocalOffice(on: server)
        var number = 0
        _ = try await Self.arm(office) {
            number += 1
            return number <= 500
        }
        var cut = 0
        for round in 0..<12 {
            let file = server.folder.appending(path: "copy-\(round)").path
            let process = try ChildProcess(
                Self.command,
                ["backup", file, "--store", server.store.path],
                output: .null
            )
            usleep(UInt32(round) * 6_000)
            process.send(SIGKILL)
            process.wait()
            let place = server.folder.appending(path: "place-\(round)").path
            do {
                _ = try StoreBackup.restore(file, as: place)
                let verdict = try AuditVerification.verify(path: place)
                guard case .intact = verdict else {
                    Issue.record("round \(round) left a broken copy")
                    continue
                }
            } catch {
                cut += 1
                #expect(!FileManager.default.fileExists(atPath: place))
            }
        }
        #expect(cut > 0)
        // The server hasn't noticed any of it.
        _ = try await DeadlinesClient(try office.operator())
            .arm(ArmRequest(limit: 3, unit: .working))
    }
}
