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
        private let isWhole: Bool
        private var matter: BroughtMatter
        private var step = Step.submit

        fileprivate init(_ number: Int, _ items: [String], isWhole: Bool) {
            self.isWhole = isWhole
            matter = BroughtMatter(items: items, caller: number)
        }

        package mutating func next() -> LoadCall {
            let (method, body) =
                switch step {
                case .submit: (CasesMethods.submit, matter.submission.encoded())
                case .accept: (CasesMethods.accept, matter.request.encoded())
                case .decide:
                    (
                        CasesMethods.decide,
                        DecideCaseRequest(
                            case: matter.serial,
                            result: .grant,
                            reason: "符合条件"
                        ).encoded()
                    )
                case .deliver: (CasesMethods.deliver, matter.request.encoded())
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
                wasExpected = matter.wasSubmitted(view)
                if isWhole { step = .accept } else { begin() }
            case .accept:
                wasExpected = matter.isShown(by: view, in: .accepted)
                step = .decide
            case .decide:
                wasExpected = matter.isShown(by: view, in: .decided)
                step = .deliver
            case .deliver:
                wasExpected = matter.isShown(by: view, in: .delivered)
                begin()
            }
            return wasExpected
        }

        package mutating func failed() { begin() }

        private mutating func begin() {
            matter.bringAnother()
            step = .submit
        }
    }
}
