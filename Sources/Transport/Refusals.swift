package import Wire

/// The failures that the transport itself makes.
extension CallFailure {
    private static func server(
        _ status: Status,
        _ reason: String,
        _ message: String,
        _ outcome: Outcome = .notProcessed
    ) -> CallFailure {
        CallFailure(status, reason: reason, message: message, outcome: outcome, origin: .server)
    }

    static func tooManyCalls(_ limit: UInt32) -> CallFailure {
        server(
            .resourceExhausted,
            "TOO_MANY_CALLS",
            "\(limit) calls are in flight on the connection, and the server takes no more"
        )
    }

    static let draining = server(
        .unavailable,
        "DRAINING",
        "the server is stopping: call again on another connection"
    )

    /// A stream that the server ends because it is stopping (W66).
    static let stopping = server(
        .unavailable,
        "DRAINING",
        "the server is stopping: open the stream again on another connection",
        .unknown
    )

    static func tooManyStreams(_ limit: Int) -> CallFailure {
        server(
            .resourceExhausted,
            "TOO_MANY_STREAMS",
            "\(limit) streams are open on the connection, and the server takes no more"
        )
    }

    /// One of the two sides has announced no windows (W54).
    static let noStreams = server(
        .unimplemented,
        "UNKNOWN_METHOD",
        "the connection takes no streaming calls: both sides must announce windows in HELLO"
    )

    static func badMetadata(_ message: String) -> CallFailure {
        server(.invalidArgument, "BAD_METADATA", message)
    }

    static func metadataTooLong(_ length: Int, limit: UInt32) -> CallFailure {
        server(
            .resourceExhausted,
            "METADATA_TOO_LONG",
            "metadata of \(length) bytes are longer than the \(limit) that are taken"
        )
    }

    static func messageTooLong(_ length: UInt64, limit: UInt32) -> CallFailure {
        server(
            .resourceExhausted,
            "MESSAGE_TOO_LONG",
            "a request of \(length) bytes is longer than the \(limit) that are taken"
        )
    }

    static func tooMuchUnfinished(_ limit: Int) -> CallFailure {
        server(
            .resourceExhausted,
            "TOO_MUCH_UNFINISHED",
            "more than \(limit) bytes of unfinished requests on the connection"
        )
    }

    static func noRoomForRequests(_ limit: Int) -> CallFailure {
        CallFailure(
            .resourceExhausted,
            reason: "NO_ROOM_FOR_REQUESTS",
            message: "the server has \(limit) bytes of unfinished requests, and takes no more",
            outcome: .notProcessed,
            origin: .server,
            retryAfterMilliseconds: 1_000
        )
    }

    static func replyTooLong(_ length: Int, limit: UInt32) -> CallFailure {
        server(
            .resourceExhausted,
            "REPLY_TOO_LONG",
            "a reply of \(length) bytes is longer than the \(limit) that the caller takes",
            .processed
        )
    }

    static let failureTooLong = server(
        .internal,
        "INTERNAL",
        "the failure's particulars are too long to be sent",
        .unknown
    )

    static func timeout(_ outcome: Outcome) -> CallFailure {
        server(
            .deadlineExceeded,
            "TIMEOUT",
            outcome == .notProcessed
                ? "the request wasn't complete within the call's timeout"
                : "the call wasn't answered within its timeout",
            outcome
        )
    }

    /// A method that the server doesn't have, or not of this kind (W30, W54).
    package static func unknownMethod(_ method: UInt32) -> CallFailure {
        server(
            .unimplemented,
            "UNKNOWN_METHOD",
            "service \(method >> 16) has no method \(method & 0xFFFF) of this kind here"
        )
    }

    static let unanswered = server(
        .internal,
        "INTERNAL",
        "the handler returned without an answer",
        .unknown
    )
}
