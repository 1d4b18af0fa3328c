internal import Office

/// What a command has changed of accounts, for the sessions that are open on them.
enum AccountChange: Hashable, Sendable {
    /// The roles or the department: open sessions go on with them.
    case rights(Actor)
    /// The secret or password: what was opened with the earlier one is over.
    case credential(login: String)
    /// The person may not sign in any more: all sessions are over.
    case disabled(login: String)
    /// An operator has ended this session.
    case ended(session: UInt64)
}
