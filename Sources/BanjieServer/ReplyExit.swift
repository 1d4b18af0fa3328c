internal import Synchronization
internal import Transport
internal import Wire

/// The way of answers to the connections, from whichever thread made them.
///
/// It exists before the transport does, since the transport needs those who answer.
final class ReplyExit: Sendable {
    private let server = Mutex<Transport.Server?>(nil)

    /// Lets answers out.
    func open(_ transport: Transport.Server) { server.withLock { $0 = transport } }

    /// Sends a batch of answers with one wake-up a loop.
    func deliver(_ answers: [EngineAnswer<CallTicket>]) {
        var batch = ReplyBatch()
        for answer in answers {
            switch answer.outcome {
            case .reply(let bytes, let isReplay):
                bytes.withUnsafeBytes {
                    batch.succeed(answer.ticket, replayed: isReplay, with: $0)
                }
            case .failure(let failure):
                batch.fail(
                    answer.ticket,
                    failure.report.failure(
                        isOutcomeKnown: failure.isOutcomeKnown,
                        origin: .handler
                    )
                )
            }
        }
        server.withLock { $0 }?.post(&batch)
    }

    /// Connections open; 0 before there is a transport.
    var connections: Int { server.withLock { $0 }?.connections ?? 0 }

    func post(_ verdict: Verdict, for connection: ConnectionID) {
        server.withLock { $0 }?.post(verdict, for: connection)
    }
}
