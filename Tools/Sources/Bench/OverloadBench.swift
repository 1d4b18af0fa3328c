import BanjieClient
import BanjieProtocol
import Foundation
import Load
import Synchronization

/// What a server does under more than it can carry, and how soon it is as before.
///
/// The load is an open loop in C: it takes less of the machine, which it shares with the server, than any in
/// Swift would, and so more is left for what is measured.
struct OverloadBench {
    /// What was seen of one load.
    private struct Look {
        let load: Load
        let memory: Double?
        /// In seconds; nil when it wasn't seen.
        let recovery: Double?
    }

    /// Parts of a closed loop's rate at which the most is looked for that an open loop gets done: its calls
    /// come one by one, not as many as there are answers, and cost more.
    private static let parts = [0.5, 0.6, 0.7, 0.8, 0.9, 1]
    private static let multiples = [1.0, 2, 3]

    let workshop: Workshop

    /// Prints a table: the most that is done in a second, and multiples of it, as rates.
    func run() async throws {
        let table = LoadTable(
            "Under overload",
            [
                "offered a second", "done a second", "of the first row", "refused a second",
                "p50 ms",
                "p99 ms", "memory MiB", "as before after, s",
            ]
        )
        let seconds = workshop.seconds ?? 2
        let data = workshop.folder.appending(path: "overload")
        let server = try workshop.startBanjied(data: data)
        defer { server.stop() }
        let signIn = ["operator", data.appending(path: "operator.secret").path]

        func offer(_ rate: Double) throws -> Load {
            try workshop.load(
                server,
                "arm",
                64,
                1000,
                signIn: signIn,
                seconds: seconds,
                rate: rate
            )
        }

        let closed = try workshop.load(server, "arm", 16, 64, signIn: signIn, seconds: seconds)
        workshop.note("closed loop, 16 × 64: \(LoadTable.figure(closed.perSecond)) a second")
        var carried = 0.0
        for part in Self.parts {
            let rate = closed.perSecond * part
            let done = try offer(rate).perSecond
            workshop.note("\(LoadTable.figure(rate)) offered: \(LoadTable.figure(done)) done")
            carried = max(carried, done)
        }
        var looks = Self.multiples.map { _ in [Look]() }
        for _ in 0..<workshop.rounds {
            for (place, multiple) in Self.multiples.enumerated() {
                let probe = try await Probe.start(over: workshop.connect(to: server, data))
                let load = try offer(carried * multiple)
                let over = ContinuousClock.now
                try await Task.sleep(for: .seconds(2))
                looks[place].append(
                    Look(
                        load: load,
                        memory: server.residentBytes,
                        recovery: await probe.end(recoveringFrom: over)
                    )
                )
            }
        }
        let first = looks[0]
        for (multiple, looks) in zip(Self.multiples, looks) {
            table.add(cells(carried * multiple, looks, beside: first))
        }
    }

    /// A row: what is said by several looks, in the middle and at its least and most.
    ///
    /// - Parameter first: the looks of the first row. What was done is held against the same round's, for a
    ///   machine that others work on is fast and slow for seconds at a time.
    private func cells(_ offered: Double, _ looks: [Look], beside first: [Look]) -> [String] {
        func spread(_ values: [Double], _ text: (Double) -> String) -> String {
            guard let least = values.min(), let most = values.max() else { return "" }
            return "\(text(Row.median(values))) (\(text(least)) … \(text(most)))"
        }
        return [
            LoadTable.figure(offered), spread(looks.map(\.load.perSecond), LoadTable.figure),
            spread(zip(looks, first).map { $0.load.perSecond / $1.load.perSecond }) {
                String(format: "%.2f", $0)
            },
            spread(looks.map { $0.load.refusedPerSecond ?? 0 }, LoadTable.figure),
            spread(looks.map(\.load.p50Us), LoadTable.milliseconds),
            spread(looks.map(\.load.p99Us), LoadTable.milliseconds),
            LoadTable.mebibytes(looks.compactMap(\.memory).max()),
            spread(looks.map { $0.recovery ?? .infinity }) { String(format: "%.2f", $0) },
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
