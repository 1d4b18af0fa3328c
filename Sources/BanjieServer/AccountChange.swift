internal import Office

/// What a command has changed of an account, for the sessions that are open on it.
enum AccountChange: Hashable, Sendable {
    /// The roles or the department: open sessions go on with them.
    case rights(Actor)
    /// The secret: what was opened with the earlier one is over.
    case secret(login: String)
}
