import BanjieProtocol

/// A matter that a caller brings, and the next when that is done with.
struct BroughtMatter {
    private let items: [String]
    private var number: Int
    /// Empty before it is there.
    private(set) var serial = ""

    /// - Parameters:
    ///   - items: the codes of the items, at least one, which the caller takes in turn.
    ///   - caller: begins with an item of its own.
    init(items: [String], caller: Int) {
        self.items = items
        number = caller
    }

    var submission: SubmitCaseRequest { LoadSite.submission(of: items[number % items.count]) }
    var request: CaseRequest { CaseRequest(case: serial) }

    /// Takes note of the matter; returns whether it is what was due.
    mutating func wasSubmitted(_ view: CaseView) -> Bool {
        serial = view.case
        return view.state == .received
    }

    /// Whether a view is of this matter, in a state.
    func isShown(by view: CaseView, in state: CaseState) -> Bool {
        view.case == serial && view.state == state
    }

    mutating func bringAnother() { number += 1 }
}
