import Wire

/// Whether the peer is still there (W42, W43): any byte says so; after a silence it is asked.
struct Liveness {
    /// How long a silence may be; 0 for ever.
    private let idleMilliseconds: UInt64
    private let pongMilliseconds: UInt64
    private var lastReceived: MonotonicTime
    private var pongDeadline = MonotonicTime.never

    private static let question = [UInt8]("are you?".utf8)

    init(_ limits: Limits, at now: MonotonicTime) {
        idleMilliseconds = limits.idleMilliseconds
        pongMilliseconds = limits.pongMilliseconds
        lastReceived = now
    }

    /// Bytes have come.
    mutating func received(at now: MonotonicTime) {
        lastReceived = now
        pongDeadline = .never
    }

    /// When `check` has something to do.
    var deadline: MonotonicTime {
        guard pongDeadline == .never else { return pongDeadline }
        guard idleMilliseconds > 0 else { return .never }
        return lastReceived.adding(milliseconds: idleMilliseconds)
    }

    /// Asks when it is time to; throws when the question wasn't answered. Returns whether it asked.
    mutating func check(
        at now: MonotonicTime,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) -> Bool {
        guard now >= deadline else { return false }
        guard pongDeadline == .never else { throw .peerSilent }
        Self.question.withUnsafeBytes { output.appendFrame(.ping, payload: $0) }
        pongDeadline = now.adding(milliseconds: pongMilliseconds)
        return true
    }

    /// Answers a PING.
    static func answer(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) {
        guard frame.payload.count == 8 else { throw .malformed(.ping, .length) }
        output.appendFrame(.pong, payload: frame.payload)
    }
}
