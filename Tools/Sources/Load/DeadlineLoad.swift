import BanjieProtocol
import CivilTime

/// Deadlines that are only armed, or live through everything that happens to one.
package struct DeadlineLoad: Workload {
    fileprivate enum Step: Int, CaseIterable {
        case arm, extend, pause, resume, complete
        /// One is armed whose budget is used up already: from its arming until it is told that it fired.
        case due
    }

    package var operations: [String] { steps.map { "\($0)" } }
    package let firings: Firings?
    private let steps: [Step]

    private init(_ steps: [Step], _ firings: Firings? = nil) {
        self.steps = steps
        self.firings = firings
    }

    package static var arm: DeadlineLoad { DeadlineLoad([.arm]) }

    /// - Parameter firings: tells which deadlines have fired.
    package static func life(_ firings: Firings) -> DeadlineLoad {
        DeadlineLoad(Step.allCases, firings)
    }

    package func script(_ number: Int) -> Script {
        Script(number, steps, dueLabel: firings?.label ?? "")
    }

    package struct Script: LoadScript {
        private let steps: [Step]
        private let label: String
        private let dueLabel: String
        /// How many deadlines this caller has begun: each has another budget.
        private var armed: Int
        private var position = 0
        private var deadline: UInt64 = 0
        package private(set) var awaitedFiring: UInt64?

        fileprivate init(_ number: Int, _ steps: [Step], dueLabel: String) {
            self.steps = steps
            self.dueLabel = dueLabel
            label = "load/\(number)"
            armed = number
        }

        private var limit: Int32 { Int32(1 + armed % 250) }

        package mutating func next() -> LoadCall {
            let step = steps[position]
            awaitedFiring = nil
            let (method, body) =
                switch step {
                case .arm:
                    (
                        DeadlinesMethods.arm,
                        ArmRequest(
                            limit: limit,
                            unit: .working,
                            rungs: [.yellow, .red],
                            label: label
                        ).encoded()
                    )
                case .extend:
                    (
                        DeadlinesMethods.extend,
                        ExtendDeadlineRequest(deadline: deadline, amount: 5, reason: "load")
                            .encoded()
                    )
                case .pause:
                    (
                        DeadlinesMethods.pause,
                        DeadlineReasonRequest(deadline: deadline, reason: "load").encoded()
                    )
                case .resume:
                    (DeadlinesMethods.resume, DeadlineRequest(deadline: deadline).encoded())
                case .complete:
                    (DeadlinesMethods.complete, DeadlineRequest(deadline: deadline).encoded())
                case .due:
                    (
                        DeadlinesMethods.arm,
                        ArmRequest(
                            limit: 1,
                            unit: .working,
                            start: Instant("2025-01-06T09:00:00"),
                            rungs: [.expire],
                            label: dueLabel
                        ).encoded()
                    )
                }
            return LoadCall(position, method, body)
        }

        package mutating func received(_ reply: [UInt8]) -> Bool {
            let step = steps[position]
            position = (position + 1) % steps.count
            guard let view = try? DeadlineView(decoding: reply) else {
                position = 0
                return false
            }
            switch step {
            case .arm:
                deadline = view.deadline
                let wasExpected = view.state == .running && view.limit == limit
                if steps.count == 1 { armed += 1 }
                return wasExpected
            case .extend:
                return view.deadline == deadline && view.limit == limit + 5
            case .pause:
                return view.deadline == deadline && view.state == .paused
            case .resume:
                return view.deadline == deadline && view.state == .running
            case .complete:
                return view.deadline == deadline && view.state == .completed
            case .due:
                armed += 1
                awaitedFiring = view.deadline
                return view.limit == 1
            }
        }

        package mutating func failed() {
            position = 0
            armed += 1
        }
    }
}
