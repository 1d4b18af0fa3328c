import BanjieProtocol

/// Deadlines that are only armed, or live through everything that happens to one.
package struct DeadlineLoad: Workload {
    fileprivate enum Step: Int, CaseIterable {
        case arm, extend, pause, resume, complete
    }

    package var operations: [String] { steps.map { "\($0)" } }
    private let steps: [Step]

    private init(_ steps: [Step]) { self.steps = steps }

    package static var arm: DeadlineLoad { DeadlineLoad([.arm]) }
    package static var life: DeadlineLoad { DeadlineLoad(Step.allCases) }

    package func script(_ number: Int) -> Script { Script(number, steps) }

    package struct Script: LoadScript {
        private let steps: [Step]
        private let label: String
        /// How many deadlines this caller has begun: each has another budget.
        private var armed: Int
        private var position = 0
        private var deadline: UInt64 = 0

        fileprivate init(_ number: Int, _ steps: [Step]) {
            self.steps = steps
            label = "load/\(number)"
            armed = number
        }

        private var limit: Int32 { Int32(1 + armed % 250) }

        package mutating func next() -> LoadCall {
            let step = steps[position]
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
                armed += 1
                return view.deadline == deadline && view.state == .completed
            }
        }

        package mutating func failed() {
            position = 0
            armed += 1
        }
    }
}
