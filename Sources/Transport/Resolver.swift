import Synchronization

/// Has the names of hosts resolved on threads of its own, since that takes as long as it takes and can't be
/// given up. They are started when there is something to do, and end when there is nothing. A name that hangs
/// holds one of them however often it is asked for.
final class Resolver: Sendable {
    /// Looks up an endpoint's addresses, waiting for as long as that takes.
    typealias LookUp = @Sendable (Endpoint) throws(TransportError) -> [Address]

    typealias Answer = Result<[Address], TransportError>

    /// What an answer is known by.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Question: Sendable {
        let ticket: Ticket
        let endpoint: Endpoint
        let completion: @Sendable (Ticket, Answer) -> Void
    }

    private struct State {
        /// Those that no thread has begun.
        var questions: [Question] = []
        /// Those whose endpoint a thread is looking up.
        var begun: [Endpoint: [Question]] = [:]
        var threads = 0
        var tickets: UInt64 = 0
    }

    private let lookUp: LookUp
    private let state = Mutex(State())

    init(_ lookUp: @escaping LookUp) { self.lookUp = lookUp }

    /// Begins to resolve; `completion` is called once, on another thread, unless the question is dropped.
    func resolve(
        _ endpoint: Endpoint,
        _ completion: @escaping @Sendable (Ticket, Answer) -> Void
    ) -> Ticket {
        let (ticket, isThreadMissing) = state.withLock { state in
            state.tickets += 1
            let ticket = Ticket(number: state.tickets)
            let question = Question(ticket: ticket, endpoint: endpoint, completion: completion)
            guard state.begun[endpoint] == nil else {
                state.begun[endpoint]?.append(question)
                return (ticket, false)
            }
            state.questions.append(question)
            guard state.threads < Limits.namesResolvedAtOnce else { return (ticket, false) }
            state.threads += 1
            return (ticket, true)
        }
        if isThreadMissing { startThread() }
        return ticket
    }

    /// Drops a question that no thread has begun; the answer to another one comes, and is of no use.
    func drop(_ ticket: Ticket) {
        state.withLock { $0.questions.removeAll { $0.ticket == ticket } }
    }

    private func startThread() {
        do {
            _ = try LoopThread(name: "resolver") { [self] in answerAll() }
        } catch {
            // Others may be at work; when none is, nobody will come to what waits.
            let left = state.withLock { state in
                state.threads -= 1
                guard state.threads == 0 else { return [Question]() }
                defer { state.questions = [] }
                return state.questions
            }
            for question in left { question.completion(question.ticket, .failure(error)) }
        }
    }

    private func answerAll() {
        while let endpoint = next() {
            let answer: Answer
            do throws(TransportError) {
                answer = .success(try lookUp(endpoint))
            } catch {
                answer = .failure(error)
            }
            let answered = state.withLock { $0.begun.removeValue(forKey: endpoint) } ?? []
            for question in answered { question.completion(question.ticket, answer) }
        }
    }

    /// The next endpoint to look up; nil when the thread is to end.
    private func next() -> Endpoint? {
        state.withLock { state in
            guard let endpoint = state.questions.first?.endpoint else {
                state.threads -= 1
                return nil
            }
            state.begun[endpoint] = state.questions.filter { $0.endpoint == endpoint }
            state.questions.removeAll { $0.endpoint == endpoint }
            return endpoint
        }
    }
}
