import BanjieClient
import BanjieProtocol
import LocalServer
import Synchronization

/// What well-behaved clients have seen: how long each call took, and how many failed.
package struct Service: Sendable {
    package fileprivate(set) var echoes: [Duration] = []
    package fileprivate(set) var arms: [Duration] = []
    /// Watches opened and read to their hundredth message.
    package fileprivate(set) var watches: [Duration] = []
    package fileprivate(set) var failures: [String] = []

    /// The duration that `part` of them, from 0 to 1, don't exceed.
    package static func quantile(_ part: Double, of durations: [Duration]) -> Duration {
        let sorted = durations.sorted()
        guard let last = sorted.indices.last else { return .zero }
        return sorted[min(last, Int(Double(sorted.count) * part))]
    }
}

/// Clients that go on with their work while the server is attacked.
final class GoodClients: Sendable {
    private enum Kind: CaseIterable { case echo, arm, watch }

    private let service = Mutex(Service())
    private let isOver = Mutex(false)
    private let mayBeRefused: Bool
    private let echo: Connection
    private let arm: Connection
    private let watch: Connection

    /// Connects; calls aren't sent again, so that what fails is seen.
    ///
    /// - Parameter mayBeRefused: whether there may be more to do than the server takes: whoever is refused for
    ///   that comes again when the server has asked it to.
    init(in office: LocalOffice, mayBeRefused: Bool = false) throws {
        self.mayBeRefused = mayBeRefused
        echo = try office.connect(as: nil, attempts: 1)
        arm = try office.connect(as: "operator", attempts: 1)
        watch = try office.connect(as: "operator", attempts: 1)
    }

    /// Works until `attack` is over; returns what was seen.
    func serve(during attack: () async throws -> Void) async throws -> Service {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for kind in Kind.allCases { group.addTask { await self.work(kind) } }
            defer { isOver.withLock { $0 = true } }
            try await attack()
        }
        for connection in [echo, arm, watch] { connection.close() }
        return service.withLock { $0 }
    }

    private func work(_ kind: Kind) async {
        while !isOver.withLock({ $0 }) {
            let begin = ContinuousClock.now
            do {
                switch kind {
                case .echo:
                    _ = try await DiagnosticsClient(echo).echo(EchoRequest(payload: [1, 2, 3]))
                case .arm:
                    _ = try await DeadlinesClient(arm).arm(
                        ArmRequest(limit: 9, unit: .working, label: "good")
                    )
                case .watch: try await readWatch()
                }
                let duration = ContinuousClock.now - begin
                service.withLock {
                    switch kind {
                    case .echo: $0.echoes.append(duration)
                    case .arm: $0.arms.append(duration)
                    case .watch: $0.watches.append(duration)
                    }
                }
            } catch let error as CallError
                where mayBeRefused && error.reason == Reason.overloaded.rawValue
            {
                try? await Task.sleep(for: .milliseconds(Int(error.retryAfterMillis ?? 0)))
            } catch {
                service.withLock { $0.failures.append("\(kind): \(error)") }
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Reads the first hundred firings, in order.
    private func readWatch() async throws {
        var last: UInt64 = 0
        var count = 0
        for try await event in DeadlinesClient(watch).watch(WatchFiredRequest(after: 0)) {
            guard event.sequence >= last else { throw ServerProcessError("a firing out of order") }
            last = event.sequence
            count += 1
            if count == 100 { return }
        }
        throw ServerProcessError("a watch ended after \(count) firings")
    }
}
