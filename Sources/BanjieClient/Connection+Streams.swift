public import BanjieProtocol
import Synchronization
import Transport
import Wire

extension Connection {
    /// Opens a streaming call, whose first message is `body`.
    ///
    /// What keeps it from being opened is told by the stream's use. Once it is lost it isn't opened again by
    /// itself: only its reader knows where it was; see `ResumingWatch`.
    public func open(
        _ method: MethodDescriptor,
        _ body: [UInt8],
        _ options: CallOptions
    ) -> any CallStream {
        let requestID: [UInt8]
        do throws(CallError) {
            requestID = try Self.requestID(method, options)
        } catch {
            return FailedStream(error)
        }
        let timeout = options.timeoutMillis ?? method.defaultTimeoutMillis
        let state = StreamState(room: limits.streamQueueBytes, window: limits.streamWindow)
        let call = OutgoingCall(
            method: method.id,
            message: body,
            requestID: requestID,
            traceparent: Self.traceparent(options),
            deadline: CallDeadline.moment(afterMillis: timeout == 0 ? nil : UInt64(timeout)),
            waitsForReady: options.waitForReady,
            stream: StreamObserver(
                isHalfClosed: method.kind == .watch,
                received: { state.receive($0) },
                roomReturned: { state.giveRoom($0) }
            )
        ) { state.end($0.map { _ in }) }
        thread.loop.submit(call, on: line)
        return ConnectionStream(call, state, on: self)
    }
}

/// A streaming call over a connection, which it keeps open.
private final class ConnectionStream: CallStream {
    private let call: OutgoingCall
    private let state: StreamState
    private let connection: Connection

    init(_ call: OutgoingCall, _ state: StreamState, on connection: Connection) {
        self.call = call
        self.state = state
        self.connection = connection
    }

    deinit { connection.thread.loop.cancel(call) }

    func next() async throws(CallError) -> [UInt8]? {
        let reading = await withTaskCancellationHandler {
            await withCheckedContinuation { state.read($0) }
        } onCancel: {
            cancel()
        }
        switch reading {
        case .message(let message):
            if let credit = state.took(message) {
                connection.thread.loop.giveBack(credit, to: call)
            }
            return message
        case .end: return nil
        case .failure(let failure): throw CallError(failure)
        }
    }

    func send(_ message: [UInt8]) async throws(CallError) {
        let writing = await withTaskCancellationHandler {
            await withCheckedContinuation { state.awaitRoom(for: message.count, $0) }
        } onCancel: {
            cancel()
        }
        switch writing {
        case .room: connection.thread.loop.send(message, on: call)
        case .end: return
        case .failure(let failure): throw CallError(failure)
        }
    }

    func finishSending() { connection.thread.loop.halfClose(call) }

    func cancel() {
        state.cancel()
        connection.thread.loop.cancel(call)
    }
}

/// What has come on a stream, and who waits for more: shared by the loop and whoever uses the stream.
private final class StreamState: Sendable {
    enum Reading: Sendable {
        case message([UInt8])
        case end
        case failure(CallFailure)
    }

    enum Writing: Sendable {
        case room
        case end
        case failure(CallFailure)
    }

    private struct Writer {
        let cost: Int
        let continuation: CheckedContinuation<Writing, Never>
    }

    private struct Content {
        /// Bounded by the stream's window.
        var messages = Queue<[UInt8]>()
        var reader: CheckedContinuation<Reading, Never>?
        var writers = Queue<Writer>()
        var room: Int
        var held: HeldCredit
        var end: Result<Void, CallFailure>?

        var ending: Reading? {
            switch end {
            case .success?: .end
            case .failure(let failure)?: .failure(failure)
            case nil: nil
            }
        }
    }

    private let content: Mutex<Content>

    init(room: Int, window: UInt32) {
        content = Mutex(Content(room: room, held: HeldCredit(window: window)))
    }

    // MARK: - The loop's side

    func receive(_ message: [UInt8]) {
        let reader = content.withLock { content -> CheckedContinuation<Reading, Never>? in
            guard content.end == nil else { return nil }
            guard let reader = content.reader.take() else {
                content.messages.append(message)
                return nil
            }
            return reader
        }
        reader?.resume(returning: .message(message))
    }

    func giveRoom(_ byteCount: Int) {
        let writers = content.withLock { content in
            content.room += byteCount
            var writers: [Writer] = []
            while content.room > 0, let writer = content.writers.popFirst() {
                content.room -= writer.cost
                writers.append(writer)
            }
            return writers
        }
        for writer in writers { writer.continuation.resume(returning: .room) }
    }

    /// Whoever uses the stream wants no more of it, not even what has come.
    func cancel() {
        end(.failure(.cancelledByCaller(wasSent: true)))
        content.withLock { content in
            if case .failure? = content.end { content.messages = Queue() }
        }
    }

    /// The stream has ended; what has come before is still read.
    func end(_ result: Result<Void, CallFailure>) {
        let (reader, writers, ending) = content.withLock { content in
            guard content.end == nil else {
                return (nil, Queue<Writer>(), nil) as Waiting
            }
            content.end = result
            defer { content.writers = Queue() }
            return (content.reader.take(), content.writers, content.ending)
        }
        guard let ending else { return }
        reader?.resume(returning: ending)
        var waiting = writers
        while let writer = waiting.popFirst() {
            writer.continuation.resume(returning: Writing(ending))
        }
    }

    private typealias Waiting = (
        reader: CheckedContinuation<Reading, Never>?, writers: Queue<Writer>, ending: Reading?
    )

    // MARK: - The user's side

    func read(_ continuation: CheckedContinuation<Reading, Never>) {
        let reading = content.withLock { content -> Reading? in
            if let message = content.messages.popFirst() { return .message(message) }
            if let ending = content.ending { return ending }
            precondition(content.reader == nil, "one task reads a stream at a time")
            content.reader = continuation
            return nil
        }
        if let reading { continuation.resume(returning: reading) }
    }

    /// A message was read; returns the credit to be given back now, if any.
    func took(_ message: [UInt8]) -> Int? {
        content.withLock { content in
            content.held.add(StreamCredit.cost(of: message.count)).map(Int.init)
        }
    }

    func awaitRoom(for length: Int, _ continuation: CheckedContinuation<Writing, Never>) {
        let cost = StreamCredit.cost(of: length)
        let writing = content.withLock { content -> Writing? in
            if let ending = content.ending { return Writing(ending) }
            guard content.room > 0, content.writers.isEmpty else {
                content.writers.append(Writer(cost: cost, continuation: continuation))
                return nil
            }
            content.room -= cost
            return .room
        }
        if let writing { continuation.resume(returning: writing) }
    }
}

extension StreamState.Writing {
    /// What the end of a stream means to whoever writes.
    fileprivate init(_ ending: StreamState.Reading) {
        switch ending {
        case .failure(let failure): self = .failure(failure)
        case .message, .end: self = .end
        }
    }
}
