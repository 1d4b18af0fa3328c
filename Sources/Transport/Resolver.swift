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
        fileprivate let endpoint: Endpoint
    }

    private struct Question: Sendable {
        let ticket: Ticket
        let completion: @Sendable (Ticket, Answer) -> Void
    }

    private struct State {
        /// The questions about each endpoint that waits for a thread or is being looked up.
        var questions: [Endpoint: [Question]] = [:]
        /// The endpoints that no thread has begun, in the order in which they came.
        var waiting: [Endpoint] = []
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
            let ticket = Ticket(number: state.tickets, endpoint: endpoint)
            let isKnown = state.questions[endpoint] != nil
            state.questions[endpoint, default: []].append(
                Question(ticket: ticket, completion: completion)
            )
            guard !isKnown else { return (ticket, false) }
            state.waiting.append(endpoint)
            guard state.threads < Limits.namesResolvedAtOnce else { return (ticket, false) }
            state.threads += 1
            return (ticket, true)
        }
        if isThreadMissing { startThread() }
        return ticket
    }

    /// Drops a question, unless its answer is on its way, which is of no use then.
    func drop(_ ticket: Ticket) {
        state.withLock { state in
            state.questions[ticket.endpoint]?.removeAll { $0.ticket == ticket }
            guard state.questions[ticket.endpoint]?.isEmpty == true,
                let place = state.waiting.firstIndex(of: ticket.endpoint)
            else { return }
            state.waiting.remove(at: place)
            state.questions[ticket.endpoint] = nil
        }
    }

    private func startThread() {
        do {
            _ = try LoopThread(name: "resolver") { [self] in answerAll() }
        } catch {
            // Others may be at work; when none is, nobody will come to what waits.
            let left = state.withLock { state in
                state.threads -= 1
                guard state.threads == 0 else { return [Question]() }
                defer { (state.questions, state.waiting) = ([:], []) }
                return state.questions.values.flatMap(\.self)
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
            let asked = state.withLock { $0.questions.removeValue(forKey: endpoint) } ?? []
            for question in asked { question.completion(question.ticket, answer) }
        }
    }

    /// The next endpoint to look up; nil when the thread is to end.
    private func next() -> Endpoint? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
