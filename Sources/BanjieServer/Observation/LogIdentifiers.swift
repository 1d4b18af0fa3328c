internal import BanjieProtocol
internal import Telemetry
internal import Transport
internal import Wire

// What the log may name: lists that our schema closes, and numbers.

extension MethodDescriptor: LogIdentifier {
    package var logName: String { fullName }
}

extension Status: LogIdentifier {
    package var logName: String { name }
}

extension Reason: LogIdentifier {
    package var logName: String { rawValue }
}

/// The reason: one of the server's own, since the server makes them.
extension CallFailure: LogIdentifier {
    package var logName: String { reason }
}

extension ConnectionID: LogIdentifier {
    package var logName: String { description }
}

extension TraceID: LogIdentifier {
    package var logName: String { description }
}

/// An address that the operator configured.
extension Endpoint: LogIdentifier {
    package var logName: String { description }
}

/// The caller's span in a trace.
struct SpanID: LogIdentifier {
    let rawValue: UInt64

    var logName: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
