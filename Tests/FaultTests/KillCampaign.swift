import SeededRandom
import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import LocalServer
import WorkCalendar

/// Kills a server under load again and again, starts it on the same store, and compares what it has
/// with what was acknowledged.
final class KillCampaign {
    /// What happened, to show that the campaign did what it is for.
    struct Figures {
        var acknowledged = 0
        var unanswered = 0
        /// Of the unanswered ones: committed all the same, carried out when sent again, or refused
        /// then.
        var wereCommitted = 0
        var wereCarriedOut = 0
        var wereRefused = 0
        var resent = 0
        var killsWhileStarting = 0
        var killsWhileRecovering = 0
        var firings = 0
        var auditEntries: UInt64 = 0
    }

    private static let deadlineLogins = ["daemon-1", "daemon-2", "operator"]
    private static let lanesOfLogin = 4
    private static let caseLanes = 6
    /// The clock runs through years: no reply may be forgotten on the way.
    private static let options = ["--reply-days", "3650"]
    /// How many replies of earlier rounds are asked for again.
    private static let sampleMax = 200

    let office: LocalOffice
    private(set) var figures = Figures()
    /// What isn't as it must be.
    private(set) var findings: [String] = []

    private var generator: SeededGenerator
    private var deadlineLanes: [DeadlineLane] = []
    private var caseLanes: [CaseLane] = []
    private var calendarLane: CalendarLane
    /// The latest time to which the clock may have been moved.
    private var now: Instant
    /// Everything that was acknowledged.
    private var acknowledged: [SentCommand] = []
    private var ledger: CampaignLedger
    /// Where the audit log ended when it was last looked at.
    private var logEnd: StoreFiles.LogEnd?

    // MARK: Setting up

    init(program: String, seed: UInt64) async throws {
        generator = SeededGenerator(seed: seed)
        now = Instant(unixSeconds: 1_772_416_800)
        let server = try ServerProcess(program: program)
        try server.start(.virtual(now), options: Self.options)
        office = try LocalOffice(on: server)
        try await office.admit(
            departments: ["LEAD"],
            people: [
                Member("daemon-1", department: "LEAD", roles: [.daemon]),
                Member("daemon-2", department: "LEAD", roles: [.daemon]),
                Member("clerk", department: "LEAD", roles: [.staff]),
                Member("head", department: "LEAD", rank: 3, roles: [.staff, .head]),
                Member("zhang", roles: [.applicant]),
            ]
        )
        let items = try await Self.publishItems(office)
        calendarLane = CalendarLane(0, today: now.date, seed: generator.next())
        for login in Self.deadlineLogins {
            for _ in 0..<Self.lanesOfLogin {
                let number = deadlineLanes.count + 1
                deadlineLanes.append(
                    DeadlineLane(number, login: login, seed: generator.next())
                )
            }
        }
        for number in 0..<Self.caseLanes {
            caseLanes.append(CaseLane(100 + number, items: items, seed: generator.next()))
        }
        ledger = CampaignLedger()
    }

    private static func publishItems(_ office: LocalOffice) async throws -> [String] {
        let directory = DirectoryClient(try office.operator())
        var items: [String] = []
        for (number, limits) in [(1, (20, 3)), (2, (5, 1)), (3, (20, 10))] {
            let item = try LocalOffice.itemCode(number)
            _ = try await directory.publishItem(
                PublishItemRequest(
                    code: item,
                    name: "事项 \(number)",
                    department: "LEAD",
                    limits: ItemLimits(statutory: Int32(limits.0), promised: Int32(limits.1))
                )
            )
            items.append(item)
        }
        return items
    }

    // MARK: A round

    /// Load, a kill at a random moment, recovery, comparison.
    func round(_ number: Int) async throws {
        try await load()
        logEnd = try StoreFiles.check(office.server.store, after: logEnd)
        if number % 3 == 1 { try killWhileStarting(times: number % 2 + 1) }
        try start()
        if number % 4 == 2 {
            try await killWhileRecovering()
            try start()
        }
        let before = try await auditHead()
        try await resend()
        let after = try await auditHead()
        if before != after { findings.append("replies that were given again changed the log") }
        await retry(on: try connect())
        try await compare()
    }

    private func start() throws {
        try office.server.start(.virtual(now), options: Self.options)
        office.disconnect()
    }

    /// Runs all lanes and a clock until the server is killed.
    private func load() async throws {
        let isOver = Switch()
        let connections = try connect()
        let channels: [String: any CallChannel] = connections
        let server = office.server
        guard let process = server.processID else { throw ServerProcessError("no server runs") }
        let time = UInt64.random(in: 50_000_000...400_000_000, using: &generator)
        let clock = Ticker(channel: channels["operator"], now: now, seed: generator.next())
        calendarLane.today = now.date
        let (deadlineLanes, caseLanes, calendarLane) = (deadlineLanes, caseLanes, calendarLane)
        async let deadlines = Self.run(deadlineLanes, on: channels, until: isOver)
        async let cases = Self.run(caseLanes, on: channels, until: isOver)
        async let calendars = Self.run([calendarLane], on: channels, until: isOver, most: 1)
        async let moved = clock.run(until: isOver)
        try await Task.sleep(nanoseconds: time)
        Foundation.kill(process, SIGKILL)
        isOver.turnOn()
        for connection in connections.values { connection.close() }
        self.deadlineLanes = await deadlines
        self.caseLanes = await cases
        self.calendarLane = await calendars.first ?? calendarLane
        now = await moved
        server.kill()
        office.disconnect()
        collect()
    }

    private static func run<L: Lane>(
        _ lanes: [L],
        on channels: [String: any CallChannel],
        until isOver: Switch,
        most: Int = .max
    ) async -> [L] {
        await withTaskGroup(of: (Int, L).self, returning: [L].self) { group in
            for (index, lane) in lanes.enumerated() {
                group.addTask {
                    var lane = lane
                    await lane.run(on: channels, until: isOver, most: most)
                    return (index, lane)
                }
            }
            var result = lanes
            for await (index, lane) in group { result[index] = lane }
            return result
        }
    }

    /// A connection for everybody.
    private func connect(attempts: Int = 1) throws -> [String: Connection] {
        var connections: [String: Connection] = [:]
        for login in Self.deadlineLogins + ["clerk", "head", "zhang"] {
            connections[login] = try office.connect(as: login, attempts: attempts)
        }
        return connections
    }

    /// Kills servers before they are ready, or just after.
    private func killWhileStarting(times: Int) throws {
        for _ in 0..<times {
            try office.server.launch(.virtual(now), options: Self.options)
            usleep(UInt32.random(in: 0...60_000, using: &generator))
            office.server.kill()
            figures.killsWhileStarting += 1
        }
    }

    /// Sends again what got no answer, and kills the server meanwhile.
    private func killWhileRecovering() async throws {
        guard let process = office.server.processID else { return }
        let time = UInt64.random(in: 0...30_000_000, using: &generator)
        let connections = try connect()
        let killer = Task {
            try? await Task.sleep(nanoseconds: time)
            Foundation.kill(process, SIGKILL)
            for connection in connections.values { connection.close() }
        }
        await retry(on: connections)
        await killer.value
        office.server.kill()
        office.disconnect()
        figures.killsWhileRecovering += 1
    }
}

// MARK: - Afterwards

extension KillCampaign {
    /// Takes over what the lanes have come to.
    private func collect() {
        for index in deadlineLanes.indices {
            collect(&deadlineLanes[index]) { ledger.add($0) }
        }
        for index in caseLanes.indices { collect(&caseLanes[index]) { ledger.add($0) } }
        collect(&calendarLane) { ledger.add($0) }
    }

    private func collect(_ lane: inout some Lane, _ add: (SentCommand) -> [String]) {
        for command in lane.accepted {
            findings += add(command)
            acknowledged.append(command)
        }
        figures.acknowledged += lane.accepted.count
        if lane.pending != nil { figures.unanswered += 1 }
        findings += lane.surprises
        lane.accepted = []
        lane.surprises = []
    }

    /// Sends the commands again that got no answer: each must be carried out once, be it now or
    /// before.
    private func retry(on channels: [String: any CallChannel]) async {
        var outcomes: [CommandOutcome] = []
        for index in deadlineLanes.indices {
            outcomes += await retry(&deadlineLanes[index], on: channels)
        }
        for index in caseLanes.indices {
            outcomes += await retry(&caseLanes[index], on: channels)
        }
        outcomes += await retry(&calendarLane, on: channels)
        for outcome in outcomes {
            switch outcome {
            case .accepted(_, true): figures.wereCommitted += 1
            case .accepted(_, false): figures.wereCarriedOut += 1
            case .refused: figures.wereRefused += 1
            case .unanswered: figures.unanswered -= 1
            }
        }
        collect()
    }

    private func retry(
        _ lane: inout some Lane,
        on channels: [String: any CallChannel]
    ) async -> [CommandOutcome] {
        guard let outcome = await lane.retry(on: channels) else { return [] }
        return [outcome]
    }

    /// Asks again for replies that were acknowledged, those of this round and some of earlier ones:
    /// they must be the same, and marked.
    private func resend() async throws {
        let recent = acknowledged.suffix(2 * Self.sampleMax)
        let earlier = acknowledged.dropLast(recent.count)
        var chosen = Array(recent)
        for _ in 0..<min(Self.sampleMax, earlier.count) {
            chosen.append(earlier[.random(in: earlier.indices, using: &generator)])
        }
        let channels = try connect(attempts: 4)
        figures.resent += chosen.count
        findings += await withTaskGroup(of: String?.self, returning: [String].self) { group in
            for command in chosen {
                group.addTask { await Self.difference(of: command, on: channels) }
            }
            var found: [String] = []
            for await finding in group { if let finding { found.append(finding) } }
            return found
        }
    }

    private static func difference(
        of command: SentCommand,
        on channels: [String: any CallChannel]
    ) async -> String? {
        let name = "\(command.method.fullName) \(command.requestID)"
        switch await command.send(on: channels) {
        case .accepted(let reply, let isReplay):
            if !isReplay { return "\(name) was acknowledged, and was carried out again" }
            return reply == command.reply ? nil : "\(name) is answered differently now"
        case .refused(let error): return "\(name) was acknowledged, and is refused now: \(error)"
        case .unanswered: return "\(name) gets no answer"
        }
    }

    private func auditHead() async throws -> AuditHead {
        let admin = AdminClient(try office.operator())
        // All that is due has fired once this returns.
        _ = try await admin.advanceClock(
            AdvanceClockRequest(to: now),
            options: CallOptions(timeoutMillis: 60_000)
        )
        try await waitUntilReplanned()
        return try await admin.getAuditHead(Empty())
    }

    private func waitUntilReplanned() async throws {
        let calendar = CalendarClient(try office.operator())
        for _ in 0..<2000 {
            if try await calendar.getVersion(CalendarVersionRequest()).replanned { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        findings.append("the running clocks weren't planned by the newest calendar in time")
    }

    /// Compares the whole of the store with what must be in it.
    private func compare() async throws {
        _ = try await auditHead()
        let reader = CampaignReader(
            admin: AdminClient(try office.operator()),
            deadlines: DeadlinesClient(try office.operator()),
            cases: CasesClient(try office.channel(as: "clerk"))
        )
        findings += try await ledger.compare(with: reader, at: now)
        figures.firings = ledger.firingCount
        figures.auditEntries = ledger.auditCount
    }

    /// Stops the server and looks at its files a last time.
    func finish() async throws {
        let last = try await AdminClient(try office.operator()).getAuditHead(Empty())
        office.server.kill()
        let found = try StoreFiles.check(office.server.store, after: logEnd)
        if found != StoreFiles.LogEnd(sequence: last.sequence, hash: last.hash) {
            findings.append("the log in the file ends at \(found), the server said \(last)")
        }
        findings += ledger.finish()
    }
}

/// Moves the clock on in random steps.
private struct Ticker: Sendable {
    let channel: (any CallChannel)?
    let now: Instant
    let seed: UInt64

    /// Returns the latest time that the server may have.
    func run(until isOver: Switch) async -> Instant {
        guard let channel else { return now }
        var generator = SeededGenerator(seed: seed)
        var target = now
        while !isOver.isOn {
            do {
                try await Task.sleep(
                    nanoseconds: UInt64.random(in: 1_000_000...40_000_000, using: &generator)
                )
                target = target.adding(
                    seconds: Int64.random(in: 600...60 * 3600, using: &generator)
                )
                _ = try await AdminClient(channel).advanceClock(AdvanceClockRequest(to: target))
            } catch {
                return target
            }
        }
        return target
    }
}
