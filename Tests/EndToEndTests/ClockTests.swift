import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import LocalServer
import Testing
import Wire

/// A clock that can't be right deems nothing until an operator has confirmed it.
@Suite(.serialized) struct ClockTests {
    private static var machineTime: Instant {
        Instant(unixSeconds: Int64(Date().timeIntervalSince1970))
    }

    /// A server on the machine's clock whose store was last written at `instant`, with a deadline armed
    /// then.
    private static func server(
        lastWrittenAt instant: Instant,
        options: [String] = []
    ) async throws -> (LocalOffice, DeadlineView) {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(instant))
        let office = try LocalOffice(on: server)
        let deadlines = DeadlinesClient(try office.operator())
        let armed = try await deadlines.arm(ArmRequest(limit: 1, unit: .working))
        // A pause and a calendar of that time, which commands of an earlier time come after.
        _ = try await deadlines.pause(DeadlineReasonRequest(deadline: armed.deadline, reason: "暂停"))
        _ = try await CalendarClient(try office.operator())
            .change(ChangeCalendarRequest(off: [instant.date.adding(days: 9)], reason: "临时放假"))
        server.kill()
        office.disconnect()
        try server.start(.machine, options: options)
        return (office, armed)
    }

    @Test(arguments: [365, -365])
    func waitsForAnOperator(daysAhead: Int64) async throws {
        let written = Self.machineTime.adding(seconds: daysAhead * Instant.secondsPerDay)
        let (office, armed) = try await Self.server(lastWrittenAt: written)
        let diagnostics = DiagnosticsClient(try office.operator())
        let deadlines = DeadlinesClient(try office.operator())
        let admin = AdminClient(try office.operator())
        let request = DeadlineRequest(deadline: armed.deadline)

        let doubtful = try await diagnostics.status(Empty())
        #expect(!doubtful.firing && doubtful.writable)
        #expect(doubtful.now == written)
        let head = try await admin.getAuditHead(Empty())
        for _ in 0..<2 {
            let error = await #expect(throws: CallError.self) {
                try await deadlines.resume(request)
            }
            #expect(error?.reason == Reason.clockUnconfirmed.rawValue)
            #expect(error?.outcome == .notProcessed)
        }
        #expect(try await deadlines.get(request).state == .paused)
        #expect(try await admin.getAuditHead(Empty()) == head)

        _ = try await admin.confirmClock(Empty())
        let confirmed = try await diagnostics.status(Empty())
        #expect(
            confirmed.firing && abs(confirmed.now.unixSeconds - Self.machineTime.unixSeconds) < 60
        )
        // Whatever lies in the store from a time that hasn't come yet does no harm.
        #expect(try await deadlines.resume(request).state == .running)
        _ = try await deadlines.complete(request)
        let change = ChangeCalendarRequest(off: [armed.due], reason: "临时放假")
        let changed = try await CalendarClient(try office.operator()).change(change)
        #expect(changed.version == 3)
        _ = try await deadlines.arm(ArmRequest(limit: 5, unit: .working))

        // And the confirmation holds for the next start.
        office.server.kill()
        office.disconnect()
        try office.server.start(.machine)
        #expect(try await DiagnosticsClient(try office.operator()).status(Empty()).firing)
    }

    @Test func trustsAGapThatIsAllowed() async throws {
        let written = Self.machineTime.adding(seconds: -100 * 3600)
        let (doubtful, _) = try await Self.server(lastWrittenAt: written)
        #expect(try await !DiagnosticsClient(doubtful.operator()).status(Empty()).firing)
        let (trusted, _) = try await Self.server(
            lastWrittenAt: written,
            options: ["--gap-hours", "200"]
        )
        #expect(try await DiagnosticsClient(trusted.operator()).status(Empty()).firing)
    }

    /// A virtual clock that is started before the store's last commit is no better.
    @Test func aVirtualClockIsGuardedToo() async throws {
        let office = try await TestOffice()
        _ = try await office.armDeadline()
        office.server.kill()
        office.office.disconnect()
        try office.server.start(.virtual(TestOffice.morning.adding(seconds: -3600)))
        let admin = AdminClient(try office.office.operator())
        let later = AdvanceClockRequest(to: TestOffice.morning.adding(seconds: 90 * 86_400))
        let error = await #expect(throws: CallError.self) { try await admin.advanceClock(later) }
        #expect(error?.reason == Reason.clockUnconfirmed.rawValue)
        _ = try await admin.confirmClock(Empty())
        #expect(try await admin.advanceClock(later).fired == 1)
    }
}
