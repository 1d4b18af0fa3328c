import BanjieProtocol
import Store
import Synchronization
import Transport

@testable import BanjieServer

/// What the streams of the tests see: how far the server has come.
struct RelayContext {
    let limit: UInt64
}

/// The records of the tests: a number that only rises.
final class RelayContexts: StreamContexts, Sendable {
    let limit: Atomic<UInt64>

    init(limit: UInt64) { self.limit = Atomic(limit) }

    func atOnce(_ body: () -> Void) throws(StoreError) { body() }

    func turn<Result>(
        of stream: CallTicket,
        for caller: StreamCaller,
        _ body: (inout RelayContext) throws(DispatchFailure<HandlerFailure>) -> Result
    ) throws(DispatchFailure<HandlerFailure>) -> Result {
        var context = RelayContext(limit: limit.load(ordering: .acquiring))
        return try body(&context)
    }
}

/// Serves streams of every kind.
struct RelayService: RelayWatches, RelayUploads, RelaySessions {
    struct CountStream: ServedWatch {
        let request: CountRequest
        var next: UInt64

        mutating func next(
            in context: inout RelayContext
        ) throws(HandlerFailure) -> StreamStep<Count> {
            guard request.to == 0 || next <= request.to else { return .finished }
            guard next <= context.limit else { return .waiting }
            defer { next += 1 }
            let ballast = [UInt8](repeating: 7, count: Int(request.ballast))
            return .message(Count(number: next, ballast: ballast))
        }
    }

    struct CollectStream: ServedUpload {
        var collected: Collected

        mutating func receive(
            _ request: Piece,
            in context: inout RelayContext
        ) throws(HandlerFailure) {
            try validating(request)
            collected.pieces += 1
            collected.size += UInt64(request.data.count)
        }

        mutating func finish(
            in context: inout RelayContext
        ) throws(HandlerFailure) -> Collected { collected }
    }

    struct TalkStream: ServedSession {
        var pieces: [Piece]
        var isEnding = false

        mutating func receive(
            _ request: Piece,
            in context: inout RelayContext
        ) throws(HandlerFailure) {
            try validating(request)
            pieces.append(request)
        }

        mutating func finishReceiving(
            in context: inout RelayContext
        ) throws(HandlerFailure) { isEnding = true }

        mutating func next(
            in context: inout RelayContext
        ) throws(HandlerFailure) -> StreamStep<Piece> {
            guard !pieces.isEmpty else { return isEnding ? .finished : .waiting }
            return .message(pieces.removeFirst())
        }
    }

    func count(
        _ request: CountRequest,
        in context: inout RelayContext
    ) throws(HandlerFailure) -> CountStream {
        try validating(request)
        return CountStream(request: request, next: request.from)
    }

    func collect(
        _ request: Piece,
        in context: inout RelayContext
    ) throws(HandlerFailure) -> CollectStream {
        var stream = CollectStream(collected: Collected())
        try stream.receive(request, in: &context)
        return stream
    }

    func talk(
        _ request: Piece,
        in context: inout RelayContext
    ) throws(HandlerFailure) -> TalkStream {
        try validating(request)
        return TalkStream(pieces: [request])
    }

    /// Opens the stream of any kind, as a server's registry does.
    func open(
        _ opening: StreamOpening,
        in context: inout RelayContext
    ) throws(DispatchFailure<HandlerFailure>) -> any EncodedStream<RelayContext, HandlerFailure> {
        let method = opening.method
        return try opening.body.withUnsafeBufferPointer {
            (bytes) throws(DispatchFailure<HandlerFailure>) in
            let body = UnsafeRawBufferPointer(bytes)
            switch method.kind {
            case .watch: return try openWatch(method.number, body, in: &context)
            case .upload: return try openUpload(method.number, body, in: &context)
            case .session: return try openSession(method.number, body, in: &context)
            case .command, .query: throw .unknownMethod
            }
        }
    }
}
