import BanjieProtocol
import BanjieServer
import CivilTime
import Store
import StoreSQLite
import Wire
import WorkCalendar

/// A city's server as those see it who use it: calls are made until they are answered, however often the
/// process dies, and what was answered once is asked for again now and then.
final class CityOffice {
    private struct Acknowledged {
        let request: OutgoingRequest
        let login: String
        let reply: [UInt8]
        let at: Instant
    }

    /// How many answers are remembered, to be asked for again.
    private static let rememberedMax = 64

    private let place: CityStore
    private let clock: ServerClock
    private let world: World
    /// The process dies during one command of so many; never when 0.
    private let deathOneIn: Int
    /// Nil only while one is started.
    private var process: CityServer?
    private(set) var starts = 1
    private var lastID: UInt64 = 0
    private var remembered: [Acknowledged] = []
    private(set) var acknowledged = 0
    private(set) var refused = 0
    private(set) var repeated = 0

    init(_ place: CityStore, at start: Instant, deathOneIn: Int, in world: World) throws {
        self.place = place
        self.world = world
        self.deathOneIn = deathOneIn
        clock = ServerClock(
            virtual: start,
            monotonicSeconds: { [time = world.time] in time.seconds }
        )
        process = try CityServer(on: place, starts: starts, clock: clock, in: world)
    }

    private var server: CityServer {
        guard let process else { preconditionFailure("nobody calls while the server starts") }
        return process
    }

    var now: Instant { clock.now }
    var today: CivilDate { now.date }
    var calendars: CalendarTimeline { server.calendars }
    var store: SQLiteStore { server.store }

    func move(to instant: Instant) { server.move(to: instant) }

    /// The process is killed and started again on what it has made durable.
    ///
    /// - Parameter between: is given the store's file while no process has it.
    func restart(between: (String) -> Void = { _ in }) throws {
        world.trace.note("the server dies")
        // The store has one server at a time.
        process = nil
        between(place.file)
        starts += 1
        process = try CityServer(on: place, starts: starts, clock: clock, in: world)
        server.move(to: now)
    }

    // MARK: - Calls

    /// Asks.
    func ask<Reply: Message>(
        _ method: MethodDescriptor,
        _ request: some Message,
        as login: String
    ) throws -> Result<Reply, CallFailure> {
        let outgoing = OutgoingRequest(method: method.id, message: request.encoded())
        switch server.call(outgoing, as: login, .lives) {
        case .reply(let bytes, _): return .success(try Reply(decoding: bytes))
        case .refused(let failure): return .failure(failure)
        case .lost: throw CityError.notAnswered(method.fullName)
        }
    }

    /// Has something done once, however often that must be asked for.
    func order<Reply: Message>(
        _ method: MethodDescriptor,
        _ request: some Message,
        as login: String
    ) throws -> Result<Reply, CallFailure> {
        lastID += 1
        let outgoing = OutgoingRequest(
            method: method.id,
            message: request.encoded(),
            requestID: withUnsafeBytes(of: lastID.bigEndian, Array.init)
        )
        var fate = chooseFate()
        while true {
            switch server.call(outgoing, as: login, fate) {
            case .reply(let bytes, let isReplay):
                if isReplay != (fate == .lives && wasLost == .diesAfterCommit) {
                    world.found("\(login)'s \(method.fullName) is a replay: \(isReplay)")
                }
                wasLost = .lives
                acknowledged += 1
                world.trace.note("\(now) \(login) \(method.fullName): \(bytes.count) bytes")
                remember(Acknowledged(request: outgoing, login: login, reply: bytes, at: now))
                return .success(try Reply(decoding: bytes))
            case .refused(let failure):
                wasLost = .lives
                refused += 1
                world.trace.note("\(now) \(login) \(method.fullName): \(failure.reason)")
                return .failure(failure)
            case .lost:
                guard fate != .lives else { throw CityError.notAnswered(method.fullName) }
                wasLost = fate
                fate = .lives
                try restart()
            }
        }
    }

    /// How the process died during the order that is asked for again; `lives` when it didn't.
    private var wasLost = CityServer.Fate.lives

    private func chooseFate() -> CityServer.Fate {
        guard deathOneIn > 0, world.chance.happens(oneIn: deathOneIn) else { return .lives }
        return world.chance.happens(oneIn: 2) ? .diesBeforeCommit : .diesAfterCommit
    }

    private func remember(_ answer: Acknowledged) {
        if remembered.count == Self.rememberedMax { remembered.removeFirst() }
        remembered.append(answer)
    }

    /// Asks again for what was answered before, and whose reply is still kept: the answer is the same, and
    /// nothing else happens.
    func askAgain() throws {
        let oldest = now.adding(seconds: -CityServer.replySeconds)
        remembered.removeAll { $0.at <= oldest }
        guard let before = world.chance.pick(remembered) else { return }
        let head = try store.head()
        repeated += 1
        switch server.call(before.request, as: before.login, .lives) {
        case .reply(before.reply, isReplay: true): break
        case let other: world.found("\(before.login) asks again and gets \(other)")
        }
        if try store.head().auditSequence != head.auditSequence {
            world.found("asking again has changed something")
        }
    }

    /// Tries what must be refused, and sees that nothing has changed.
    func mistake(_ method: MethodDescriptor, _ request: some Message, as login: String) throws {
        let head = try store.head()
        let outgoing = OutgoingRequest(method: method.id, message: request.encoded())
        switch server.call(outgoing, as: login, .lives) {
        case .refused(let failure):
            refused += 1
            world.trace.note("\(now) \(login) errs in \(method.fullName): \(failure.reason)")
        case let other: world.found("\(login)'s mistake in \(method.fullName) gets \(other)")
        }
        let after = try store.head()
        if after.auditSequence != head.auditSequence || after.eventSequence != head.eventSequence {
            world.found("\(login)'s mistake in \(method.fullName) has changed something")
        }
    }
}

/// What makes a simulation end that isn't a promise broken.
enum CityError: Error {
    case notAnswered(String)
    /// What must succeed for there to be a city was refused.
    case refused(String, CallFailure)
}

extension Result where Failure == CallFailure {
    /// What must have succeeded.
    func expected(_ what: String) throws -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let failure): throw CityError.refused(what, failure)
        }
    }
}
