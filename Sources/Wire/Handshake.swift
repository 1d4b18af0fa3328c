/// The first bytes of a client: neither HTTP (no method begins with 0) nor TLS (whose first byte is
/// 22). The last is the version of the framing.
public enum Preface {
    @inlinable public static var bytes: [UInt8] {
        [0x00, 0x42, 0x41, 0x4E, 0x4A, 0x49, 0x45, 0x01]
    }
}

/// The versions of the protocol, above the framing.
public enum ProtocolVersion {
    /// The only one there is.
    @inlinable public static var current: UInt32 { 1 }
}

/// What one side says of itself: the payload of HELLO.
public struct Hello: Hashable, Sendable {
    /// The oldest version spoken; from a server, the one chosen.
    public var minimumVersion: UInt32 = 0
    /// The newest version spoken; from a server, the one chosen.
    public var maximumVersion: UInt32 = 0
    /// Which installation this belongs to; both sides must name the same, so that a client for
    /// testing can't reach production by mistake.
    public var realm = ""
    /// The longest payload of a frame that this side takes, in bytes; at least
    /// `leastLongestPayload`.
    public var longestPayload: UInt32 = 0
    /// The longest message that this side takes, in bytes; at least `longestPayload`.
    public var longestMessage: UInt32 = 0
    /// How many calls this side takes at a time; 0 from a client.
    public var callsInFlight: UInt32 = 0
    /// Credit in bytes with which each stream begins (W53); 0 from a side that takes no streams.
    public var streamWindow: UInt32 = 0
    /// Credit in bytes with which the connection begins; 0 from a side that takes no streams.
    public var connectionWindow: UInt32 = 0
    /// A bit for each optional feature; none is defined in version 1.
    public var features: UInt64 = 0
    /// A digest of the schemas that this side was built from; empty when it doesn't say. For people
    /// who look for a difference: it decides nothing.
    public var schema: [UInt8] = []
    /// The program and its version, for logs.
    public var product = ""

    public init() {}

    /// The least that anyone may announce as the longest payload; also what may be assumed before
    /// the peer's HELLO has come.
    @inlinable public static var leastLongestPayload: UInt32 { 16_384 }
    /// The least that anyone who takes streams may announce as a stream's window.
    @inlinable public static var leastStreamWindow: UInt32 { 32_768 }
    /// The most that a credit may ever be.
    @inlinable public static var mostCredit: UInt32 { 0x7FFF_FFFF }
    /// Whether streams are taken, and with windows that may be announced (W53).
    public var areWindowsValid: Bool {
        guard streamWindow > 0 || connectionWindow > 0 else { return true }
        return streamWindow >= Self.leastStreamWindow && connectionWindow >= streamWindow
            && connectionWindow <= Self.mostCredit
    }
    /// The longest payload that a HELLO may have.
    @inlinable public static var longestHello: UInt32 { 4_096 }
}

extension Hello: MessageCoding {
    public mutating func merge(from reader: inout MessageReader) throws(DecodingError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: minimumVersion = try reader.scalar()
            case 2: maximumVersion = try reader.scalar()
            case 3: realm = try reader.string()
            case 4: longestPayload = try reader.scalar()
            case 5: longestMessage = try reader.scalar()
            case 6: callsInFlight = try reader.scalar()
            case 7: streamWindow = try reader.scalar()
            case 8: connectionWindow = try reader.scalar()
            case 9: features = try reader.scalar()
            case 10: schema = try reader.byteString()
            case 11: product = try reader.string()
            default: try reader.skip()
            }
        }
    }

    public func write(to writer: inout MessageWriter) {
        writer.write(minimumVersion, as: 1)
        writer.write(maximumVersion, as: 2)
        writer.write(realm, as: 3)
        writer.write(longestPayload, as: 4)
        writer.write(longestMessage, as: 5)
        writer.write(callsInFlight, as: 6)
        writer.write(streamWindow, as: 7)
        writer.write(connectionWindow, as: 8)
        writer.write(features, as: 9)
        writer.write(schema, as: 10)
        writer.write(product, as: 11)
    }
}

/// Who a client says it is: the payload of a client's AUTH.
public struct Credentials: Hashable, Sendable {
    public var login = ""
    public var secret = ""
    /// The language in which the person reads sentences, such as `zh-CN` (BCP 47); empty for
    /// English.
    public var language = ""

    public init() {}

    public init(login: String, secret: String, language: String = "") {
        self.login = login
        self.secret = secret
        self.language = language
    }
}

extension Credentials: MessageCoding {
    public mutating func merge(from reader: inout MessageReader) throws(DecodingError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: login = try reader.string()
            case 2: secret = try reader.string()
            case 3: language = try reader.string()
            default: try reader.skip()
            }
        }
    }

    public func write(to writer: inout MessageWriter) {
        writer.write(login, as: 1)
        writer.write(secret, as: 2)
        writer.write(language, as: 3)
    }
}

/// Whom the server takes the client for: the payload of a server's AUTH with status OK.
public struct SignedIn: Hashable, Sendable {
    public var login = ""
    public var roles: [String] = []

    public init() {}

    public init(login: String, roles: [String]) {
        self.login = login
        self.roles = roles
    }
}

extension SignedIn: MessageCoding {
    public mutating func merge(from reader: inout MessageReader) throws(DecodingError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: login = try reader.string()
            case 2: try reader.string(into: &roles)
            default: try reader.skip()
            }
        }
    }

    public func write(to writer: inout MessageWriter) {
        writer.write(login, as: 1)
        writer.write(roles, as: 2)
    }
}

/// Why a side stops: the payload of GOAWAY and of ERROR.
public struct Farewell: Hashable, Sendable {
    /// A stable code.
    public var code = ""
    /// A sentence for people.
    public var message = ""
    /// The rule of WIRE.md that was broken; empty in GOAWAY.
    public var rule = ""

    public init() {}

    public init(code: String, message: String, rule: String = "") {
        self.code = code
        self.message = message
        self.rule = rule
    }

    public init(_ violation: ProtocolViolation) {
        self.init(code: violation.code, message: violation.message, rule: violation.rule)
    }
}

extension Farewell: MessageCoding {
    public mutating func merge(from reader: inout MessageReader) throws(DecodingError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: code = try reader.string()
            case 2: message = try reader.string()
            case 3: rule = try reader.string()
            default: try reader.skip()
            }
        }
    }

    public func write(to writer: inout MessageWriter) {
        writer.write(code, as: 1)
        writer.write(message, as: 2)
        writer.write(rule, as: 3)
    }
}
