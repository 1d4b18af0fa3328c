public import Wire

/// How a connection is made and kept.
public struct ConnectionOptions: Sendable {
    /// Which installation the server must belong to. A server of another one is refused, so that a
    /// client for testing can't reach production by mistake. At most 256 bytes.
    public var realm: String
    /// Who signs in; nobody when nil, and then only what is public can be called.
    public var credentials: Credentials?
    /// Whom to trust at an address under TLS, and what to show there; the system's authorities and
    /// nothing when nil.
    public var security: ConnectionSecurity?
    /// The program and its version, for the server's log. At most 256 bytes.
    public var product: String
    /// The longest reply taken, in bytes: 65 536…33 554 431.
    public var longestReply: UInt32 = 4 << 20
    /// After this long without a byte from the server it is asked whether it is there; 0 for never.
    public var keepAliveMillis: UInt64 = 60_000
    /// How long that question waits for any byte before the connection is taken for lost.
    public var keepAliveTimeoutMillis: UInt64 = 20_000
    /// The wait before the second attempt to connect; each further one is 1.6 times longer, with a
    /// fifth of it left to chance. A connection that has lasted that long begins anew with it.
    public var initialBackoffMillis: UInt32 = 1_000
    /// The longest wait between two attempts.
    public var longestBackoffMillis: UInt32 = 120_000
    /// How often a call is sent at most, when repeating it is safe; what no server has begun isn't counted.
    public var attempts = 4

    public init(realm: String, credentials: Credentials? = nil, product: String = "") {
        self.realm = realm
        self.credentials = credentials
        self.product = product
    }
}

/// Why a connection can't even be tried.
public struct ConnectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong, and what to do.
    public let description: String
}
