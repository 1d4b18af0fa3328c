import Synchronization
import TLS
package import Wire

/// A call on its way to a server, and who waits for its answer.
package final class OutgoingCall: Sendable {
    /// What a call ended with.
    package struct Reply: Sendable {
        package let message: [UInt8]
        package let isReplay: Bool
    }

    let method: UInt32
    let message: [UInt8]
    let requestID: [UInt8]
    let traceparent: [UInt8]
    let deadline: MonotonicTime
    let waitsForReady: Bool
    /// Called once, on the loop's thread, which it must not block.
    let completion: @Sendable (Result<Reply, CallFailure>) -> Void
    /// Of a streaming call, whose first message `message` is.
    let stream: StreamObserver?
    /// Where the loop keeps it: its number there, or one of these.
    let slot = Atomic<Int>(unsubmitted)

    static let unsubmitted = -1
    static let cancelledEarly = -2
    static let completed = -3

    /// - Parameter deadline: includes every wait: for a connection, for the server's limits, and for
    ///   the answer.
    /// - Precondition: the request id has at most 32 bytes, the trace context at most 256.
    package init(
        method: UInt32,
        message: [UInt8],
        requestID: [UInt8] = [],
        traceparent: [UInt8] = [],
        deadline: MonotonicTime,
        waitsForReady: Bool = false,
        stream: StreamObserver? = nil,
        completion: @escaping @Sendable (Result<Reply, CallFailure>) -> Void
    ) {
        precondition(requestID.count <= CallMetadata.longestRequestID, "a request id is short")
        precondition(traceparent.count <= 256, "a trace context is short")
        self.method = method
        self.message = message
        self.requestID = requestID
        self.traceparent = traceparent
        self.deadline = deadline
        self.waitsForReady = waitsForReady
        self.completion = completion
        self.stream = stream
    }
}

/// Who is told what comes on a streaming call, on the loop's thread, which it must not block.
package struct StreamObserver: Sendable {
    /// Whether the call's message is the only one.
    let isHalfClosed: Bool
    let received: @Sendable ([UInt8]) -> Void
    let roomReturned: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - received: gets each message. Its length and 64 count against what the server may send, until
    ///     `ClientLoop.giveBack` tells that it was read.
    ///   - roomReturned: gets how many more bytes may be sent.
    package init(
        isHalfClosed: Bool,
        received: @escaping @Sendable ([UInt8]) -> Void,
        roomReturned: @escaping @Sendable (Int) -> Void
    ) {
        self.isHalfClosed = isHalfClosed
        self.received = received
        self.roomReturned = roomReturned
    }
}

/// The failures that the client's own side makes.
extension CallFailure {
    /// Whether a server that stops says that it hasn't taken the call.
    var isByDraining: Bool { reason == "DRAINING" && outcome == .notProcessed }

    static func notConnected(_ endpoint: Endpoint, _ reason: String) -> CallFailure {
        CallFailure(
            .unavailable,
            reason: "CONNECTION_FAILED",
            message: "there is no connection to \(endpoint): \(reason)",
            outcome: .notProcessed,
            origin: .transport
        )
    }

    static func notSecure(_ endpoint: Endpoint, _ error: TLSError) -> CallFailure {
        CallFailure(
            .unavailable,
            reason: "TLS_FAILED",
            message: "there is no secure connection to \(endpoint): \(error)",
            outcome: .notProcessed,
            origin: .transport
        )
    }

    static func refusedByServer(_ endpoint: Endpoint, _ farewell: Farewell) -> CallFailure {
        CallFailure(
            .unavailable,
            reason: farewell.code,
            message: "the server at \(endpoint) refuses the connection: \(farewell.message)",
            outcome: .notProcessed,
            origin: .server
        )
    }

    static func connectionLost(
        _ endpoint: Endpoint,
        _ why: String,
        mayHaveArrived: Bool
    ) -> CallFailure {
        CallFailure(
            .unavailable,
            reason: "CONNECTION_LOST",
            message: "the connection to \(endpoint) was lost: \(why)",
            outcome: mayHaveArrived ? .unknown : .notProcessed,
            origin: .transport
        )
    }

    static func notTaken(_ endpoint: Endpoint) -> CallFailure {
        CallFailure(
            .unavailable,
            reason: "DRAINING",
            message: "the server at \(endpoint) is stopping and hasn't taken the call",
            outcome: .notProcessed,
            origin: .server
        )
    }

    package static func outOfTime(wasSent: Bool) -> CallFailure {
        CallFailure(
            .deadlineExceeded,
            reason: "TIMEOUT",
            message: wasSent
                ? "no answer came within the call's timeout"
                : "the call's timeout ended before it could be sent",
            outcome: wasSent ? .unknown : .notProcessed,
            origin: .client
        )
    }

    package static func cancelledByCaller(wasSent: Bool) -> CallFailure {
        CallFailure(
            .cancelled,
            reason: "CANCELLED",
            message: "the caller cancelled the call",
            outcome: wasSent ? .unknown : .notProcessed,
            origin: .client
        )
    }

    static func requestTooLong(_ length: Int, limit: UInt32) -> CallFailure {
        CallFailure(
            .resourceExhausted,
            reason: "MESSAGE_TOO_LONG",
            message:
                "a request of \(length) bytes is longer than the \(limit) that the server takes",
            outcome: .notProcessed,
            origin: .client
        )
    }

    static func messageTooLong(_ length: Int, limit: Int) -> CallFailure {
        CallFailure(
            .resourceExhausted,
            reason: "MESSAGE_TOO_LONG",
            message:
                "a message of \(length) bytes is longer than the \(limit) that the server takes "
                + "on a stream: send it in parts",
            outcome: .unknown,
            origin: .client
        )
    }

    static func streamsNotTaken(_ endpoint: Endpoint) -> CallFailure {
        CallFailure(
            .unimplemented,
            reason: "UNKNOWN_METHOD",
            message: "the server at \(endpoint) takes no streaming calls",
            outcome: .notProcessed,
            origin: .client
        )
    }

    static func closedHere(mayHaveArrived: Bool) -> CallFailure {
        CallFailure(
            .unavailable,
            reason: "CONNECTION_CLOSED",
            message: "the program has closed the connection",
            outcome: mayHaveArrived ? .unknown : .notProcessed,
            origin: .client
        )
    }
}
