import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Synchronization
import TLS
import TestCertificates

/// What an attack has done to a server.
package struct AttackReport: Sendable {
    package let attack: Attack
    package let endings: Attack.Endings
    /// Memory that the server's process held, in bytes: before, at most during, and after the attack.
    package let before: Int
    package let peak: Int
    package let after: Int
    package let service: Service

    /// Whether the peers were ended as is due, and only so. One whose thread a busy machine keeps waiting for
    /// longer than the server's patience is ended as silent before it has done its worst.
    package var endedAsExpected: Bool {
        let ends = Set(endings.keys)
        return ends.isSubset(of: attack.expected.union(["PEER_SILENT"]))
            && !ends.isDisjoint(with: attack.expected)
    }
}

/// A server with short waits and little patience, and attacks on it.
package final class Campaign {
    private let server: ServerProcess
    private let office: LocalOffice
    private let target: Target

    /// What the server is told, so that an attack is over in seconds. What bounds memory is as it is by
    /// default.
    package static let limits = [
        "handshake_millis": 3_000, "frame_millis": 3_500, "request_millis": 1_500,
        "idle_millis": 1_000, "pong_millis": 1_000, "output_stall_millis": 1_500,
        "connections_per_address": 500, "tls_handshakes_per_address": 32,
    ]

    /// Firings that watches read.
    private static let firings = 1_000

    /// Starts a server, with something to watch.
    package init(program: String) async throws {
        let authority = try TestAuthority()
        let files = try authority.issueServer()
        server = try ServerProcess(program: program)
        let monday = CivilDate(year: 2026, month: 3, day: 2)
        guard let monday else { throw ServerProcessError("there is no such day") }
        try server.start(
            .virtual(monday.start),
            options: [
                "--listen", "127.0.0.1:0,tls:127.0.0.1:0",
                "--tls-certificate", files.certificate, "--tls-key", files.key,
            ]
                + Self.limits.flatMap { name, value in
                    ["--limits-\(name.replacing("_", with: "-"))", "\(value)"]
                }
        )
        office = try LocalOffice(on: server)
        let secured = server.readyLine.split(whereSeparator: { " ,=".contains($0) })
            .first { $0.hasPrefix("tls:") }
        target = Target(
            address: server.address,
            securedAddress: String(secured?.dropFirst(4) ?? ""),
            secret: try server.operatorSecret()
        )
        let deadlines = DeadlinesClient(try office.operator())
        let label = String(repeating: "x", count: 100)
        for _ in 0..<Self.firings {
            _ = try await deadlines.arm(ArmRequest(limit: 1, unit: .working, label: label))
        }
        _ = try await AdminClient(try office.operator()).advanceClock(
            AdvanceClockRequest(to: monday.adding(days: 4).start)
        )
        office.disconnect()
    }

    /// Makes an attack while good clients work, and for a second more.
    package func run(_ attack: Attack) async throws -> AttackReport {
        let clients = try GoodClients(
            in: office,
            mayBeRefused: attack.expected.contains(Reason.overloaded.rawValue)
        )
        let target = target
        let before = try memory()
        let gauge = MemoryGauge(try process())
        let endings = Mutex<Attack.Endings>([:])
        let service = try await clients.serve {
            let result = try await onThread { try attack.run(target) }
            endings.withLock { $0 = result }
            try await Task.sleep(for: .seconds(1))
        }
        return AttackReport(
            attack: attack,
            endings: endings.withLock { $0 },
            before: before,
            peak: gauge.stop(),
            after: try memory(),
            service: service
        )
    }

    /// What good clients see of a server that nobody attacks.
    package func quiet() async throws -> Service {
        try await GoodClients(in: office).serve { try await Task.sleep(for: .seconds(2)) }
    }

    /// Whether the server stops as it should.
    package func stop() -> Bool {
        server.terminate()
        return server.waitForExit(seconds: 40) == .code(0)
    }

    private func process() throws -> Int32 {
        guard let id = server.processID else {
            throw ServerProcessError("the server has ended: \(try server.logged())")
        }
        return id
    }

    private func memory() throws -> Int { MemoryGauge.resident(try process()) }
}

/// Looks at how much memory a process holds, every 20 ms.
private final class MemoryGauge: Sendable {
    private let peak: Mutex<Int>
    private let isOver = Mutex(false)

    init(_ process: Int32) {
        peak = Mutex(Self.resident(process))
        Thread.detachNewThread { [self] in
            while !isOver.withLock({ $0 }) {
                let now = Self.resident(process)
                peak.withLock { $0 = max($0, now) }
                usleep(20_000)
            }
        }
    }

    /// Ends the looking; returns the most that was seen.
    func stop() -> Int {
        isOver.withLock { $0 = true }
        return peak.withLock { $0 }
    }

    /// Bytes in memory; 0 when the process is gone.
    static func resident(_ process: Int32) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
