/// What a frame is for (WIRE.md, "Frame types").
public enum FrameType: UInt8, Hashable, Sendable, CaseIterable {
    // On stream 0: the connection's own.
    case hello = 0x01
    case authenticate = 0x02
    case ping = 0x04
    case pong = 0x05
    case goAway = 0x06
    case error = 0x07

    // On a stream: a call's.
    case call = 0x10
    case message = 0x11
    case end = 0x12
    case cancel = 0x13
    case window = 0x14

    /// Whether a receiver that doesn't know the type must pass over the frame instead of closing.
    @inlinable public static func isIgnorable(_ number: UInt8) -> Bool { number & 0x80 != 0 }

    /// The name that WIRE.md gives it.
    public var name: String {
        switch self {
        case .hello: "HELLO"
        case .authenticate: "AUTH"
        case .ping: "PING"
        case .pong: "PONG"
        case .goAway: "GOAWAY"
        case .error: "ERROR"
        case .call: "CALL"
        case .message: "MESSAGE"
        case .end: "END"
        case .cancel: "CANCEL"
        case .window: "WINDOW"
        }
    }
}

/// The flags of a frame; what a bit means depends on the type. Unknown bits are ignored.
public struct FrameFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// MESSAGE: the message ends with this frame.
    @inlinable public static var last: FrameFlags { FrameFlags(rawValue: 1) }
    /// CALL and MESSAGE: the client sends no further message on this stream (W56).
    @inlinable public static var halfClose: FrameFlags { FrameFlags(rawValue: 2) }
    /// MESSAGE: a message on a streaming call begins with this frame (W55).
    @inlinable public static var first: FrameFlags { FrameFlags(rawValue: 4) }
    /// CALL: the call is a streaming one, and its message the client's first (W54).
    @inlinable public static var stream: FrameFlags { FrameFlags(rawValue: 1) }
    /// END: the reply was stored when the request id was first used, and nothing ran again.
    @inlinable public static var replayed: FrameFlags { FrameFlags(rawValue: 1) }
}
