import BanjieServer
import CivilTime
import Foundation
import Sealing
import SeededRandom
import Store
import StoreSQLite
import Synchronization
import Transport
import Wire
import WorkCalendar

/// The server's process of a city: the real parts on a real store, moved by one thread.
///
/// What it hasn't made durable is lost when it is dropped, as when a process is killed.
final class CityServer {
    /// What becomes of the process during a call.
    enum Fate: CaseIterable {
        case lives
        /// It dies before the call's batch is durable.
        case diesBeforeCommit
        /// It dies once the batch is durable, and has told nobody.
        case diesAfterCommit
    }

    /// What came of a call.
    enum Answer: Equatable {
        case reply([UInt8], isReplay: Bool)
        case refused(CallFailure)
        /// The process died; whether the call was carried out isn't known.
        case lost
    }

    /// The two ends of somebody's connection, and the wire between them.
    private struct Line {
        let client: ClientConnection
        let server: HostedConnection
    }

    /// How long replies are kept.
    static let replySeconds = 30 * Instant.secondsPerDay

    /// How often all parts have a turn for one call; it never takes so many.
    private static let turnsMax = 200

    let store: SQLiteStore
    private let office: SteppedOffice
    private let clock: ServerClock
    private let world: World
    private var lines: [String: Line] = [:]
    private var linesByID: [ConnectionID: String] = [:]
    private var lastLine = 0
    private var lastCall: ClientSession.CallKey = 0
    private var isDead = false

    /// Starts on what the store keeps.
    ///
    /// - Parameter starts: How often it was started on this store before, so that no two give out the
    ///   same random bytes.
    init(on place: CityStore, starts: Int, clock: ServerClock, in world: World) throws {
        self.clock = clock
        self.world = world
        store = try place.open()
        let random = Mutex(SeededGenerator(seed: place.seed &+ UInt64(starts) &* 0x9E37_79B9))
        let trace = SendableTrace(world)
        office = try SteppedOffice(
            store: store,
            clock: clock,
            replySeconds: Self.replySeconds,
            randomBytes: {
                random.withLock { generator in
                    (0..<32).map { _ in .random(in: .min ... .max, using: &generator) }
                }
            },
            log: { trace.note("server: \($0)") }
        )
    }

    /// Lets the office's log reach the trace.
    ///
    /// - Unchecked: a simulation is one thread, which the office's parts never leave.
    private final class SendableTrace: @unchecked Sendable {
        private let world: World
        init(_ world: World) { self.world = world }
        func note(_ line: String) { world.trace.note(line) }
    }

    /// The calendars as the server has made them known.
    var calendars: CalendarTimeline { office.calendars }

    // MARK: - Time

    /// Moves the clock on, and lets everything fire that is due by then.
    func move(to instant: Instant) {
        _ = clock.move(to: instant)
        settle()
    }

    /// Lets the engine do what time asks of it until there is nothing left.
    private func settle() {
        repeat {
            _ = office.runCommands(limit: 1)
            office.commit()
        } while !office.isIdle
    }

    // MARK: - Calls

    /// Makes a call and waits for what comes of it.
    func call(_ request: OutgoingRequest, as login: String, _ fate: Fate) -> Answer {
        let line = self.line(of: login)
        lastCall += 1
        let key = lastCall
        for _ in 0..<Self.turnsMax where !line.client.canBegin {
            if takeTurn(with: line, .lives).contains(where: Self.isOver) {
                world.found("\(login) isn't let in")
                return .lost
            }
        }
        _ = line.client.begin(key, request)
        for _ in 0..<Self.turnsMax {
            for news in takeTurn(with: line, fate) {
                switch news {
                case .succeeded(key, let reply, let isReplay):
                    return .reply(reply, isReplay: isReplay)
                case .failed(key, let failure): return .refused(failure)
                case .over:
                    world.found("the server drops \(login)")
                    return .lost
                default: break
                }
            }
            if isDead { return .lost }
        }
        world.found("\(login) gets no answer from \(request.method)")
        return .lost
    }

    private static func isOver(_ news: ClientConnection.News) -> Bool {
        if case .over = news { true } else { false }
    }

    /// Gives all parts a turn, and carries what they say.
    private func takeTurn(with line: Line, _ fate: Fate) -> [ClientConnection.News] {
        _ = line.client.settle()
        let link = line.client.link
        link.toServer.arrive(.max)
        if link.toServer.isReadable { _ = line.server.read(.max) }
        office.judgeCredentials()
        _ = office.runCommands(limit: 16)
        if office.hasBatchOut {
            if fate == .diesBeforeCommit { isDead = true }
            if isDead { return [] }
            office.commit()
            if fate == .diesAfterCommit {
                isDead = true
                return []
            }
        }
        office.answerQueries()
        deliver()
        link.toClient.arrive(.max)
        return link.toClient.isReadable ? line.client.read(.max) : []
    }

    private func deliver() {
        var batch = ReplyBatch()
        office.takeReplies(into: &batch)
        batch.withEntries { entry, payload in
            server(of: entry.ticket.connection)?.answer(entry, payload)
        }
        for (verdict, id) in office.takeVerdicts() { server(of: id)?.judge(verdict) }
        for login in lines.keys.sorted() { _ = lines[login]?.server.settle() }
    }

    private func server(of id: ConnectionID) -> HostedConnection? {
        linesByID[id].flatMap { lines[$0]?.server }
    }

    private func line(of login: String) -> Line {
        if let known = lines[login] { return known }
        lastLine += 1
        let link = Link(lastLine, capacity: (toServer: .max, toClient: .max))
        let id = ConnectionID(reactor: 0, index: UInt32(lastLine), generation: 0)
        let line = Line(
            client: ClientConnection(
                on: link,
                profile: ClientProfile(
                    realm: CityStore.realm,
                    credentials: Credentials(login: login, secret: CityStore.secret(of: login)),
                    limits: Limits()
                ),
                in: world
            ),
            server: HostedConnection(
                id,
                on: link,
                profile: ServerProfile(realm: CityStore.realm, limits: Limits()),
                handler: office.handler,
                in: world
            )
        )
        lines[login] = line
        linesByID[id] = login
        return line
    }
}
