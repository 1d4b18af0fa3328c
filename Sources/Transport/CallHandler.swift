package import TLS
package import Wire

/// Names a connection for as long as it is open; its number isn't reused before its generation is.
package struct ConnectionID: Hashable, Sendable {
    /// The loop that serves it.
    package let reactor: UInt16
    let index: UInt32
    let generation: UInt32

    package init(reactor: UInt16, index: UInt32, generation: UInt32) {
        self.reactor = reactor
        self.index = index
        self.generation = generation
    }
}

extension ConnectionID: CustomStringConvertible {
    /// `loop-index-generation`.
    package var description: String { "\(reactor)-\(index)-\(generation)" }
}

/// Names a call that is to be answered later, from any thread.
package struct CallTicket: Hashable, Sendable {
    package let connection: ConnectionID
    package let stream: UInt32
    let slot: UInt32
}

extension CallTicket: Comparable {
    /// By connection, then by stream: the later call of a connection is the greater.
    package static func < (left: CallTicket, right: CallTicket) -> Bool {
        left.order < right.order
    }

    private var order: (UInt16, UInt32, UInt32, UInt32, UInt32) {
        (connection.reactor, connection.index, connection.generation, stream, slot)
    }
}

/// Who has signed in on a connection, in numbers that the server's own and the transport passes on.
package struct Principal: Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nobody has signed in.
    @inlinable package static var anonymous: Principal { Principal(rawValue: 0) }
}

/// A whole call, in bytes that belong to the loop and are valid until `handle` returns.
package struct IncomingCall {
    package let connection: ConnectionID
    package let principal: Principal
    package let stream: UInt32
    /// The service's number in the upper 16 bits, the method's in the lower.
    package let method: UInt32
    /// When CALL came.
    package let receivedAt: MonotonicTime
    /// What the caller allows, from `receivedAt`; 0 when it leaves that to the method.
    package let timeoutMilliseconds: UInt32
    /// Empty, or 1…32 bytes.
    package let requestID: UnsafeRawBufferPointer
    /// The caller's trace context; empty without one. Any bytes: the caller may lie.
    package let traceparent: UnsafeRawBufferPointer
    package let message: UnsafeRawBufferPointer
}

/// The server's answer to credentials.
package enum Verdict: Sendable {
    case accepted(Principal, SignedIn)
    /// The connection stays what it was.
    case refused(CallFailure)
}

/// What a server does with calls. All methods are called on a loop's thread and must not block it.
package protocol CallHandler: AnyObject, Sendable {
    /// Answers a call through `responder`, at once or later.
    ///
    /// The call's bytes are valid only until this returns.
    func handle(_ call: borrowing IncomingCall, _ responder: inout Responder)

    /// Takes or refuses a streaming call through `responder`, at once.
    ///
    /// The call's bytes are valid only until this returns.
    func open(_ call: borrowing IncomingCall, _ responder: inout StreamResponder)

    /// A message has come on a stream that was accepted; its bytes are valid only until this returns.
    ///
    /// Returns whether it has been dealt with. If not, `ReplyBatch.giveBack` must tell when it has:
    /// until then its length and 64 count against what the caller may send.
    func received(_ message: UnsafeRawBufferPointer, on ticket: CallTicket) -> Bool

    /// The caller sends no further message on the stream.
    func halfClosed(_ ticket: CallTicket)

    /// `byteCount` more bytes may be posted to the stream.
    func roomReturned(_ byteCount: Int, on ticket: CallTicket)

    /// A connection is under TLS, and whoever is at its other end has shown a certificate that was found
    /// good. Told before anything that comes on the connection.
    func identified(_ connection: ConnectionID, by certificate: PeerCertificate)

    /// A connection under TLS has failed, most often in its handshake, and is being closed. Not told when
    /// it was merely cut off.
    func failed(_ connection: ConnectionID, _ error: TLSError)

    /// Judges credentials. Nil when the verdict will be posted (`Server.post(_:for:)`), exactly once.
    func authenticate(_ credentials: Credentials, on connection: ConnectionID) -> Verdict?

    /// The caller has cancelled a call that was to be answered later. The answer must come all the
    /// same, and goes nowhere. Of a stream this is told whatever has ended it but the handler: the
    /// caller, its time, the server's stopping, or the end of the connection.
    func cancelled(_ ticket: CallTicket)

    /// The connection is gone; answers to its calls go nowhere.
    func closed(_ connection: ConnectionID, principal: Principal)

    /// What came in one wake-up has been handed over, some of it to be answered later: the moment
    /// to wake whoever answers, once for all.
    func batchEnded()
}

extension CallHandler {
    package func identified(_ connection: ConnectionID, by certificate: PeerCertificate) {}
    package func failed(_ connection: ConnectionID, _ error: TLSError) {}
    package func open(_ call: borrowing IncomingCall, _ responder: inout StreamResponder) {
        responder.refuse(.unknownMethod(call.method))
    }
    package func received(_ message: UnsafeRawBufferPointer, on ticket: CallTicket) -> Bool { true }
    package func halfClosed(_ ticket: CallTicket) {}
    package func roomReturned(_ byteCount: Int, on ticket: CallTicket) {}
    package func cancelled(_ ticket: CallTicket) {}
    package func closed(_ connection: ConnectionID, principal: Principal) {}
    package func batchEnded() {}
}

/// Answers one call, exactly once.
package struct Responder: ~Copyable {
    /// Both belong to the loop's connection and outlive the responder, which lives for one `handle`.
    @usableFromInline let session: UnsafeMutablePointer<ServerSession>
    @usableFromInline let output: UnsafeMutablePointer<MessageWriter>
    @usableFromInline let stream: UInt32
    private let receivedAt: MonotonicTime
    @usableFromInline var state = State.open

    @usableFromInline enum State {
        case open, answered, deferred
    }

    /// Answers `call` in a session and its output, which must outlive the responder.
    package init(
        _ call: IncomingCall,
        session: UnsafeMutablePointer<ServerSession>,
        output: UnsafeMutablePointer<MessageWriter>
    ) {
        self.session = session
        self.output = output
        stream = call.stream
        receivedAt = call.receivedAt
    }

    /// Whether the call has neither been answered nor kept.
    package var isOpen: Bool { state == .open }
}

extension Responder {
    /// Answers with what `write` appends: straight into the connection's output.
    ///
    /// When `write` throws, nothing has been answered.
    @inlinable package mutating func succeed<Failure: Error>(
        replayed: Bool = false,
        _ write: (inout MessageWriter) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(state == .open, "a call is answered once")
        let start = output.pointee.beginFrame()
        do {
            try write(&output.pointee)
        } catch {
            output.pointee.truncate(to: start)
            throw error
        }
        state = .answered
        session.pointee.finishReply(
            from: start,
            stream: stream,
            flags: replayed ? .replayed : [],
            in: &output.pointee
        )
    }

    /// Answers with a copy of `message`.
    @inlinable package mutating func succeed(
        replayed: Bool = false,
        with message: UnsafeRawBufferPointer
    ) {
        succeed(replayed: replayed) { (writer: inout MessageWriter) in writer.append(message) }
    }

    /// Answers with a failure.
    package mutating func fail(_ failure: CallFailure) {
        precondition(state == .open, "a call is answered once")
        state = .answered
        session.pointee.appendFailure(failure, stream: stream, to: &output.pointee)
    }

    /// Keeps the call open, to be answered through `Server.post`.
    ///
    /// If no answer has come `timeoutMilliseconds` after the call was received, the caller is told
    /// so; the answer must come all the same, since the call counts as in flight until then.
    package mutating func answerLater(timeoutMilliseconds: UInt32) -> CallTicket {
        precondition(state == .open, "a call is answered once")
        state = .deferred
        return session.pointee.hold(
            stream: stream,
            deadline: receivedAt.adding(milliseconds: UInt64(timeoutMilliseconds))
        )
    }
}
