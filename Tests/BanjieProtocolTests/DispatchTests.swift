import BanjieProtocol
import CivilTime
import Testing
import Wire

/// A server's side of Diagnostics, in small.
private struct DiagnosticsHandler: DiagnosticsQueries {
    struct Context {
        var now: Instant
        var calls = 0
    }
    enum Refusal: Error, Equatable { case tooLong }

    func echo(
        _ request: EchoRequest,
        in context: inout Context
    ) throws(Refusal) -> EchoReply {
        context.calls += 1
        if request.payload.count > 4 { throw .tooLong }
        return EchoReply(payload: request.payload)
    }

    func status(_ request: Empty, in context: inout Context) throws(Refusal) -> StatusReply {
        context.calls += 1
        return StatusReply(version: "1", now: context.now)
    }
}

struct DispatchTests {
    private func dispatch(
        _ method: UInt16,
        _ body: [UInt8],
        _ context: inout DiagnosticsHandler.Context
    ) -> Result<[UInt8], DispatchFailure<DiagnosticsHandler.Refusal>> {
        var reply = MessageWriter()
        reply.append([0xEE])
        return body.withUnsafeBytes { buffer in
            do throws(DispatchFailure<DiagnosticsHandler.Refusal>) {
                try DiagnosticsHandler().dispatchQuery(method, buffer, in: &context, reply: &reply)
                return .success(reply.bytes)
            } catch {
                #expect(reply.bytes == [0xEE], "a failure must append nothing")
                return .failure(error)
            }
        }
    }

    @Test func aRequestReachesItsHandler() throws {
        var context = DiagnosticsHandler.Context(now: Instant(unixSeconds: 7))
        let echo = dispatch(1, EchoRequest(payload: [1, 2]).encoded(), &context)
        #expect(try echo.get() == [0xEE] + EchoReply(payload: [1, 2]).encoded())
        let status = dispatch(2, [], &context)
        let expected = StatusReply(version: "1", now: Instant(unixSeconds: 7))
        #expect(try status.get() == [0xEE] + expected.encoded())
        #expect(context.calls == 2)
    }

    @Test func whatIsNotARequestNeverReachesAHandler() {
        var context = DiagnosticsHandler.Context(now: Instant(unixSeconds: 7))
        #expect(dispatch(3, [], &context) == .failure(.unknownMethod))
        let undecodable = DecodingError(.truncated, offset: 1, path: [1])
        #expect(dispatch(1, [0x0A], &context) == .failure(.undecodable(undecodable)))
        #expect(context.calls == 0)
    }

    @Test func aRefusalIsTheHandlersOwn() {
        var context = DiagnosticsHandler.Context(now: Instant(unixSeconds: 7))
        let long = EchoRequest(payload: [1, 2, 3, 4, 5]).encoded()
        #expect(dispatch(1, long, &context) == .failure(.refused(.tooLong)))
    }
}

/// A channel that answers every call with the same bytes and keeps nothing.
private struct FixedChannel: CallChannel {
    let answer: Result<CallReply, CallError>
    let expected: (method: String, body: [UInt8])

    func unary(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) async throws(CallError) -> CallReply {
        #expect(method.fullName == expected.method)
        #expect(body == expected.body)
        #expect(options.timeoutMillis == 250)
        return try answer.get()
    }
}

struct ClientStubTests {
    private let request = DeadlineRequest(deadline: 9)

    private func call(_ answer: Result<CallReply, CallError>) async throws(CallError)
        -> DeadlineView
    {
        let channel = FixedChannel(answer: answer, expected: ("Deadlines/Get", request.encoded()))
        return try await DeadlinesClient(channel).get(
            request,
            options: CallOptions(timeoutMillis: 250)
        )
    }

    @Test func aReplyIsDecoded() async throws {
        let view = DeadlineView(deadline: 9, clock: .free, state: .running, label: "tax")
        #expect(try await call(.success(CallReply(bytes: view.encoded()))) == view)
    }

    @Test func theServersErrorArrives() async {
        let refusal = CallError(
            status: .notFound,
            reason: Reason.noSuchDeadline.rawValue,
            message: "there is no deadline 9",
            outcome: .processed,
            origin: .handler
        )
        await #expect(throws: refusal) { try await call(.failure(refusal)) }
        #expect(refusal.description == "NOT_FOUND/NO_SUCH_DEADLINE: there is no deadline 9")
    }

    @Test func aReplyThatDoesNotDecodeIsTheClientsError() async throws {
        do throws(CallError) {
            _ = try await call(.success(CallReply(bytes: [0x6A, 0x01, 0xFF])))
            Issue.record("the reply isn't UTF-8")
        } catch {
            #expect(error.reason == "UNDECODABLE")
            #expect(error.outcome == .processed)
            #expect(error.message.contains("DeadlineView.label"))
        }
    }
}
