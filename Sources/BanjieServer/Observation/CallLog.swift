internal import BanjieProtocol
internal import Telemetry
internal import Transport
internal import Wire

/// Writes a line for every call that failed or was slow; at the level `debug`, for every other too.
struct CallLog: ServerInterceptor {
    private let logger: Logger
    /// From which on a call is slow, in nanoseconds.
    private let slow: UInt64
    private let failures = LineBudget(linesPerSecond: 20)
    private let slowCalls = LineBudget(linesPerSecond: 20)

    init(_ logger: Logger, slowMilliseconds: Int) {
        self.logger = logger
        slow = UInt64(slowMilliseconds) * 1_000_000
    }

    var mustSeeInlineSuccesses: Bool { logger.writes(.debug) }

    func before(_ call: ObservedCall) {}

    func after(_ call: ObservedCall, _ ending: CallEnding) {
        if ending.status != .ok {
            logger.log(
                Self.level(of: ending.status),
                "call.failed",
                within: failures,
                Self.fields(call, ending)
            )
        } else if let duration = ending.duration, duration >= slow {
            logger.log(.warning, "call.slow", within: slowCalls, Self.fields(call, ending))
        } else if logger.writes(.debug) {
            logger.log(.debug, "call.answered", Self.fields(call, ending))
        }
    }

    /// A caller's mistake is ordinary; what the server couldn't do isn't.
    private static func level(of status: Status) -> LogLevel {
        switch status {
        case .ok, .cancelled, .invalidArgument, .notFound, .alreadyExists, .permissionDenied,
            .failedPrecondition, .aborted, .outOfRange, .unimplemented, .unauthenticated:
            .info
        case .deadlineExceeded, .resourceExhausted, .unavailable: .warning
        case .unknown, .internal, .dataLoss: .error
        }
    }

    private static func fields(_ call: ObservedCall, _ ending: CallEnding) -> [LogField] {
        var fields: [LogField] = []
        if let method = call.method {
            fields.append(
                LogField("method", .identifier(ServiceRegistry.methods[method.index]))
            )
        } else {
            fields.append(LogField("method_id", .count(call.methodID)))
        }
        fields.append(LogField("status", .identifier(ending.status)))
        if let reason = ending.reason { fields.append(LogField("reason", .identifier(reason))) }
        if let duration = ending.duration {
            fields.append(LogField("duration_ms", .milliseconds(ofNanoseconds: duration)))
        }
        fields.append(LogField("connection", .identifier(call.connection)))
        if let trace = call.trace {
            fields.append(LogField("trace_id", .identifier(trace.traceID)))
            fields.append(LogField("parent_id", .identifier(SpanID(rawValue: trace.parentID))))
        }
        return fields
    }
}
