import BanjieProtocol

/// Matters that are brought, accepted, decided and delivered.
package struct CaseLoad: Workload {
    private enum Step: Int, CaseIterable {
        case submit, accept, decide, deliver
    }

    package var operations: [String] { Step.allCases.map { "\($0)" } }
    private let items: [String]

    /// - Parameter items: the codes of the items, each of which takes 9 999 matters a day.
    /// - Precondition: there is at least one.
    package init(items: [String]) {
        precondition(!items.isEmpty, "matters are about items")
        self.items = items
    }

    package func script(_ number: Int) -> Script { Script(number, items) }

    package struct Script: LoadScript {
        private let items: [String]
        private var brought: Int
        private var step = Step.submit
        private var serial = ""

        fileprivate init(_ number: Int, _ items: [String]) {
            self.items = items
            brought = number
        }

        package mutating func next() -> LoadCall {
            let (method, body) =
                switch step {
                case .submit:
                    (
                        CasesMethods.submit,
                        SubmitCaseRequest(
                            item: items[brought % items.count],
                            applicant: "load-applicant"
                        ).encoded()
                    )
                case .accept: (CasesMethods.accept, CaseRequest(case: serial).encoded())
                case .decide:
                    (
                        CasesMethods.decide,
                        DecideCaseRequest(case: serial, result: .grant, reason: "符合条件")
                            .encoded()
                    )
                case .deliver: (CasesMethods.deliver, CaseRequest(case: serial).encoded())
                }
            return LoadCall(step.rawValue, method, body)
        }

        package mutating func received(_ reply: [UInt8]) -> Bool {
            guard let view = try? CaseView(decoding: reply) else {
                begin()
                return false
            }
            let wasExpected: Bool
            switch step {
            case .submit:
                serial = view.case
                wasExpected = view.state == .received
                step = .accept
            case .accept:
                wasExpected = view.case == serial && view.state == .accepted
                step = .decide
            case .decide:
                wasExpected = view.case == serial && view.state == .decided
                step = .deliver
            case .deliver:
                wasExpected = view.case == serial && view.state == .delivered
                begin()
            }
            return wasExpected
        }

        package mutating func failed() { begin() }

        private mutating func begin() {
            brought += 1
            step = .submit
        }
    }
}
