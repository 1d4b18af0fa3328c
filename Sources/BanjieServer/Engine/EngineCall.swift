internal import Office
internal import Wire

/// A command or query on its way from a connection to where it is carried out.
///
/// `Ticket` is what the transport needs to deliver the answer.
struct EngineCall<Ticket: Sendable>: Sendable {
    let method: UInt32
    let body: [UInt8]
    /// Nil for an anonymous caller.
    let actor: Actor?
    /// The id under which a command is carried out at most once; empty for none.
    let requestID: [UInt8]
    let language: Language
    /// The trace that the caller says the call belongs to, for the audit log.
    var traceID: TraceID?
    /// What was found out of the passwords in it; nil for calls without any.
    var passwords: PreparedPassword?
    let ticket: Ticket
}

/// What came of a call.
enum EngineOutcome: Sendable {
    /// The encoded reply, and whether it is the stored answer to an earlier request.
    case reply([UInt8], isReplay: Bool)
    case failure(EngineFailure)
}

/// A failure, ready to be sent.
struct EngineFailure: Sendable {
    let report: FailureReport
    /// False when nothing was begun; a failed commit's outcome is unknown.
    let isOutcomeKnown: Bool
}

/// An answer on its way back.
struct EngineAnswer<Ticket: Sendable>: Sendable {
    let ticket: Ticket
    let outcome: EngineOutcome
}
