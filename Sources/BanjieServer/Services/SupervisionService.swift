internal import BanjieProtocol
internal import Office

/// How units' work is assessed.
struct SupervisionService: SupervisionQueries, Sendable {
    func score(
        _ request: ScoreRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> ScoreReply {
        try validating(request)
        let score = try ruling { () throws(Refusal) in
            try AssessmentScore(
                warningTriples: request.warningTriples,
                yellow: request.yellow,
                red: request.red,
                completed: request.completed,
                early: request.early
            )
        }
        return ScoreReply(
            score: score.total,
            lines: score.lines.map { line in
                ScoreLine(
                    item: ScoreItem(rawValue: line.item.rawValue),
                    count: line.count,
                    each: line.item.each,
                    points: line.points
                )
            }
        )
    }
}
