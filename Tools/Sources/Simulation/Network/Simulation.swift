import BanjieServer
import CivilTime
import Deadlines
import Digest
import Office
import Store
import StoreModel
import Transport
import Wire
import WorkCalendar

/// What came of one seed.
package struct SimulationResult: Equatable, Sendable {
    package let seed: UInt64
    /// How many lines the trace has.
    package let lineCount: Int
    /// Of the whole trace: equal for equal runs.
    package let digest: UInt64
    /// What was found wrong first; nil when every promise was kept.
    package let finding: String?
    /// How many commands were acknowledged, firings told to watches, and times the server died; how often
    /// commands ran on top of a batch that wasn't durable.
    package let acknowledged: Int
    package let firingsTold: Int
    package let crashes: Int
    package let overlaps: Int
}

/// A server, its disk and a few clients on a bad network, all moved by one seed.
///
/// The sessions, the router, the engine, queries, watches and the store's coding are those of the
/// product. Chance decides who goes on next, how far bytes come, what breaks, and when time passes.
package final class Simulation {
    private let seed: UInt64
    private let world: World
    private let disk = SimulatedDisk()
    private let clock: ServerClock
    private let serverProfile: ServerProfile
    private var server: SimulatedServer?
    private var clients: [SimulatedClient] = []
    private var links: [Link] = []
    private var lastLink = 0
    private var crashes = 0
    /// How seldom something breaks: once in so many chances.
    private let calm: Int

    private static let start = Instant(unixSeconds: 1_772_409_600)

    /// - Parameters:
    ///   - fault: what is built in to be found.
    ///   - tell: is told each line of the trace.
    package init(seed: UInt64, fault: PlantedFault? = nil, tell: ((String) -> Void)? = nil) {
        self.seed = seed
        let world = World(seed: seed, fault: fault, trace: Trace(tell: tell))
        self.world = world
        clock = ServerClock(
            virtual: Self.start,
            monotonicSeconds: { [time = world.time] in time.seconds }
        )
        calm = world.chance.pick([2, 10, 40]) ?? 2
        serverProfile = ServerProfile(
            realm: "simulation",
            limits: Self.serverLimits(&world.chance)
        )
    }

    /// Small ones, so that they are met.
    private static func serverLimits(_ chance: inout Chance) -> Limits {
        var limits = Limits()
        limits.longestPayload = Hello.leastLongestPayload
        limits.longestMessage = 64 << 10
        limits.callsInFlight = UInt32(chance.number(in: 2...12))
        limits.streams = chance.number(in: 1...3)
        limits.streamWindow = Hello.leastStreamWindow
        limits.connectionWindow = Hello.leastStreamWindow
        limits.streamQueueBytes = Int(Hello.leastStreamWindow / 2) + chance.number(in: 1...4096)
        limits.outputPause = chance.number(in: 256...20_000)
        limits.outputBytes = 1 << 20
        limits.idleMilliseconds = UInt64(chance.number(in: 2_000...120_000))
        return limits
    }

    private static func clientLimits(_ chance: inout Chance) -> Limits {
        var limits = Limits()
        limits.longestPayload = Hello.leastLongestPayload
        limits.streamWindow = Hello.leastStreamWindow
        limits.connectionWindow = Hello.leastStreamWindow
        limits.idleMilliseconds = UInt64(chance.number(in: 2_000...120_000))
        return limits
    }

    // MARK: - The run

    /// Runs `steps` steps of chance, then lets all come to rest, and compares what was promised with what
    /// is kept.
    package func run(steps: Int) -> SimulationResult {
        do {
            try prepare()
            for _ in 0..<steps where world.finding == nil { try step() }
            try comeToRest()
            if world.finding == nil { try Verification(clients, disk.kept, world).run() }
        } catch {
            world.found("the store fails: \(error)")
        }
        return SimulationResult(
            seed: seed,
            lineCount: world.trace.lineCount,
            digest: world.trace.digest,
            finding: world.finding,
            acknowledged: clients.reduce(0) { sum, client in
                sum
                    + client.commands.filter {
                        if case .acknowledged = $0.state { true } else { false }
                    }.count
            },
            firingsTold: clients.reduce(0) { sum, client in
                sum + client.watches.reduce(0) { $0 + $1.seen.count }
            },
            crashes: crashes,
            overlaps: world.overlaps
        )
    }

    /// Makes the clients, lets them be known, and starts the server.
    private func prepare() throws(StoreError) {
        let unit = try UnitOfWork(store: ModelStore(disk: disk.current))
        unit.beginCommand()
        for number in 0..<world.chance.number(in: 2...4) {
            let secret = Hexadecimal.text(of: SHA256.hash(Array("secret of \(number)".utf8)))
            let client = SimulatedClient(
                number,
                secret: secret,
                limits: Self.clientLimits(&world.chance),
                disk: disk,
                in: world
            )
            unit.save(
                PersonRecord(
                    login: client.login,
                    details: PersonDetails(name: PersonName(client.login)),
                    department: "",
                    post: "",
                    roles: [.staff]
                )
            )
            unit.save(
                CredentialRecord(
                    login: client.login,
                    proof: .secret(digest: SHA256.hash(Array(secret.utf8)))
                )
            )
            clients.append(client)
        }
        if world.chance.happens(oneIn: 5) { try armMany(in: unit) }
        unit.acceptCommand(reply: nil)
        _ = try unit.commit(at: Self.start)
        try startServer()
    }

    /// Arms so many deadlines that what fires of them is more than a watch may be sent at once.
    private func armMany(in unit: UnitOfWork) throws(StoreError) {
        let calendars = CalendarTimeline(.builtIn)
        for number in 0..<world.chance.number(in: 50...120) {
            let owner = clients[number % clients.count].login
            let filling = String(repeating: ".", count: 150)
            unit.save(
                DeadlineRecord(
                    key: try unit.nextKey(DeadlineRecord.self),
                    kind: .free,
                    owner: .client(login: owner),
                    label: "\(owner)/of old \(number)\(filling)",
                    deadline: Deadline(
                        ledger: Ledger(budget: .naturalDays(number % 4), start: Self.start),
                        rungs: [.remind, .red, .expire],
                        at: Self.start,
                        calendar: calendars.current.calendar.version
                    ),
                    in: calendars
                )
            )
        }
    }

    private func startServer() throws(StoreError) {
        world.trace.note("the server starts")
        server = try SimulatedServer(
            on: disk,
            clock: clock,
            profile: serverProfile,
            in: world
        )
    }

    /// One thing that happens, of those that can.
    private func step() throws(StoreError) {
        switch world.chance.number(in: 0...99) {
        case 0..<22: carry()
        case 22..<36: readAtServer()
        case 36..<50: readAtClient()
        case 50..<57: runCommands(limit: world.chance.number(in: 1...8))
        case 57..<60: commit()
        case 60: server?.answerQueries()
        case 61..<65: server?.runWatches()
        case 65..<67: server?.judgeCredentials()
        case 67..<74: server?.deliver()
        case 74..<89: world.chance.pick(clients)?.act()
        case 89..<93: connect()
        case 93..<96: passTime()
        case 96: world.chance.pick(clients)?.readAgain()
        default: if world.chance.happens(oneIn: calm) { try breakSomething() }
        }
        if server == nil, world.chance.happens(oneIn: 40) { try startServer() }
        settle()
    }

    private func settle() {
        server?.settle()
        if let server, server.isDraining, server.connections.isEmpty, !server.isBusy {
            world.trace.note("the server has stopped")
            self.server = nil
        }
        for client in clients { client.settle() }
        links.removeAll(where: \.isOver)
    }

    private func passTime() {
        let milliseconds =
            switch world.chance.number(in: 0...19) {
            case 0: world.chance.number(in: 1_000...40_000)
            case 1...4: world.chance.number(in: 50...1_000)
            default: world.chance.number(in: 1...50)
            }
        world.time.advance(milliseconds: milliseconds)
        guard world.chance.happens(oneIn: 4) else { return }
        let hours = world.chance.number(in: 1...30)
        let target = clock.now.adding(seconds: Int64(hours) * 3600)
        _ = clock.move(to: target)
        world.trace.note("it is \(target)")
    }

    // MARK: - The network

    private func connect() {
        guard server?.isDraining == false,
            let client = world.chance.pick(clients.filter { $0.connection == nil })
        else { return }
        connect(client)
    }

    private func connect(_ client: SimulatedClient) {
        lastLink += 1
        let sizes = [200, 2_000, 70_000]
        let link = Link(
            lastLink,
            capacity: (
                world.chance.pick(sizes) ?? 200,
                world.isQuiet ? 70_000 : world.chance.pick(sizes) ?? 200
            )
        )
        links.append(link)
        world.trace.note("\(client.login) opens connection \(link.number)")
        server?.accept(link)
        client.connect(by: link)
    }

    /// Lets some of what is underway arrive.
    private func carry() {
        guard
            let link = world.chance.pick(
                links.filter { $0.toServer.isMoving || $0.toClient.isMoving }
            )
        else { return }
        if link.toServer.isMoving, !link.toClient.isMoving || world.chance.happens(oneIn: 2) {
            carry(\.toServer, of: link)
        } else {
            if !link.toClient.underway.isEmpty, world.shows(.altersByte, oneIn: 20) {
                link.toClient.alter(
                    at: world.chance.number(in: 0...link.toClient.underway.count - 1)
                )
            }
            carry(\.toClient, of: link)
        }
    }

    private func carry(_ direction: ReferenceWritableKeyPath<Link, ByteStream>, of link: Link) {
        let count = link[keyPath: direction].underway.count
        link[keyPath: direction].arrive(count == 0 ? 0 : world.chance.part(of: count))
    }

    private func readAtServer() {
        guard let server,
            let connection = world.chance.pick(
                server.connections.filter {
                    $0.link.isReset || $0.isReading && $0.link.toServer.isReadable
                }
            )
        else { return }
        let count = connection.link.toServer.arrived.count
        let part = count == 0 ? 0 : world.chance.part(of: count)
        world.trace.note("server reads \(part) of \(count) on \(connection.link.number)")
        server.read(connection, part)
    }

    private func readAtClient() {
        let ready = clients.filter { client in
            guard let link = client.connection?.link else { return false }
            return link.isReset || client.isReading && link.toClient.isReadable
        }
        guard let client = world.chance.pick(ready), let link = client.connection?.link else {
            return
        }
        let count = link.toClient.arrived.count
        let part = count == 0 ? 0 : world.chance.part(of: count)
        world.trace.note("\(client.login) reads \(part) of \(count)")
        client.read(part)
    }

    // MARK: - What breaks

    private func breakSomething() throws(StoreError) {
        switch world.chance.number(in: 0...14) {
        case 0...2: cut()
        case 3...5:
            guard let link = world.chance.pick(links) else { return }
            world.trace.note("connection \(link.number) is reset")
            link.reset()
        case 6, 7:
            if let client = world.chance.pick(clients), client.connection != nil {
                world.trace.note("\(client.login) closes")
                client.lose(nil)
            }
        case 8, 9: world.chance.pick(clients)?.stopReading()
        case 10: server?.plan(.refuse)
        case 11, 12: server?.plan(world.chance.happens(oneIn: 2) ? .dieBefore : .dieAfter)
        case 13: crash()
        default:
            guard server?.isDraining == false else { return }
            world.trace.note("the server is asked to stop")
            server?.drain()
        }
    }

    /// Ends one direction of a connection somewhere in what is underway.
    private func cut() {
        guard let link = world.chance.pick(links) else { return }
        let direction: ReferenceWritableKeyPath<Link, ByteStream> =
            world.chance.happens(oneIn: 2) ? \.toServer : \.toClient
        let count = world.chance.number(in: 0...link[keyPath: direction].underway.count)
        link[keyPath: direction].cut(after: count)
        world.trace.note("connection \(link.number) is cut")
    }

    private func runCommands(limit: Int) {
        guard let server else { return }
        server.runCommands(limit: limit)
        if server.isDead { crash() }
    }

    private func commit() {
        guard let server else { return }
        server.commit()
        if server.isDead { crash() }
    }

    /// The process dies: its connections end somewhere in what is underway.
    private func crash() {
        guard let server else { return }
        world.trace.note("the server dies")
        crashes += 1
        for connection in server.connections {
            let link = connection.link
            link.isForgottenByServer = true
            link.toServer.deafen()
            if world.chance.happens(oneIn: 2) {
                link.reset()
            } else {
                link.toClient.cut(
                    after: world.chance.number(in: 0...link.toClient.underway.count)
                )
            }
        }
        self.server = nil
        disk.crash()
    }

    // MARK: - Rest

    /// Breaks nothing any more, and goes on until every client knows all that it will.
    private func comeToRest() throws {
        guard world.finding == nil else { return }
        world.isQuiet = true
        world.trace.note("all is quiet")
        server?.plan(.keep)
        for _ in 0..<5_000 where world.finding == nil {
            if server == nil { try startServer() }
            try quietRound()
            if try isAtRest() { return }
        }
        guard world.finding == nil else { return }
        world.found("the clients don't come to rest")
    }

    /// Whether every client knows all that it will, and all that is due has fired.
    private func isAtRest() throws -> Bool {
        let store = disk.kept
        let next = Search(by: DeadlineRecord.byDue, limit: .max)
        let isBehind = try store.find(DeadlineRecord.self, next).contains { record in
            record.nextAt.map { $0 <= clock.now } ?? false
        }
        guard !isBehind else { return false }
        return try !clients.contains { try !$0.isAtRest(store) }
    }

    private func quietRound() throws(StoreError) {
        world.time.advance(milliseconds: 20)
        for client in clients {
            if client.connection == nil, server?.isDraining == false { connect(client) }
            client.readAgain()
            client.finish()
        }
        settle()
        for link in links {
            link.toServer.arrive(link.toServer.underway.count)
            link.toClient.arrive(link.toClient.underway.count)
        }
        for connection in server?.connections ?? []
        where connection.link.isReset || connection.isReading && connection.link.toServer.isReadable
        {
            server?.read(connection, connection.link.toServer.arrived.count)
        }
        server?.judgeCredentials()
        runCommands(limit: 100)
        commit()
        server?.answerQueries()
        server?.runWatches()
        server?.deliver()
        for client in clients {
            if let link = client.connection?.link { client.read(link.toClient.arrived.count) }
        }
        settle()
    }
}
