internal import Synchronization
internal import Telemetry
internal import Transport
internal import Wire

/// The way of answers to the connections, from whichever thread made them.
///
/// It exists before the transport does, since the transport needs those who answer.
final class ReplyExit: Sendable {
    private let server = Mutex<Transport.Server?>(nil)
    private let interceptors: ServerInterceptors
    private let metrics: ServerMetrics
    private let logger: Logger
    private let refusedSignIns = LineBudget(linesPerSecond: 5)

    init(interceptors: ServerInterceptors, metrics: ServerMetrics, logger: Logger) {
        self.interceptors = interceptors
        self.metrics = metrics
        self.logger = logger
    }

    /// Lets answers out.
    func open(_ transport: Transport.Server) { server.withLock { $0 = transport } }

    /// Sends the answers of a commit.
    func deliverCommitted(_ answers: [EngineAnswer<HeldCall>]) {
        metrics.answered(commands: answers.count)
        deliver(answers)
    }

    /// Sends a batch of answers with one wake-up a loop.
    func deliver(_ answers: [EngineAnswer<HeldCall>]) {
        let now = MonotonicTime.now()
        var batch = ReplyBatch()
        for answer in answers {
            let call = answer.ticket.observed
            interceptors.after(call, CallEnding(answer.outcome, to: call, at: now))
            batch.append(answer)
        }
        server.withLock { $0 }?.post(&batch)
    }

    /// Sends messages of streams.
    func post(_ batch: inout ReplyBatch) { server.withLock { $0 }?.post(&batch) }

    /// What the transport tells; nil before there is one.
    func figures<Figure: Sendable>(_ read: (Transport.Server) -> Figure) -> Figure? {
        server.withLock { $0 }.map(read)
    }

    /// Connections open; 0 before there is a transport.
    var connections: Int { server.withLock { $0 }?.connections ?? 0 }

    /// Tells whether somebody is let in.
    func post(_ verdict: Verdict, for connection: ConnectionID) {
        metrics.judged(verdict)
        if case .refused(let failure) = verdict {
            logger.log(
                failure.status == .internal ? .error : .info,
                "sign_in.refused",
                within: refusedSignIns,
                [
                    LogField("reason", .identifier(failure)),
                    LogField("connection", .identifier(connection)),
                ]
            )
        }
        server.withLock { $0 }?.post(verdict, for: connection)
    }
}

extension ReplyBatch {
    /// Adds the answer to a call.
    mutating func append(_ answer: EngineAnswer<HeldCall>) {
        switch answer.outcome {
        case .reply(let bytes, let isReplay):
            bytes.withUnsafeBytes {
                succeed(answer.ticket.ticket, replayed: isReplay, with: $0)
            }
        case .failure(let failure):
            fail(
                answer.ticket.ticket,
                failure.report.failure(
                    isOutcomeKnown: failure.isOutcomeKnown,
                    origin: .handler
                )
            )
        }
    }
}
