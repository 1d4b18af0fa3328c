internal import BanjieProtocol
internal import Office
internal import Transport
internal import Wire

/// Who opened a stream.
struct StreamCaller: Sendable {
    /// Nil for an anonymous caller.
    let actor: Actor?
    let language: Language
    /// The trace that the caller says the stream belongs to, for the audit log.
    var traceID: TraceID?
}

/// A stream on its way from a connection to the desk that runs it.
struct StreamOpening: Sendable {
    let method: MethodDescriptor
    /// The first message.
    let body: [UInt8]
    let caller: StreamCaller
    /// How many bytes may be posted before room returns.
    let room: Int
    let call: HeldCall
}

/// A stream that a desk runs: what has come on it, and how much may be sent.
struct HeldStream<Context> {
    typealias Stream = any EncodedStream<Context, HandlerFailure>

    /// What a turn has come to.
    enum Progress {
        /// There may be more to do at once.
        case goesOn
        /// Nothing to do before a commit, or before something comes.
        case waits
        /// Nothing to do before room returns, or something comes.
        case waitsForRoom
        case finished
    }

    private enum Stage {
        case unopened(StreamOpening)
        case open(Stream)
    }

    /// How many messages a stream sends before others have their turn.
    private static var messagesPerTurn: Int { 64 }

    let call: HeldCall
    let method: MethodDescriptor
    let caller: StreamCaller
    private var stage: Stage
    private var room: Int
    private var received = Queue<[UInt8]>()
    /// The caller has said that nothing follows, and the handler hasn't been told.
    private var isEndOfInput = false

    init(_ opening: StreamOpening) {
        call = opening.call
        method = opening.method
        caller = opening.caller
        room = opening.room
        stage = .unopened(opening)
    }

    /// Whether the handler has begun.
    var isOpen: Bool {
        if case .open = stage { true } else { false }
    }

    mutating func receive(_ message: [UInt8]) { received.append(message) }
    mutating func endInput() { isEndOfInput = true }
    mutating func giveRoom(_ byteCount: Int) { room += byteCount }

    /// Lets the handler do what it can now: open the stream, take what has come, and send.
    mutating func takeTurn(
        _ open: (StreamOpening, inout Context) throws(DispatchFailure<HandlerFailure>) -> Stream,
        in context: inout Context,
        into batch: inout ReplyBatch
    ) throws(DispatchFailure<HandlerFailure>) -> Progress {
        var stream: Stream
        switch stage {
        case .unopened(let opening): stream = try open(opening, &context)
        case .open(let opened): stream = opened
        }
        defer { stage = .open(stream) }
        while let message = received.popFirst() {
            try message.withUnsafeBufferPointer {
                (bytes) throws(DispatchFailure<HandlerFailure>) in
                try stream.receive(UnsafeRawBufferPointer(bytes), in: &context)
            }
            batch.giveBack(StreamCredit.cost(of: message.count), to: call.ticket)
        }
        if isEndOfInput {
            isEndOfInput = false
            try stream.finishReceiving(in: &context)
        }
        var reply = MessageWriter()
        for _ in 0..<Self.messagesPerTurn {
            guard room > 0 else { return .waitsForRoom }
            reply.removeAll()
            switch try stream.next(in: &context, reply: &reply) {
            case .message:
                room -= batch.send(on: call.ticket) { (writer: inout MessageWriter) in
                    reply.withUnsafeBytes { writer.append($0) }
                }
            case .waiting: return .waits
            case .lookingOn: return .goesOn
            case .finished: return .finished
            }
        }
        return .goesOn
    }
}
