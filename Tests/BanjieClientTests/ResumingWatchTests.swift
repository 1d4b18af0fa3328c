import BanjieClient
import BanjieProtocol
import Synchronization
import Testing
import Wire

/// Where a watch goes on, over streams that end as a script says.
@Suite(.timeLimit(.minutes(2))) struct ResumingWatchTests {
    /// A stream that a watch finds: the numbers of its messages, and how it ends.
    private struct Script {
        let numbers: [UInt64]
        /// Nil when all is well.
        let error: CallError?
    }

    /// Opens the streams of a script, one after the other.
    private final class ScriptedChannel: CallChannel {
        private struct State {
            var scripts: ArraySlice<Script>
            var requests: [WatchFiredRequest] = []
            var waits: [Bool] = []
        }

        private let state: Mutex<State>

        init(_ scripts: [Script]) { state = Mutex(State(scripts: scripts[...])) }

        var begun: [UInt64?] { state.withLock { $0.requests.map(\.after) } }
        var labels: Set<String> { state.withLock { Set($0.requests.map(\.label)) } }
        var waits: [Bool] { state.withLock { $0.waits } }

        func unary(
            _ method: MethodDescriptor,
            _ body: [UInt8],
            _ options: CallOptions
        ) async throws(CallError) -> CallReply {
            preconditionFailure("a watch is a stream")
        }

        func open(
            _ method: MethodDescriptor,
            _ body: [UInt8],
            _ options: CallOptions
        ) -> any CallStream {
            state.withLock { state in
                if let request = try? WatchFiredRequest(decoding: body) {
                    state.requests.append(request)
                }
                state.waits.append(options.waitForReady)
                return ScriptedStream(state.scripts.popFirst())
            }
        }
    }

    private final class ScriptedStream: CallStream {
        private let numbers: Mutex<ArraySlice<UInt64>>
        private let error: CallError?

        init(_ script: Script?) {
            numbers = Mutex(script?.numbers[...] ?? [])
            error = script?.error
        }

        func next() async throws(CallError) -> [UInt8]? {
            if let number = numbers.withLock({ $0.popFirst() }) {
                return FiredEvent(sequence: number).encoded()
            }
            if let error { throw error }
            return nil
        }

        func send(_ message: [UInt8]) async throws(CallError) {}
        func finishSending() {}
        func cancel() {}
    }

    private final class Notices: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func add(_ notice: Resumption.Notice) {
            lines.withLock { lines in
                switch notice {
                case .interrupted(let error): lines.append(error.reason)
                case .resumed: lines.append("resumed")
                }
            }
        }
    }

    private static func failure(
        _ status: Status,
        _ reason: String,
        _ outcome: Outcome = .unknown
    ) -> CallError {
        CallError(status: status, reason: reason, message: "", outcome: outcome, origin: .server)
    }

    private static let lost = failure(.unavailable, "CONNECTION_LOST")

    private func watch(
        _ channel: ScriptedChannel,
        after: UInt64? = nil,
        _ options: CallOptions = CallOptions(),
        _ notices: Notices = Notices()
    ) -> ResumingWatch<WatchFiredRequest, FiredEvent> {
        var resumption = Resumption { notices.add($0) }
        resumption.initialBackoffMillis = 1
        resumption.longestBackoffMillis = 2
        let request = WatchFiredRequest(after: after, label: "a/")
        return DeadlinesClient(channel)
            .watchResuming(request, options: options, resuming: resumption)
    }

    /// What was handed out until the end, and the error with which it ended, if any.
    private func read(
        _ watch: ResumingWatch<WatchFiredRequest, FiredEvent>
    ) async -> (numbers: [UInt64], error: CallError?) {
        var iterator = watch.makeAsyncIterator()
        var numbers: [UInt64] = []
        do throws(CallError) {
            while let event = try await iterator.next() { numbers.append(event.sequence) }
            return (numbers, nil)
        } catch {
            // It has ended for good.
            let rest = try? await iterator.next()
            #expect(rest == nil)
            return (numbers, error)
        }
    }

    @Test func itGoesOnBehindWhatItHasHandedOut() async {
        let draining = Self.failure(.unavailable, "DRAINING")
        let channel = ScriptedChannel([
            Script(numbers: [3, 4, 7], error: Self.lost),
            // Where it goes on it says so first, by the number that it was given.
            Script(numbers: [7, 9], error: draining),
            Script(numbers: [], error: Self.failure(.resourceExhausted, "TOO_MANY_STREAMS")),
            Script(numbers: [9], error: Self.lost),
            Script(numbers: [9, 10, 20], error: nil),
        ])
        let notices = Notices()
        let (numbers, error) = await read(watch(channel, after: 3, CallOptions(), notices))
        // The first mark is handed out, as by any watch.
        #expect(numbers == [3, 4, 7, 9, 10, 20] && error == nil)
        #expect(channel.begun == [3, 7, 9, 9, 9] && channel.labels == ["a/"])
        #expect(channel.waits == [false, true, true, true, true])
        #expect(
            notices.all == [
                "CONNECTION_LOST", "resumed", "DRAINING", "TOO_MANY_STREAMS", "resumed",
                "CONNECTION_LOST", "resumed",
            ]
        )
    }

    @Test func beforeAnythingHasComeItFailsAsAStreamDoes() async {
        let down = Self.failure(.unavailable, "CONNECTION_FAILED", .notProcessed)
        let scripts = [
            Script(numbers: [], error: down), Script(numbers: [5, 6], error: nil),
        ]
        let (none, error) = await read(watch(ScriptedChannel(scripts)))
        #expect(none == [] && error == down)
        let patient = ScriptedChannel(scripts)
        let (numbers, _) = await read(watch(patient, CallOptions(waitForReady: true)))
        #expect(numbers == [5, 6] && patient.begun == [nil, nil])
    }

    @Test(arguments: [
        failure(.permissionDenied, "ROLE_REQUIRED"), failure(.outOfRange, "OUT_OF_RANGE"),
        failure(.unauthenticated, "WRONG_CREDENTIALS"), failure(.internal, "INTERNAL"),
        failure(.unavailable, "WRONG_REALM"), failure(.unavailable, "CONNECTION_CLOSED"),
        failure(.cancelled, "CANCELLED"), failure(.resourceExhausted, "REPLY_TOO_LONG"),
    ])
    func whatDoesNotPassEndsIt(error: CallError) async {
        let channel = ScriptedChannel([
            Script(numbers: [1], error: Self.lost), Script(numbers: [2], error: error),
            Script(numbers: [3], error: nil),
        ])
        let (numbers, found) = await read(watch(channel))
        #expect(numbers == [1, 2] && found == error)
    }

    @Test func itsTimeoutIsOfAllItsStreams() async {
        let channel = ScriptedChannel(
            (1...100_000).map { Script(numbers: [$0], error: Self.lost) }
        )
        let (numbers, error) = await read(watch(channel, CallOptions(timeoutMillis: 40)))
        #expect(error?.status == .deadlineExceeded)
        #expect(numbers == Array(1...UInt64(numbers.count)))
    }

    @Test func cancellingTheReaderEndsAWait() async {
        var error = Self.lost
        error.retryAfterMillis = 3_600_000
        let channel = ScriptedChannel([Script(numbers: [1], error: error)])
        let notices = Notices()
        let reader = Task { await read(watch(channel, CallOptions(), notices)) }
        while notices.all.isEmpty { await Task.yield() }
        reader.cancel()
        let (numbers, found) = await reader.value
        #expect(numbers == [1] && found?.status == .cancelled)
    }
}
