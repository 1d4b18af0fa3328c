import BanjieProtocol

/// Matters that are brought, and accepted, decided and delivered or left there.
package struct CaseLoad: Workload {
    private enum Step: Int, CaseIterable {
        case submit, accept, decide, deliver
    }

    package var operations: [String] { (isWhole ? Step.allCases : [.submit]).map { "\($0)" } }
    private let items: [String]
    private let isWhole: Bool

    /// - Parameters:
    ///   - items: the codes of the items, each of which takes 9 999 matters a day.
    ///   - isWhole: whether more is done than to bring them.
    /// - Precondition: there is at least one.
    package init(items: [String], isWhole: Bool = true) {
        precondition(!items.isEmpty, "matters are about items")
        self.items = items
        self.isWhole = isWhole
    }

    package func script(_ number: Int) -> Script { Script(number, items, isWhole: isWhole) }

    package struct Script: LoadScript {
        private let items: [String]
        private let isWhole: Bool
        private var brought: Int
        private var step = Step.submit
        private var serial = ""

        fileprivate init(_ number: Int, _ items: [String], isWhole: Bool) {
            self.items = items
            self.isWhole = isWhole
            brought = number
        }

        package mutating func next() -> LoadCall {
            let (method, body) =
                switch step {
                case .submit:
                    (
                        CasesMethods.submit,
                        LoadSite.submission(of: items[brought % items.count]).encoded()
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
                if isWhole { step = .accept } else { begin() }
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
