internal import BanjieProtocol

/// Tells what keeps the server from doing all of its work.
struct HealthService: HealthQueries, HealthWatches, Sendable {
    func check(
        _ request: Empty,
        in context: inout ServerStatus
    ) throws(HandlerFailure) -> HealthReply {
        HealthReply(context.problems)
    }

    func watch(
        _ request: Empty,
        in context: inout ServerStatus
    ) throws(HandlerFailure) -> HealthWatch {
        HealthWatch()
    }
}

/// Tells a caller of every change, and ends when the server drains, which else would wait for it.
struct HealthWatch: ServedWatch {
    /// What was told last; nil before anything was.
    private var told: [HealthProblem]?

    mutating func next(
        in context: inout ServerStatus
    ) throws(HandlerFailure) -> StreamStep<HealthReply> {
        let problems = context.problems
        guard problems == told else {
            told = problems
            return .message(HealthReply(problems))
        }
        return context.draining ? .finished : .waiting
    }
}

extension HealthReply {
    fileprivate init(_ problems: [HealthProblem]) {
        self.init(serving: problems.isEmpty, problems: problems)
    }
}

extension ServerStatus {
    /// Whether the same is wrong. Allocates nothing, since it is asked after each batch.
    func isAsHealthy(as other: ServerStatus) -> Bool {
        draining == other.draining && writable == other.writable && firing == other.firing
    }

    /// What is wrong with the server.
    var problems: [HealthProblem] {
        var problems: [HealthProblem] = []
        if draining { problems.append(.draining) }
        if !writable { problems.append(.storeNotWritable) }
        if !firing { problems.append(.clockUnconfirmed) }
        return problems
    }
}
