import BanjieClient
import BanjieProtocol
import Foundation
import Load
import Synchronization

/// What a server does under more than it can carry, and how soon it is as before.
struct OverloadBench {
    let workshop: Workshop

    /// Prints a table: a closed loop, then its rate and multiples of it as open loops.
    func run() async throws {
        let table = LoadTable(
            "Under overload",
            [
                "offered a second", "done a second", "refused a second", "other failures",
                "p50 ms", "p99 ms", "memory MiB", "as before after, s",
            ]
        )
        let seconds = workshop.seconds ?? 8
        let data = workshop.folder.appending(path: "overload")
        let server = try workshop.startBanjied(data: data)
        defer { server.stop() }
        let closed = try workshop.loadTool(
            "arm",
            (server, data),
            ["--connections", "16", "--in-flight", "64", "--seconds", "\(seconds)"]
        )
        table.add(cells("closed loop, 16 × 64", closed, server) + [""])
        for multiple in [1.0, 2, 3] {
            let rate = Int(closed.callsPerSecond * multiple)
            let probe = try await Probe.start(over: workshop.connect(to: server, data))
            let clock = ContinuousClock()
            let begun = clock.now
            let offered = try workshop.loadTool(
                "arm",
                (server, data),
                [
                    "--connections", "64", "--in-flight", "1000", "--rate", "\(rate)",
                    "--seconds", "\(seconds)",
                ],
                mayRefuse: true
            )
            // The program takes a moment before it begins: what is told is no less than what it was.
            let over = begun + .seconds(seconds + 1)
            try await Task.sleep(for: .seconds(2))
            let recovered = await probe.end(recoveringFrom: over)
            table.add(
                cells("\(LoadTable.figure(Double(rate)))", offered, server)
                    + [recovered.map { String(format: "%.2f", $0) } ?? "not within 2"]
            )
        }
    }

    private func cells(
        _ offered: String,
        _ figures: LoadFigures,
        _ server: RunningServer
    ) -> [String] {
        let refused = figures.failures.filter { $0.status == "RESOURCE_EXHAUSTED" }
        let calls = refused.reduce(0) { $0 + $1.calls }
        let others = figures.failures.reduce(0) { $0 + $1.calls } - calls
        return [
            offered, LoadTable.figure(figures.callsPerSecond),
            LoadTable.figure(Double(calls) / figures.seconds), "\(others)",
            LoadTable.milliseconds(figures.p50), LoadTable.milliseconds(figures.p99),
            LoadTable.mebibytes(server.residentBytes),
        ]
    }
}

/// Somebody who arms one deadline after the other, and sees how long that takes.
private final class Probe: Sendable {
    private struct Look {
        let begun: ContinuousClock.Instant
        /// Nil when it was refused.
        let seconds: Double?
    }

    private static let settlingLooks = 100
    private static let calmLooks = 20

    private let connection: Connection
    private let looks = Mutex<[Look]>([])
    private let task = Mutex<Task<Void, Never>?>(nil)

    private init(_ connection: Connection) { self.connection = connection }

    /// One that has seen how long a call takes while nothing else is asked.
    static func start(over connection: Connection) async throws -> Probe {
        let probe = Probe(connection)
        for _ in 0..<settlingLooks { await probe.look() }
        let task = Task {
            while !Task.isCancelled {
                await probe.look()
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        probe.task.withLock { $0 = task }
        return probe
    }

    private func look() async {
        let clock = ContinuousClock()
        let begun = clock.now
        let reply = try? await DeadlinesClient(connection).arm(
            ArmRequest(limit: 5, unit: .working, rungs: [.yellow, .red], label: "probe"),
            options: CallOptions(timeoutMillis: 5000)
        )
        let seconds = reply.map { _ in (clock.now - begun).seconds }
        looks.withLock { $0.append(Look(begun: begun, seconds: seconds)) }
    }

    /// How long after `moment` calls began to be as at first: none of so many in a row was refused or took
    /// longer than ten times what it took then. Nil when that wasn't seen.
    func end(recoveringFrom moment: ContinuousClock.Instant) async -> Double? {
        let task = task.withLock { $0.take() }
        task?.cancel()
        await task?.value
        connection.close()
        let looks = looks.withLock { $0 }
        let atFirst = looks.prefix(Self.settlingLooks).compactMap(\.seconds).sorted()
        guard let median = atFirst.dropFirst(atFirst.count / 2).first else { return nil }
        let after = looks.filter { $0.begun >= moment }
        let isGood = after.map { look in look.seconds.map { $0 <= 10 * median } ?? false }
        let first = after.indices.first { place in
            let row = isGood[place...].prefix(Self.calmLooks)
            return row.count == Self.calmLooks && row.allSatisfy(\.self)
        }
        return first.map { (after[$0].begun - moment).seconds }
    }
}
