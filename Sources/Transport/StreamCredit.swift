import Wire

/// What messages on streams cost (W57, W58).
package enum StreamCredit {
    /// What a message costs beyond its bytes, so that many small ones pay too.
    static let overhead = 64

    /// The credit that a message of `length` bytes takes.
    package static func cost(of length: Int) -> Int { length + overhead }

    /// The longest message that may be sent on a stream with this window; negative when none may be.
    static func longestMessage(window: UInt32) -> Int { Int(window / 2) - overhead }
}

/// Credit that a receiver will give back: it is told to the sender when it has come to half of the
/// window (W60), so that a WINDOW frame pays for many messages.
///
/// What is held back is less than half of the window, and a message takes no more than half of it: so a
/// sender whose messages are all read can always send the next.
package struct HeldCredit: Sendable {
    private let window: Int
    private var held = 0

    /// - Parameter window: the credit with which the sender began, in bytes.
    package init(window: UInt32) { self.window = Int(window) }

    /// Takes `byteCount` to be given back; returns what the sender is to be told now, or nil.
    package mutating func add(_ byteCount: Int) -> UInt32? {
        held += byteCount
        guard held >= window / 2, held > 0 else { return nil }
        defer { held = 0 }
        return UInt32(clamping: held)
    }
}

/// The credit that the peer has on all streams of a connection together, as its receiver sees it.
struct ConnectionCredit {
    private(set) var credit: Int
    private var held: HeldCredit

    init(window: UInt32) {
        credit = Int(window)
        held = HeldCredit(window: window)
    }

    /// A message has begun to come; false when there is no credit for it.
    mutating func take(_ cost: Int) -> Bool {
        guard cost <= credit else { return false }
        credit -= cost
        return true
    }

    /// A MESSAGE frame has come on a stream that has ended (W26): what it cost its sender is given back,
    /// which is told by nothing but the frame.
    mutating func passOver(
        _ frame: Frame,
        into output: inout MessageWriter
    ) throws(ProtocolViolation) {
        guard frame.header.flags.contains(.first) else { return }
        let cost = StreamCredit.cost(of: Int(frame.header.field32))
        guard take(cost) else { throw .creditExceeded(stream: frame.header.stream) }
        giveBack(cost, into: &output)
    }

    /// A message has come whole, or won't. The connection's credit doesn't wait for its reader, so that
    /// a stream that nobody reads stalls no other.
    mutating func giveBack(_ cost: Int, into output: inout MessageWriter) {
        guard cost > 0, let told = held.add(cost) else { return }
        credit += Int(told)
        output.appendFrame(.window, field32: told)
    }
}
