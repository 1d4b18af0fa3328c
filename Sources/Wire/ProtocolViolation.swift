/// What a peer did that ends the connection (WIRE.md, "A broken peer").
///
/// Each case has a stable code and the number of the rule that it breaks; both travel in the ERROR
/// frame with which the connection is closed.
public enum ProtocolViolation: Error, Hashable, Sendable {
    case preface
    case headerChecksum
    case frameTooLong(length: UInt32, limit: UInt32)
    case payloadChecksum
    case unknownType(UInt8)
    /// A frame of a known type whose content can't be what the type demands.
    case malformed(FrameType, Flaw)
    /// A frame that its sender may not send, or not now.
    case unexpected(FrameType)
    /// A first frame that isn't HELLO.
    case notHello(FrameType)
    case frameTimeout(milliseconds: UInt64)
    case handshakeTooLong(length: UInt32)
    case handshakeTimeout(milliseconds: UInt64)
    case noCommonVersion(minimum: UInt32, maximum: UInt32)
    case wrongRealm(theirs: String, ours: String)
    /// A stream number that is even, or not above the one before.
    case streamOrder(stream: UInt32, last: UInt32)
    case neverOpened(stream: UInt32)
    /// A message on a stream for which there is no credit, or that takes more than half of the window.
    case creditExceeded(stream: UInt32)
    /// Calls that were begun and cancelled faster than is taken.
    case tooManyResets(limit: UInt32)
    case peerSilent
    /// Output that wasn't read: for as long, or more of it, than is allowed.
    case outputStalled(OutputLimit)
    case tooManyConnections(limit: UInt32)
    /// The same of connections from one address.
    case tooManyFromAddress(limit: UInt32)

    /// What waiting output has gone beyond.
    public enum OutputLimit: Hashable, Sendable {
        case bytes(Int)
        case milliseconds(UInt64)
    }

    /// What is wrong with a frame's content.
    public enum Flaw: Hashable, Sendable {
        /// On stream 0 and not the connection's, or the other way round.
        case stream
        /// A payload of a length that the type doesn't have.
        case length
        /// A payload that doesn't decode.
        case payload(DecodingError)
        /// A limit in HELLO below the least that anyone may announce.
        case limit
        /// A fragment that doesn't fit the length that the message was said to have.
        case fragment
        /// Windows in HELLO that nobody may announce.
        case window
        /// A credit of nothing, or more than a credit may be.
        case credit
        /// A frame of a streaming call that doesn't continue its messages.
        case sequence
        /// A message after the last.
        case halfClosed
    }
}

extension ProtocolViolation {
    /// The stable code, which ERROR carries.
    public var code: String {
        switch self {
        case .preface: "BAD_PREFACE"
        case .headerChecksum: "BAD_HEADER_CHECKSUM"
        case .frameTooLong: "FRAME_TOO_LONG"
        case .payloadChecksum: "BAD_PAYLOAD_CHECKSUM"
        case .unknownType: "UNKNOWN_FRAME_TYPE"
        case .malformed: "MALFORMED_FRAME"
        case .unexpected, .notHello: "UNEXPECTED_FRAME"
        case .frameTimeout: "FRAME_TIMEOUT"
        case .handshakeTooLong: "HANDSHAKE_TOO_LONG"
        case .handshakeTimeout: "HANDSHAKE_TIMEOUT"
        case .noCommonVersion: "NO_COMMON_VERSION"
        case .wrongRealm: "WRONG_REALM"
        case .streamOrder: "STREAM_ORDER"
        case .neverOpened: "STREAM_NEVER_OPENED"
        case .creditExceeded: "CREDIT_EXCEEDED"
        case .tooManyResets: "TOO_MANY_RESETS"
        case .peerSilent: "PEER_SILENT"
        case .outputStalled: "OUTPUT_STALLED"
        case .tooManyConnections: "TOO_MANY_CONNECTIONS"
        case .tooManyFromAddress: "TOO_MANY_FROM_ADDRESS"
        }
    }

    /// The rule of WIRE.md that was broken, such as `W2`.
    public var rule: String {
        switch self {
        case .headerChecksum: "W2"
        case .frameTooLong: "W3"
        case .payloadChecksum: "W4"
        case .unknownType: "W5"
        case .malformed(_, .stream): "W7"
        case .malformed(_, .fragment): "W36"
        case .malformed(_, .limit): "W16"
        case .malformed(_, .window): "W53"
        case .malformed(.end, .sequence): "W61"
        case .malformed(_, .sequence): "W55"
        case .malformed(_, .halfClosed): "W56"
        case .malformed(_, .credit): "W59"
        case .malformed: "W8"
        case .frameTimeout: "W9"
        case .preface: "W12"
        case .handshakeTooLong, .handshakeTimeout: "W14"
        case .noCommonVersion: "W15"
        case .wrongRealm: "W17"
        case .unexpected(.hello), .notHello: "W13"
        case .unexpected(.window): "W52"
        case .unexpected(.authenticate): "W21"
        case .unexpected: "W11"
        case .streamOrder: "W24"
        case .neverOpened: "W25"
        case .creditExceeded: "W57"
        case .tooManyResets: "W65"
        case .peerSilent: "W43"
        case .outputStalled: "W50"
        case .tooManyConnections: "W51"
        case .tooManyFromAddress: "W73"
        }
    }

    /// What was wrong, where, and what is expected, in a sentence.
    public var message: String {
        switch self {
        case .preface: "the connection doesn't begin with Banjie's preface"
        case .headerChecksum: "a frame header's checksum doesn't hold"
        case .frameTooLong(let length, let limit):
            "a frame's payload of \(length) bytes is longer than the \(limit) that are accepted"
        case .payloadChecksum: "a payload's checksum doesn't hold"
        case .unknownType(let number): "frame type \(number) is unknown and not ignorable"
        case .malformed(let type, let flaw): "\(type.name): \(flaw)"
        case .unexpected(let type): "\(type.name) may not be sent here"
        case .notHello(let type): "\(type.name) comes before HELLO"
        case .frameTimeout(let milliseconds):
            "a frame was begun and not finished within \(milliseconds) ms"
        case .handshakeTooLong(let length):
            "a HELLO of \(length) bytes is longer than a handshake may be"
        case .handshakeTimeout(let milliseconds):
            "the handshake wasn't finished within \(milliseconds) ms"
        case .noCommonVersion(let minimum, let maximum):
            "versions \(minimum) to \(maximum) of the protocol aren't spoken here"
        case .wrongRealm(let theirs, let ours):
            "the realm is \"\(theirs)\", here it is \"\(ours)\": check the address or the realm"
        case .streamOrder(let stream, let last):
            "stream \(stream) after \(last): a client's streams are odd and increase"
        case .neverOpened(let stream): "stream \(stream) was never opened"
        case .creditExceeded(let stream):
            "a message on stream \(stream) takes more credit than there is for it"
        case .tooManyResets(let limit):
            "more running calls were cancelled than the \(limit) a second that are taken"
        case .peerSilent: "nothing came within the time that a PING allows"
        case .outputStalled(.bytes(let limit)):
            "more than \(limit) bytes of what was sent wait to be read"
        case .outputStalled(.milliseconds(let limit)):
            "nothing of what was sent was read for \(limit) ms"
        case .tooManyConnections(let limit):
            "the server has \(limit) connections and takes no more; try again later"
        case .tooManyFromAddress(let limit):
            "\(limit) connections from this address are open, and the server takes no more"
        }
    }
}

extension ProtocolViolation.Flaw: CustomStringConvertible {
    public var description: String {
        switch self {
        case .stream: "the stream number doesn't fit the frame's type"
        case .length: "the payload's length doesn't fit the frame's type"
        case .payload(let error): "the payload doesn't decode: \(error)"
        case .limit: "a limit is below the least that may be announced"
        case .fragment: "the fragment doesn't fit the message's length"
        case .window: "the windows can't be those of a side that takes streams"
        case .credit: "the credit is nothing, or more than a credit may be"
        case .sequence: "the frame doesn't fit the messages of its stream"
        case .halfClosed: "its sender has said that it sends no further message"
        }
    }
}
