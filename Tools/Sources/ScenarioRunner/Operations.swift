import BanjieProtocol
import CivilTime
import Foundation

/// What an operation makes of its arguments: the fields that a scenario can ask for.
typealias Operation = @Sendable (World, Arguments) async throws -> [String: JSON]

/// Every operation of the vocabulary that the server has a service for.
let operations: [String: Operation] =
    calendarOperations
    .merging(caseOperations) { first, _ in first }
    .merging(jointOperations) { first, _ in first }
    .merging(reviewOperations) { first, _ in first }
    .merging(inquiryOperations) { first, _ in first }
    .merging(certificateOperations) { first, _ in first }
    .merging(trainingOperations) { first, _ in first }
    .merging(consultationOperations) { first, _ in first }
    .merging(notificationOperations) { first, _ in first }
    .merging(disclosureOperations) { first, _ in first }
    .merging(campaignOperations) { first, _ in first }
    .merging(assignmentOperations) { first, _ in first }
    .merging(supervisionOperations) { first, _ in first }
    .merging(serverOperations) { first, _ in first }

private let serverOperations: [String: Operation] = [
    "server.kill": { world, _ in
        world.kill()
        return [:]
    }
]

private let calendarOperations: [String: Operation] = [
    "calendar.due": { world, arguments in
        let reply = try await CalendarClient(try await world.channel(as: "clerk")).due(
            DueRequest(
                from: try arguments.date("from"),
                days: Int32(clamping: try arguments.integer("days")),
                unit: try arguments.enumeration("unit"),
                pauses: try pauses(arguments)
            )
        )
        return [
            "due": JSON(reply.due), "counted": JSON(reply.counted.map(\.description)),
            "provisional": .bool(reply.provisional),
        ]
    },
    "calendar.minutes": { world, arguments in
        guard let from = Instant(try arguments.text("from")) else {
            throw ScenarioError("`from` isn't a local time")
        }
        let reply = try await CalendarClient(try await world.channel(as: "clerk")).minutes(
            MinutesRequest(from: from, minutes: Int32(clamping: try arguments.integer("minutes")))
        )
        return ["due": JSON(reply.due), "provisional": .bool(reply.provisional)]
    },
    "calendar.change": { world, arguments in
        let calendar = CalendarClient(try await world.operator())
        let made = try await calendar.change(
            ChangeCalendarRequest(
                off: try arguments.dates("off"),
                work: try arguments.dates("work"),
                reason: try arguments.text("reason")
            )
        )
        return try await replanned(made, calendar)
    },
    "calendar.load": { world, arguments in
        let calendar = CalendarClient(try await world.operator())
        let made = try await calendar.loadYear(
            LoadYearRequest(
                year: Int32(clamping: try arguments.integer("year")),
                off: try arguments.dates("off"),
                makeUp: try arguments.dates("make_up"),
                source: arguments.values["source"]?.text ?? ""
            )
        )
        return try await replanned(made, calendar)
    },
]

private func pauses(_ arguments: Arguments) throws -> [PauseDays] {
    try (arguments.values["pauses"]?.list ?? []).map { pair in
        let days = try (pair.list ?? []).map { day -> CivilDate? in
            if day == .null { return nil }
            guard let date = CivilDate(day.text ?? "") else {
                throw ScenarioError("a pause holds \(day)")
            }
            return date
        }
        guard days.count == 2, let pause = days[0] else {
            throw ScenarioError("a pause is [day, day], not \(pair)")
        }
        return PauseDays(pause: pause, resume: days[1])
    }
}

/// Waits until every running clock has been re-planned by a new calendar.
private func replanned(
    _ made: CalendarVersionView,
    _ calendar: CalendarClient
) async throws -> [String: JSON] {
    var version = made
    for _ in 0..<1000 where !version.replanned {
        try await Task.sleep(for: .milliseconds(2))
        version = try await calendar.getVersion(CalendarVersionRequest(version: made.version))
    }
    guard version.replanned else { throw ScenarioError("the clocks weren't re-planned in time") }
    return ["moved": JSON(version.movedCases)]
}
