/// Whether a call that failed has changed anything: what decides if it may be tried again.
public enum Outcome: UInt8, Hashable, Sendable, CaseIterable {
    /// Nobody can tell; only a query, or a call with a request id, may be repeated.
    case unknown = 0
    /// Nothing was begun; any call may be repeated.
    case notProcessed = 1
    /// The handler has run and this is its answer; repeating the call is a new call.
    case processed = 2
}

/// Who made an error.
public enum Origin: UInt8, Hashable, Sendable, CaseIterable {
    /// The calling program's own side: its limits, its time, its cancellation.
    case client = 0
    /// The connection between the two.
    case transport = 1
    /// The server, before or after the handler.
    case server = 2
    /// The method's handler: the rules of the office.
    case handler = 3
}
