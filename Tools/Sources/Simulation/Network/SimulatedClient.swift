import BanjieProtocol
import Store
import StoreModel
import Transport
import Wire

/// A client's program: sends commands under ids and asks again until it knows, queries, watches, gives
/// up, and compares whatever it is told with what the disk keeps.
final class SimulatedClient {
    /// What a call is for.
    enum Purpose {
        /// The command at this place in `commands`.
        case command(Int)
        /// Another request under an id that is taken.
        case misuse
        /// What a deadline looks like; nil when it may be anything.
        case get(deadline: UInt64, expected: DeadlineState?)
        case readFired(after: UInt64)
        /// The watch at this place in `watches`.
        case watch(Int)
    }

    private struct Call {
        let stream: UInt32
        let purpose: Purpose
        /// When the client stops waiting.
        let deadline: MonotonicTime
    }

    /// The most commands that a client is unsure of at a time.
    private static let openMax = 4

    let number: Int
    let login: String
    private let world: World
    private let disk: SimulatedDisk
    private let profile: ClientProfile
    private(set) var connection: ClientConnection?
    private var calls: [ClientSession.CallKey: Call] = [:]
    private var lastKey: ClientSession.CallKey = 0
    private(set) var commands: [SentCommand] = []
    private(set) var watches: [WatchedFirings] = []
    /// The deadlines that it knows of, and the last state that nothing can change.
    private var deadlines: [UInt64] = []
    private var finalStates: [UInt64: DeadlineState] = [:]
    /// Credit of watches that it hasn't given back: it is slow.
    private var owed: [(stream: UInt32, byteCount: Int)] = []
    /// Whether it reads its connection at all.
    private(set) var isReading = true

    init(
        _ number: Int,
        secret: String,
        limits: Limits,
        disk: SimulatedDisk,
        in world: World
    ) {
        self.number = number
        login = "client-\(number)"
        self.world = world
        self.disk = disk
        profile = ClientProfile(
            realm: "simulation",
            credentials: Credentials(login: login, secret: secret),
            limits: limits
        )
        let label = world.chance.happens(oneIn: 2) ? "" : "\(login)/"
        let start: UInt64? = world.chance.happens(oneIn: 2) ? nil : 0
        watches = [WatchedFirings(label: label, start: start)]
    }

    // MARK: - The connection

    func connect(by link: Link) {
        precondition(connection == nil, "a client has one connection")
        connection = ClientConnection(on: link, profile: profile, in: world)
        isReading = true
    }

    /// Takes `count` bytes that have arrived.
    func read(_ count: Int) {
        guard let connection else { return }
        for news in connection.read(count) {
            switch news {
            case .ready: world.trace.note("\(login) is signed in")
            case .succeeded(let key, let message, let isReplay):
                succeeded(key, message, isReplay: isReplay)
            case .failed(let key, let failure): failed(key, failure)
            case .message(let key, let bytes): told(key, bytes)
            case .notTaken(let keys):
                for key in keys { unanswered(key, mayHaveRun: false) }
            case .over(let end): return lose(end)
            }
        }
    }

    /// Sends what there is room for, and stops waiting for what takes too long.
    func settle() {
        guard let connection else { return }
        for (key, call) in calls.sorted(by: { $0.key < $1.key })
        where call.deadline <= world.now {
            cancel(key, call)
        }
        if !connection.settle() || connection.isSpent { lose(connection.end) }
    }

    /// The connection is over, or of no use.
    func lose(_ end: ClientSession.End?) {
        guard let connection else { return }
        world.trace.note("\(login) loses connection \(connection.link.number)")
        switch end {
        case .violation(let violation) where !Self.isOfTime(violation.code):
            world.found("\(login) blames the server: \(violation.message)")
        case .farewell(let farewell)
        where farewell.code != "DRAINING" && !Self.isOfTime(farewell.code):
            world.found("the server blames \(login): \(farewell.message)")
        default: break
        }
        for (key, mayHaveArrived) in connection.close() {
            unanswered(key, mayHaveRun: mayHaveArrived)
        }
        if !calls.isEmpty { world.found("\(login) has calls that its session has forgotten") }
        calls = [:]
        owed = []
        self.connection = nil
    }

    /// Whether a rule is about time, which may be broken here.
    private static func isOfTime(_ code: String) -> Bool {
        ["FRAME_TIMEOUT", "HANDSHAKE_TIMEOUT", "PEER_SILENT", "OUTPUT_STALLED"].contains(code)
    }

    func stopReading() { isReading = false }
    func readAgain() { isReading = true }

    // MARK: - What it does

    /// Does one of the things that a client's program may do now.
    func act() {
        guard let connection, connection.isReady else { return }
        switch world.chance.number(in: 0...11) {
        case 0...2: beginCommand(makeCommand())
        case 3, 4: askAgain()
        case 5: repeatAcknowledged()
        case 6: query()
        case 7, 8: watch()
        case 9: cancelSomething()
        default: giveBack()
        }
    }

    /// Does what brings it to rest.
    func finish() {
        giveBack(all: true)
        for index in commands.indices where commands[index].state == .open {
            if commands[index].underway == 0 { ask(index) }
        }
        for index in watches.indices where !isWatching(index) {
            openWatch(index, after: watches[index].position)
        }
    }

    /// Whether it knows all that it will.
    func isAtRest(_ store: ModelStore) throws -> Bool {
        guard !commands.contains(where: { $0.state == .open || $0.underway > 0 }) else {
            return false
        }
        return try !watches.contains { try $0.isBehind(in: store) }
    }

    private func begin(_ request: OutgoingRequest, for purpose: Purpose) -> Bool {
        guard let connection, connection.canBegin else { return false }
        if request.isStream, !connection.takesStreams { return false }
        lastKey += 1
        let stream = connection.begin(lastKey, request)
        let timeout = UInt64(request.timeoutMilliseconds)
        calls[lastKey] = Call(
            stream: stream,
            purpose: purpose,
            deadline: timeout == 0 ? .never : world.now.adding(milliseconds: timeout)
        )
        return true
    }

    private var timeout: UInt32 {
        world.isQuiet ? 60_000 : UInt32(world.chance.pick([50, 500, 5_000, 20_000]) ?? 50)
    }

    private func cancel(_ key: ClientSession.CallKey, _ call: Call) {
        world.trace.note("\(login) gives up \(key)")
        connection?.cancel(call.stream)
        unanswered(key, mayHaveRun: true)
    }

    private func cancelSomething() {
        let waiting = calls.keys.sorted()
        guard let key = world.chance.pick(waiting), let call = calls[key] else { return }
        cancel(key, call)
    }

    private func giveBack(all: Bool = false) {
        while let (stream, byteCount) = owed.first {
            owed.removeFirst()
            connection?.giveBack(byteCount, to: stream)
            if !all { return }
        }
    }

    // MARK: - Commands

    private func makeCommand() -> SentCommand? {
        guard commands.filter({ $0.state == .open }).count < Self.openMax else { return nil }
        let number = UInt64(commands.count + 1)
        let target = world.chance.pick(deadlines) ?? UInt64(world.chance.number(in: 1...3))
        let reason = "because of \(number)"
        let (method, body): (MethodDescriptor, [UInt8])
        switch world.chance.number(in: 0...9) {
        case 0...3: (method, body) = (DeadlinesMethods.arm, arm(number).encoded())
        case 4:
            let text =
                world.chance.happens(oneIn: 4) ? String(repeating: "x", count: 20_000) : reason
            let request = DeadlineReasonRequest(deadline: target, reason: text)
            (method, body) = (DeadlinesMethods.pause, request.encoded())
        case 5, 6:
            let request = DeadlineRequest(deadline: target)
            (method, body) = (DeadlinesMethods.resume, request.encoded())
        case 7:
            let amount = Int32(world.chance.number(in: 1...3))
            let request = ExtendDeadlineRequest(deadline: target, amount: amount, reason: reason)
            (method, body) = (DeadlinesMethods.extend, request.encoded())
        case 8:
            let request = DeadlineRequest(deadline: target)
            (method, body) = (DeadlinesMethods.complete, request.encoded())
        default:
            let request = DeadlineReasonRequest(deadline: target, reason: reason)
            (method, body) = (DeadlinesMethods.cancel, request.encoded())
        }
        return SentCommand(
            number: number,
            method: method,
            body: body,
            deadline: method.id == DeadlinesMethods.arm.id ? nil : target,
            login: login,
            trace: TraceID(high: UInt64(self.number + 1), low: number)
        )
    }

    private func arm(_ number: UInt64) -> ArmRequest {
        let filling = String(repeating: ".", count: world.chance.number(in: 0...150))
        return ArmRequest(
            limit: Int32(world.chance.number(in: 0...3)),
            unit: world.chance.pick([.natural, .working]) ?? .natural,
            rungs: world.chance.happens(oneIn: 2) ? [] : [.remind, .red, .expire],
            label: "\(login)/\(number)\(filling)"
        )
    }

    private func beginCommand(_ command: SentCommand?) {
        guard let command else { return }
        world.trace.note("\(login) wants \(command.number): \(command.method.name)")
        commands.append(command)
        ask(commands.count - 1)
    }

    /// Asks for a command, the first time or again.
    private func ask(_ index: Int) {
        let command = commands[index]
        let request = OutgoingRequest(
            method: command.method.id,
            message: command.body,
            requestID: command.id,
            traceparent: command.traceparent,
            timeoutMilliseconds: timeout
        )
        guard begin(request, for: .command(index)) else { return }
        commands[index].underway += 1
        world.trace.note("\(login) asks for \(command.number) by \(lastKey)")
    }

    /// Asks for a command of which it isn't sure: mostly when no request of it is underway.
    private func askAgain() {
        let open = commands.indices.filter {
            commands[$0].state == .open
                && (commands[$0].underway == 0 || world.chance.happens(oneIn: 8))
        }
        if let index = world.chance.pick(open) { ask(index) }
    }

    /// Asks for what was acknowledged long ago, or for something else under its id.
    private func repeatAcknowledged() {
        let known = commands.indices.filter {
            if case .acknowledged = commands[$0].state { true } else { false }
        }
        guard let index = world.chance.pick(known) else { return }
        guard world.chance.happens(oneIn: 3) else { return ask(index) }
        let other = DeadlineReasonRequest(deadline: 1, reason: "something else")
        let request = OutgoingRequest(
            method: DeadlinesMethods.cancel.id,
            message: other.encoded(),
            requestID: commands[index].id,
            timeoutMilliseconds: timeout
        )
        if begin(request, for: .misuse) { world.trace.note("\(login) misuses an id") }
    }

    private func acknowledged(_ index: Int, _ reply: [UInt8], isReplay: Bool) {
        commands[index].underway -= 1
        if !isReplay { commands[index].originals += 1 }
        let command = commands[index]
        if command.originals > 1 {
            world.found("\(login)'s \(command.number) was carried out twice, by its answers")
        }
        if case .acknowledged(let before) = command.state, before != reply {
            world.found("\(login)'s \(command.number) has two outcomes")
        }
        if command.state == .refused {
            world.found("\(login)'s \(command.number) was refused and carried out")
        }
        commands[index].state = .acknowledged(reply)
        learn(from: command, reply)
        do throws(StoreError) {
            guard try disk.kept.storedReply(command.key)?.reply != reply else { return }
            world.found("\(login)'s \(command.number) was acknowledged and isn't kept")
        } catch {
            world.found("the disk can't be read: \(error)")
        }
    }

    private func learn(from command: SentCommand, _ reply: [UInt8]) {
        do throws(DecodingError) {
            let view = try DeadlineView(decoding: reply)
            if command.deadline == nil, !deadlines.contains(view.deadline) {
                deadlines.append(view.deadline)
            }
            if let state = command.finalState { finalStates[view.deadline] = state }
        } catch {
            world.found("\(login)'s \(command.number) got a reply that doesn't decode: \(error)")
        }
    }

    private func refused(_ index: Int, _ failure: CallFailure) {
        commands[index].underway -= 1
        guard failure.outcome == .notProcessed else {
            commands[index].mayHaveRun = true
            return
        }
        let command = commands[index]
        if case .acknowledged = command.state, failure.origin == .handler,
            !Self.isPassing(failure.status)
        {
            world.found("\(login)'s \(command.number) was carried out, then \(failure.reason)")
        }
        guard command.state == .open else { return }
        guard !Self.isPassing(failure.status) else { return thinkAgain(index) }
        commands[index].state =
            command.mayHaveRun || command.underway > 0 ? .unknown : .refused
    }

    /// Gives up a command, now and then, that has certainly not been carried out.
    private func thinkAgain(_ index: Int) {
        let command = commands[index]
        guard command.state == .open, !command.mayHaveRun, command.underway == 0,
            !world.isQuiet, world.chance.happens(oneIn: 2)
        else { return }
        world.trace.note("\(login) doesn't want \(command.number) any more")
        commands[index].state = .refused
    }

    /// Whether asking again may help.
    private static func isPassing(_ status: Status) -> Bool {
        switch status {
        case .unavailable, .resourceExhausted, .deadlineExceeded, .cancelled, .aborted: true
        default: false
        }
    }

    // MARK: - Queries

    private func query() {
        let timeout = timeout
        if let deadline = world.chance.pick(deadlines), world.chance.happens(oneIn: 2) {
            let request = OutgoingRequest(
                method: DeadlinesMethods.get.id,
                message: DeadlineRequest(deadline: deadline).encoded(),
                timeoutMilliseconds: timeout
            )
            _ = begin(request, for: .get(deadline: deadline, expected: finalStates[deadline]))
        } else {
            let after = UInt64(world.chance.number(in: 0...20))
            let request = OutgoingRequest(
                method: DeadlinesMethods.readFired.id,
                message: ReadFiredRequest(after: after, limit: 1000).encoded(),
                timeoutMilliseconds: timeout
            )
            _ = begin(request, for: .readFired(after: after))
        }
    }

    private func checkView(_ reply: [UInt8], of deadline: UInt64, expected: DeadlineState?) throws {
        let view = try DeadlineView(decoding: reply)
        if view.deadline != deadline {
            world.found("\(login) asked for deadline \(deadline) and got \(view.deadline)")
        }
        if let expected, view.state != expected {
            world.found("deadline \(deadline) was \(expected) before, and is \(view.state)")
        }
    }

    private func checkFired(_ reply: [UInt8], after: UInt64) throws {
        let found = try ReadFiredReply(decoding: reply).firings
        let kept = try WatchedFirings.firings(
            after: after,
            label: "",
            in: disk.kept,
            limit: 1000
        )
        if !kept.starts(with: found) {
            world.found("\(login) was told firings behind \(after) that the disk doesn't keep")
        }
    }

    // MARK: - Watches

    private func isWatching(_ index: Int) -> Bool {
        calls.values.contains {
            if case .watch(index) = $0.purpose { true } else { false }
        }
    }

    /// Opens a watch: where it was, or some way before, as a program does that has lost its notes.
    private func watch() {
        guard let index = watches.indices.first(where: { !isWatching($0) }) else { return }
        var after = watches[index].position
        if let start = watches[index].start, let position = after,
            world.chance.happens(oneIn: 4)
        {
            after = UInt64(world.chance.number(in: Int(start)...Int(max(start, position))))
        }
        openWatch(index, after: after)
    }

    private func openWatch(_ index: Int, after: UInt64?) {
        let request = OutgoingRequest(
            method: DeadlinesMethods.watch.id,
            message: WatchFiredRequest(after: after, label: watches[index].label).encoded(),
            isStream: true
        )
        guard begin(request, for: .watch(index)) else { return }
        watches[index].begin(after: after)
        world.trace.note("\(login) watches behind \(after.map { "\($0)" } ?? "now")")
    }

    // MARK: - What it is told

    private func succeeded(_ key: ClientSession.CallKey, _ reply: [UInt8], isReplay: Bool) {
        guard let call = calls.removeValue(forKey: key) else {
            return world.found("\(login) got an answer to nothing")
        }
        world.trace.note(
            "\(login) has an answer to \(key): \(reply.count) bytes\(isReplay ? ", again" : "")"
        )
        do {
            switch call.purpose {
            case .command(let index): acknowledged(index, reply, isReplay: isReplay)
            case .misuse: world.found("\(login) used an id for two requests")
            case .get(let deadline, let expected):
                try checkView(reply, of: deadline, expected: expected)
            case .readFired(let after): try checkFired(reply, after: after)
            case .watch: world.found("the server ended a watch")
            }
        } catch {
            world.found("\(login) got a reply that doesn't decode: \(error)")
        }
    }

    private func failed(_ key: ClientSession.CallKey, _ failure: CallFailure) {
        guard let call = calls.removeValue(forKey: key) else {
            return world.found("\(login) got a failure of nothing")
        }
        world.trace.note("\(login) fails at \(key): \(failure.reason)")
        switch call.purpose {
        case .command(let index): refused(index, failure)
        case .misuse: break
        case .get(let deadline, _):
            if failure.origin == .handler, !Self.isPassing(failure.status) {
                world.found("deadline \(deadline) can't be had: \(failure.message)")
            }
        case .readFired: break
        case .watch:
            if failure.origin == .handler, !Self.isPassing(failure.status) {
                world.found("\(login) can't go on watching: \(failure.message)")
            }
        }
    }

    private func told(_ key: ClientSession.CallKey, _ message: [UInt8]) {
        guard let call = calls[key], case .watch(let index) = call.purpose else {
            return world.found("\(login) got a message on no stream of its own")
        }
        do {
            if let problem = try watches[index].take(message, from: disk.kept) {
                world.found("\(login): \(problem)")
            }
        } catch {
            world.found("\(login) got a message that doesn't decode: \(error)")
        }
        world.trace.note("\(login) was told up to \(watches[index].position ?? 0)")
        owed.append((call.stream, StreamCredit.cost(of: message.count)))
    }

    private func unanswered(_ key: ClientSession.CallKey, mayHaveRun: Bool) {
        guard let call = calls.removeValue(forKey: key) else {
            return world.found("\(login) lost a call that it doesn't have")
        }
        guard case .command(let index) = call.purpose else { return }
        commands[index].underway -= 1
        if mayHaveRun { commands[index].mayHaveRun = true } else { thinkAgain(index) }
    }
}
