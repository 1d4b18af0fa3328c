import BanjieClient
import BanjieProtocol
import CivilTime
import LocalServer
import Testing
import Wire

/// Queries run beside commands, on snapshots of their own.
@Suite(.serialized) struct SnapshotTests {
    private static let morning = Instant(unixSeconds: 1_772_416_800)

    /// A query whose snapshot holds records of a calendar that has only just been made.
    @Test func queriesKnowTheCalendarsOfTheirRecords() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(Self.morning))
        let office = try LocalOffice(on: server)
        let deadlines = DeadlinesClient(try office.operator())
        let armed = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let request = ArmRequest(limit: 20, unit: .working, label: "\(number)")
                    return try await deadlines.arm(request).deadline
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let isOver = Switch()
        let channels = try (0..<6).map { _ in try office.connect(as: "operator", attempts: 1) }
        let calendar = CalendarClient(try office.operator())
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for channel in channels {
                group.addTask { try await Self.read(armed, on: channel, until: isOver) }
            }
            for number in 0..<60 {
                let day = Self.morning.date.adding(days: 5 + number % 10)
                let request =
                    number % 20 < 10
                    ? ChangeCalendarRequest(off: [day], reason: "临时放假")
                    : ChangeCalendarRequest(work: [day], reason: "照常上班")
                let made = try await calendar.change(request)
                // Whoever has the answer finds what it tells.
                let found = try await calendar.getVersion(
                    CalendarVersionRequest(version: made.version)
                )
                #expect(found.version == made.version)
            }
            isOver.turnOn()
            return try await group.reduce(0, +)
        }
        print("snapshots: \(answered) queries beside 60 calendar changes")
        #expect(answered > 0 && server.processID != nil)
    }

    /// Reads deadlines one after another; returns how many.
    private static func read(
        _ numbers: [UInt64],
        on channel: any CallChannel,
        until isOver: Switch
    ) async throws -> Int {
        let deadlines = DeadlinesClient(channel)
        var count = 0
        while !isOver.isOn {
            let request = DeadlineRequest(deadline: numbers[count % numbers.count])
            let options = CallOptions(waitForReady: true)
            _ = try await deadlines.get(request, options: options)
            if count % 50 == 0 { _ = try await deadlines.listDue(ListDueRequest(limit: 50)) }
            count += 1
        }
        return count
    }
}
