import BanjieProtocol
import Store
import Wire

/// A command that a client wants carried out once, however often it must ask.
struct SentCommand {
    enum State: Equatable {
        /// The client asks until it knows.
        case open
        /// It was answered, with these bytes.
        case acknowledged([UInt8])
        /// It was refused or given up, and no request of it can have been carried out.
        case refused
        /// The client doesn't ask any more, and doesn't know.
        case unknown
    }

    /// Counts the client's commands, from 1.
    let number: UInt64
    let method: MethodDescriptor
    let body: [UInt8]
    /// The deadline that it changes; nil for one that arms.
    let deadline: UInt64?
    /// The login that sends it.
    let login: String
    let trace: TraceID
    var state = State.open
    /// How many of its requests are underway.
    var underway = 0
    /// Whether one of its requests may have been carried out, as far as the client knows.
    var mayHaveRun = false
    /// How many of its answers didn't say that they were repeated.
    var originals = 0

    /// The request id: a client's own rise.
    var id: [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }

    var key: RequestKey { RequestKey(principal: login, id: id) }

    /// The trace context in which it is sent, by which the audit log is searched for its effects.
    var traceparent: [UInt8] {
        guard let context = TraceContext(traceID: trace, parentID: number, isSampled: false) else {
            preconditionFailure("a trace has an id that isn't zero")
        }
        return Array("\(context)".utf8)
    }

    /// The same trace, as the audit log has it.
    var auditTrace: AuditTrace { AuditTrace(high: trace.high, low: trace.low) }

    /// Whether it leaves its deadline in a state that no other command ends.
    var finalState: DeadlineState? {
        switch method.id {
        case DeadlinesMethods.complete.id: .completed
        case DeadlinesMethods.cancel.id: .cancelled
        default: nil
        }
    }
}
