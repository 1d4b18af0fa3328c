internal import BanjieProtocol
internal import Digest
internal import Office
internal import Store

/// The chain of reviews' steps: each link's hash is over the one before and what the link says.
enum ReviewChain {
    static let start = [UInt8](repeating: 0, count: SHA256.byteCount)

    static func hash(of link: ReviewLink, after former: [UInt8]) -> [UInt8] {
        var said = link
        said.hash = []
        return SHA256.hash(former + said.encoded())
    }
}

extension CommandContext {
    /// Appends what has happened to a review since it was opened.
    func link(_ file: ReviewFile) throws(HandlerFailure) {
        let steps = file.history.audits.filter { $0.kind.hasPrefix("REVIEW_") }
        guard !steps.isEmpty else { return }
        let end = try loadIfPresent(ReviewChainRecord.self, ReviewChainRecord.onlyKey)
        var (sequence, hash) = (end?.sequence ?? 0, end?.hash ?? ReviewChain.start)
        for step in steps {
            sequence += 1
            let record = ReviewLinkRecord(
                sequence: sequence,
                at: step.at,
                case: file.record.key,
                what: step.kind,
                by: step.actor,
                state: file.state,
                grade: file.record.rating?.grade ?? 0,
                hash: []
            )
            hash = ReviewChain.hash(of: record.message, after: hash)
            unit.save(
                ReviewLinkRecord(
                    sequence: sequence,
                    at: record.at,
                    case: record.caseSerial,
                    what: record.what,
                    by: record.by,
                    state: record.state,
                    grade: record.grade,
                    hash: hash
                )
            )
        }
        unit.save(ReviewChainRecord(sequence: sequence, hash: hash))
    }
}

extension ReviewsService {
    func listLinks(
        _ request: ListReviewLinksRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ListReviewLinksReply {
        try validating(request)
        let page = try context.page(
            ReviewLinkRecord.self,
            Search(after: [.integer(Int64(clamping: request.after))], limit: Int(request.limit))
        )
        return ListReviewLinksReply(links: page.records.map(\.message), more: page.isMore)
    }

    func verifyChain(
        _ request: Empty,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ReviewChainVerdict {
        var verdict = ReviewChainVerdict(head: ReviewChain.start)
        var last: [String: ReviewLinkRecord] = [:]
        try context.forEach(ReviewLinkRecord.self) { record in
            guard verdict.problem.isEmpty else { return }
            let next = verdict.intact + 1
            guard UInt64(clamping: record.key) == next else {
                verdict.problem = "MISSING \(next)"
                return
            }
            guard ReviewChain.hash(of: record.message, after: verdict.head) == record.hash else {
                verdict.problem = "CHANGED \(next)"
                return
            }
            verdict.intact = next
            verdict.head = record.hash
            last[record.caseSerial] = record
        }
        let end = try context.loadIfPresent(ReviewChainRecord.self, ReviewChainRecord.onlyKey)
        if verdict.problem.isEmpty, let end, end.hash != verdict.head {
            verdict.problem = "CUT \(verdict.intact + 1)"
        }
        verdict.differing = try differing(from: last, in: &context)
        return verdict
    }

    /// The first hundred cases whose review isn't as its last step says, or of which there is but one of both.
    private func differing(
        from steps: [String: ReviewLinkRecord],
        in context: inout QueryContext
    ) throws(HandlerFailure) -> [String] {
        var unseen = steps
        var serials: [String] = []
        // As they lie there: what time has done since is no step yet.
        try context.forEach(ReviewRecord.self) { record in
            let file = ReviewFile(record: record, clocks: [])
            let step = unseen.removeValue(forKey: record.key)
            guard step?.state != file.state || step?.grade != record.rating?.grade ?? 0 else {
                return
            }
            serials.append(record.key)
        }
        return Array((serials + unseen.keys).sorted().prefix(100))
    }
}

extension ReviewLinkRecord {
    fileprivate var message: ReviewLink {
        ReviewLink(
            sequence: UInt64(clamping: key),
            at: at,
            case: caseSerial,
            what: what,
            by: by,
            state: state.message,
            grade: grade,
            hash: hash
        )
    }
}
