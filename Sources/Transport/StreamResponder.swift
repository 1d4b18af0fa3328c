package import Wire

/// Takes or refuses one streaming call.
package struct StreamResponder: ~Copyable {
    /// Both belong to the loop's connection and outlive the responder, which lives for one `open`.
    private let session: UnsafeMutablePointer<ServerSession>
    private let output: UnsafeMutablePointer<MessageWriter>
    private let stream: UInt32
    private let receivedAt: MonotonicTime
    /// Whether the client sends nothing but the call's message.
    package let isHalfClosed: Bool
    private(set) var state = State.open

    enum State {
        case open, refused, taken
    }

    /// Takes or refuses `call` in a session and its output, which must outlive the responder.
    package init(
        _ call: IncomingCall,
        isHalfClosed: Bool,
        session: UnsafeMutablePointer<ServerSession>,
        output: UnsafeMutablePointer<MessageWriter>
    ) {
        self.session = session
        self.output = output
        self.isHalfClosed = isHalfClosed
        stream = call.stream
        receivedAt = call.receivedAt
    }

    /// Whether the call has neither been taken nor refused.
    package var isOpen: Bool { state == .open }

    /// Ends the call.
    package mutating func refuse(_ failure: CallFailure) {
        precondition(state == .open, "a call is taken or refused once")
        state = .refused
        session.pointee.appendFailure(failure, stream: stream, to: &output.pointee)
    }

    /// Takes the call as a stream, to be written to and ended through `Server.post`.
    ///
    /// If it hasn't ended `timeoutMilliseconds` after the call was received (0: never), the caller is
    /// told so, and the handler by `cancelled`. Whatever ends the stream, the handler must let go of it:
    /// until then the call counts as in flight.
    ///
    /// - Returns: the stream's name, and how many bytes may be posted before room returns: each message
    ///   takes its length and 64.
    package mutating func accept(timeoutMilliseconds: UInt32) -> (ticket: CallTicket, room: Int) {
        precondition(state == .open, "a call is taken or refused once")
        state = .taken
        let deadline =
            timeoutMilliseconds == 0
            ? .never : receivedAt.adding(milliseconds: UInt64(timeoutMilliseconds))
        let ticket = session.pointee.openStream(
            stream,
            isHalfClosed: isHalfClosed,
            deadline: deadline
        )
        return (ticket, session.pointee.profile.limits.streamQueueBytes)
    }
}
