internal import BanjieProtocol

/// Tells what keeps the server from doing all of its work.
struct HealthService: HealthQueries, Sendable {
    func check(
        _ request: Empty,
        in context: inout ServerStatus
    ) throws(HandlerFailure) -> HealthReply {
        var problems: [HealthProblem] = []
        if context.draining { problems.append(.draining) }
        if !context.writable { problems.append(.storeNotWritable) }
        if !context.firing { problems.append(.clockUnconfirmed) }
        return HealthReply(serving: problems.isEmpty, problems: problems)
    }
}
