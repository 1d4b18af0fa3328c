package import BanjieProtocol

/// One call of a load.
package struct LoadCall: Sendable {
    /// Its kind's place in `Workload.operations`.
    package let operation: Int
    package let method: MethodDescriptor
    package let body: [UInt8]

    package init(_ operation: Int, _ method: MethodDescriptor, _ body: [UInt8]) {
        self.operation = operation
        self.method = method
        self.body = body
    }
}

/// What one caller does, call after call.
package protocol LoadScript: Sendable {
    mutating func next() -> LoadCall

    /// Takes note of the reply to the last call; returns whether it is what was due.
    mutating func received(_ reply: [UInt8]) -> Bool

    /// Takes note that the last call failed: what it was about is left as it is, for whether it was carried
    /// out isn't always known.
    mutating func failed()

    /// The deadline whose firing ends the last call, rather than its reply; nil for most.
    var awaitedFiring: UInt64? { get }
}

extension LoadScript {
    package var awaitedFiring: UInt64? { nil }
}

/// A kind of work that a server is loaded with.
package protocol Workload: Sendable {
    associatedtype Script: LoadScript

    /// The kinds of its calls.
    var operations: [String] { get }

    /// What the caller of this number does.
    func script(_ number: Int) -> Script

    /// What tells of the firings that its scripts await; nil when they await none.
    var firings: Firings? { get }
}

extension Workload {
    package var firings: Firings? { nil }
}

/// The workloads by the names that people give them.
package enum WorkloadName: String, CaseIterable, Sendable {
    case echo, arm, deadlines, submissions, cases, joint, watch, idle, wheel

    package var summary: String {
        switch self {
        case .echo: "Diagnostics.Echo: nothing but the protocol and the transport"
        case .arm: "Deadlines.Arm: durable before it is acknowledged"
        case .deadlines:
            "a deadline's life: arm, extend, pause, resume, complete; and one falls due"
        case .submissions:
            "Cases.Submit: a matter on record, with its deadlines, audit and notification"
        case .cases: "a matter's life: submit, accept, decide, deliver"
        case .joint: "a matter that two departments agree to, whose daemons attend"
        case .watch: "changes, each made when all --watchers have been told of the one before"
        case .idle: "nothing, on --connections connections: what they cost the server in memory"
        case .wheel: "the timing wheel alone, in this process, with --timers"
        }
    }
}
