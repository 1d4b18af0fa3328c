internal import BanjieProtocol
internal import WorkCalendar

/// Echo and status: for probes and benchmarks.
struct DiagnosticsService: DiagnosticsQueries, Sendable {
    static let version = "0.1.0"

    func echo(
        _ request: EchoRequest,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> EchoReply {
        EchoReply(payload: request.payload)
    }

    func status(
        _ request: Empty,
        in context: inout QueryContext
    ) throws(HandlerFailure) -> StatusReply {
        let status = context.status
        return StatusReply(
            version: Self.version,
            now: context.now,
            virtualClock: status.virtualClock,
            writable: status.writable,
            firing: status.firing,
            draining: status.draining,
            armed: status.armed,
            behind: status.isBehind,
            commit: status.commit,
            calendarVersion: context.calendars.current.calendar.version.rawValue,
            connections: status.connections
        )
    }
}
