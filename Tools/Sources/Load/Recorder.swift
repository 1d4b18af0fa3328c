package import BanjieProtocol
import Synchronization
import Wire

/// Why calls failed, in the way in which they are counted.
package struct FailureKind: Codable, Hashable, Sendable, Comparable {
    package let status: String
    package let reason: String

    package static func < (left: FailureKind, right: FailureKind) -> Bool {
        (left.status, left.reason) < (right.status, right.reason)
    }

    /// A reply that isn't what was due.
    package static let wrongAnswer = FailureKind(status: "OK", reason: "WRONG_ANSWER")

    /// A deadline that was due, and of whose firing nobody was told.
    package static let untold = FailureKind(status: "OK", reason: "UNTOLD")

    package init(status: String, reason: String) {
        self.status = status
        self.reason = reason
    }

    package init(_ error: CallError) {
        self.init(status: error.status.name, reason: error.reason)
    }
}

/// What was seen of the calls that ended within a span of time.
package struct Observations: Codable, Sendable {
    /// Of the calls that succeeded, by operation.
    package private(set) var latencies: [LatencyHistogram]
    package private(set) var failures: [FailureKind: UInt64] = [:]
    /// What the first failure of a kind said.
    package private(set) var messages: [FailureKind: String] = [:]

    package init(operations: Int) {
        latencies = Array(repeating: LatencyHistogram(), count: operations)
    }

    package mutating func succeeded(_ operation: Int, after nanoseconds: UInt64) {
        latencies[operation].record(nanoseconds)
    }

    package mutating func failed(_ kind: FailureKind, _ message: () -> String) {
        failures[kind, default: 0] += 1
        if messages[kind] == nil { messages[kind] = message() }
    }

    package mutating func merge(_ other: Observations) {
        for index in latencies.indices { latencies[index].merge(other.latencies[index]) }
        failures.merge(other.failures, uniquingKeysWith: +)
        messages.merge(other.messages) { first, _ in first }
    }

    /// Of all operations together.
    package var all: LatencyHistogram {
        latencies.reduce(into: LatencyHistogram()) { $0.merge($1) }
    }

    package var failureCount: UInt64 { failures.values.reduce(0, +) }
}

/// Gathers what callers see, on whatever thread they see it.
final class Recorder: Sendable {
    private let observations: Mutex<Observations>
    private let operations: Int

    init(operations: Int) {
        self.operations = operations
        observations = Mutex(Observations(operations: operations))
    }

    func succeeded(_ operation: Int, after nanoseconds: UInt64) {
        observations.withLock { $0.succeeded(operation, after: nanoseconds) }
    }

    func failed(_ kind: FailureKind, _ message: () -> String) {
        observations.withLock { $0.failed(kind, message) }
    }

    /// What was seen since it was last asked.
    func take() -> Observations {
        let fresh = Observations(operations: operations)
        return observations.withLock { current in
            let taken = current
            current = fresh
            return taken
        }
    }
}
