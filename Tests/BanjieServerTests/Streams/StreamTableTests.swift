import BanjieProtocol
import Store
import Testing
import Transport
import Wire

@testable import BanjieServer
@testable import Transport

/// Which streams have their turns when many want one.
@Suite struct StreamTableTests {
    /// A stream that always has more to say.
    private struct Endless: EncodedStream {
        typealias Context = Int
        typealias Failure = HandlerFailure

        func receive(_ body: UnsafeRawBufferPointer, in context: inout Int) {}
        func finishReceiving(in context: inout Int) {}
        func next(in context: inout Int, reply: inout MessageWriter) -> StreamStep<Void> {
            context += 1
            return .message(())
        }
    }

    /// Counts turns, and remembers whose they were.
    private final class Turns: StreamContexts {
        var taken: [CallTicket] = []
        private var messages = 0

        func atOnce(_ body: () -> Void) throws(StoreError) { body() }

        func turn<Result>(
            of stream: CallTicket,
            for caller: StreamCaller,
            _ body: (inout Int) throws(DispatchFailure<HandlerFailure>) -> Result
        ) throws(DispatchFailure<HandlerFailure>) -> Result {
            taken.append(stream)
            return try body(&messages)
        }
    }

    private static func opening(_ connection: UInt32, _ stream: UInt32) -> StreamOpening {
        let ticket = CallTicket(
            connection: ConnectionID(reactor: 0, index: connection, generation: 1),
            stream: stream,
            slot: stream
        )
        return StreamOpening(
            method: DeadlinesMethods.watch,
            body: [],
            caller: StreamCaller(actor: nil, language: .english),
            room: .max,
            call: HeldCall(
                ticket: ticket,
                observed: ObservedCall(
                    methodID: DeadlinesMethods.watch.id,
                    method: nil,
                    connection: ticket.connection,
                    receivedAt: MonotonicTime.now(),
                    deadline: .never,
                    trace: nil
                )
            )
        )
    }

    @Test func whoeverHasManyStreamsKeepsNobodyWaiting() throws {
        var table = StreamTable<Int>(open: { _, _ in Endless() })
        let turns = Turns()
        var batch = ReplyBatch()
        for stream in 0..<500 {
            table.take(.opened(Self.opening(1, UInt32(stream * 2 + 1))), into: &batch)
        }
        try table.run(with: turns, into: &batch)
        #expect(turns.taken.count == 64)
        // Another one comes, when hundreds wait already.
        let late = Self.opening(2, 1)
        table.take(.opened(late), into: &batch)
        turns.taken = []
        try table.run(with: turns, into: &batch)
        #expect(turns.taken.prefix(2).contains(late.call.ticket))
        // All of the many have their turn, before any has a second one after its first.
        turns.taken = []
        for _ in 0..<7 { try table.run(with: turns, into: &batch) }
        let many = turns.taken.filter { $0.connection != late.call.ticket.connection }
        #expect(Set(many).count == many.count)
        #expect(turns.taken.count { $0 == late.call.ticket } == 7)
        #expect(table.hasRunnable)
    }

    @Test func oneThatIsCutIsToldAndForgotten() throws {
        var table = StreamTable<Int>(open: { _, _ in Endless() })
        var batch = ReplyBatch()
        for stream: UInt32 in [1, 3] {
            table.take(.opened(Self.opening(1, stream)), into: &batch)
        }
        let other = Self.opening(2, 1)
        table.take(.opened(other), into: &batch)
        table.take(
            .cut(
                Sessions.Cut(
                    connection: ConnectionID(reactor: 0, index: 1, generation: 1),
                    reason: .signedOut
                )
            ),
            into: &batch
        )
        #expect(table.count == 1)
        let ends = table.takeEnded()
        #expect(ends.count == 2)
        for end in ends {
            guard case .handler(.server(.signedOut), _)? = end.failure else {
                Issue.record("\(end)")
                continue
            }
        }
        let turns = Turns()
        try table.run(with: turns, into: &batch)
        #expect(turns.taken == [other.call.ticket])
    }
}
