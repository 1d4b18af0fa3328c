import BanjieClient
import BanjieProtocol
import Synchronization
import Testing
import Wire

struct InterceptorTests {
    /// Answers with the request, or with an error, and keeps the options.
    private final class Echo: CallChannel {
        let options = Mutex<[CallOptions]>([])
        let error: CallError?

        init(_ error: CallError? = nil) { self.error = error }

        func unary(
            _ method: MethodDescriptor,
            _ body: [UInt8],
            _ options: CallOptions
        ) async throws(CallError) -> CallReply {
            self.options.withLock { $0.append(options) }
            if let error { throw error }
            return CallReply(bytes: body, isReplay: true)
        }

        func open(
            _ method: MethodDescriptor,
            _ body: [UInt8],
            _ options: CallOptions
        ) -> any CallStream {
            OneMessage(body, error)
        }
    }

    /// A stream of one message.
    private final class OneMessage: CallStream {
        private let rest: Mutex<[UInt8]?>
        private let error: CallError?

        init(_ message: [UInt8], _ error: CallError?) {
            rest = Mutex(message)
            self.error = error
        }

        func next() async throws(CallError) -> [UInt8]? {
            if let error { throw error }
            return rest.withLock { $0.take() }
        }

        func send(_ message: [UInt8]) async throws(CallError) {}
        func finishSending() {}
        func cancel() {}
    }

    /// Notes what it sees, under a name.
    private struct Recorder: ClientInterceptor {
        let name: String
        let notes: Notes

        func before(_ call: inout ClientCall) {
            notes.add("\(name) before \(call.method.fullName)")
        }

        func after(_ call: ClientCall, _ ending: ClientCallEnding) {
            notes.add("\(name) after \(ending.status.name) \(ending.isReplay)")
        }
    }

    private final class Notes: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }

        var all: [String] { lines.withLock { $0 } }
    }

    private static let failure = CallError(
        status: .notFound,
        reason: "NO_SUCH_CASE",
        message: "There is none.",
        outcome: .processed,
        origin: .handler
    )

    private func channel(_ echo: Echo, _ notes: Notes) -> InterceptedChannel {
        InterceptedChannel(
            echo,
            [Recorder(name: "outer", notes: notes), Recorder(name: "inner", notes: notes)]
        )
    }

    @Test func theyLookAtACallInTheirOrderAndAtItsEndInTheReverse() async throws {
        let notes = Notes()
        let reply = try await DiagnosticsClient(channel(Echo(), notes))
            .echo(EchoRequest(payload: [7]))
        #expect(reply.payload == [7])
        #expect(
            notes.all == [
                "outer before Diagnostics/Echo", "inner before Diagnostics/Echo",
                "inner after OK true", "outer after OK true",
            ]
        )
    }

    @Test func aFailureIsSeenAndPassedOn() async {
        let notes = Notes()
        let error = await #expect(throws: CallError.self) {
            try await DiagnosticsClient(channel(Echo(Self.failure), notes)).status()
        }
        #expect(error == Self.failure)
        #expect(
            notes.all.suffix(2) == ["inner after NOT_FOUND false", "outer after NOT_FOUND false"]
        )
    }

    @Test func aStreamsEndIsSeenOnce() async throws {
        let notes = Notes()
        var stream: (any CallStream)? = channel(Echo(), notes)
            .open(DiagnosticsMethods.echo, [1], CallOptions())
        #expect(try await stream?.next() == [1])
        #expect(notes.all.count == 2)
        #expect(try await stream?.next() == nil)
        #expect(try await stream?.next() == nil)
        #expect(notes.all.suffix(2) == ["inner after OK false", "outer after OK false"])
        stream = nil
        #expect(notes.all.count == 4)
    }

    @Test func aStreamThatIsLetGoOfHasEnded() async throws {
        let notes = Notes()
        do {
            let stream = channel(Echo(), notes).open(DiagnosticsMethods.echo, [1], CallOptions())
            _ = try await stream.next()
        }
        #expect(notes.all.last == "outer after CANCELLED false")
        let failed = channel(Echo(Self.failure), notes)
            .open(DiagnosticsMethods.echo, [1], CallOptions())
        await #expect(throws: CallError.self) { try await failed.next() }
        #expect(notes.all.last == "outer after NOT_FOUND false")
    }

    @Test func aTraceIsBegunWhereThereIsNone() async throws {
        let echo = Echo()
        let client = DiagnosticsClient(InterceptedChannel(echo, [TraceStarter(isSampled: true)]))
        let given = try #require(
            TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        )
        _ = try await client.echo(EchoRequest())
        _ = try await client.echo(EchoRequest(), options: CallOptions(traceContext: given))
        _ = try await TraceContext.$current.withValue(given) {
            try await client.echo(EchoRequest())
        }
        let contexts = echo.options.withLock { $0.map(\.traceContext) }
        #expect(contexts.first??.isSampled == true)
        // The task's own is added by the connection.
        #expect(contexts.dropFirst() == [given, nil])
    }
}
