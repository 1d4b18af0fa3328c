import BanjieProtocol
import BanjieServer
import CivilTime
import Store
import StoreModel
import Transport

/// A server's process: the real parts on a store that can be told to fail, and its connections.
final class SimulatedServer {
    /// What becomes of the next commit that changes anything.
    enum CommitPlan {
        case keep
        /// The store refuses it, and the process lives.
        case refuse
        /// The process dies before it is kept.
        case dieBefore
        /// The process dies once it is kept, and has told nobody.
        case dieAfter
    }

    private let world: World
    private let profile: ServerProfile
    private let office: SteppedOffice
    private var lastConnection: UInt32 = 0
    private let plan: Plan
    /// In the order in which they came.
    private(set) var connections: [HostedConnection] = []

    /// What the store's hooks share with the process.
    private final class Plan {
        var next = CommitPlan.keep
        var isDead = false
    }

    /// Starts on what the disk keeps.
    init(
        on disk: SimulatedDisk,
        clock: ServerClock,
        profile: ServerProfile,
        in world: World
    ) throws(StoreError) {
        self.world = world
        self.profile = profile
        let store = ModelStore(disk: disk.current)
        let plan = Plan()
        self.plan = plan
        store.willCommit = { [unowned store] in
            defer { plan.next = .keep }
            guard !plan.isDead else {
                store.nextCommitFailure = .failed("the process is dead")
                return
            }
            switch plan.next {
            case .keep, .dieAfter:
                if plan.next == .dieAfter { plan.isDead = true }
                if world.fault == .acknowledgesBeforeKeeping, !world.isQuiet {
                    disk.fallBehind()
                } else {
                    disk.catchUp()
                }
            case .refuse: store.nextCommitFailure = .notWritable("the disk is full")
            case .dieBefore:
                plan.isDead = true
                store.nextCommitFailure = .failed("the power is out")
            }
        }
        store.didCommit = {
            if world.shows(.losesReplies, oneIn: 3) { disk.current.loseNewestReply() }
        }
        let trace = SendableTrace(world)
        office = try SteppedOffice(
            store: store,
            clock: clock,
            replySeconds: 100 * 366 * Instant.secondsPerDay,
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

    /// Whether the process has died at a commit: whatever it still says is lost.
    var isDead: Bool { plan.isDead }

    func plan(_ next: CommitPlan) { plan.next = next }

    // MARK: - Stopping

    private(set) var isDraining = false

    /// Whether a part has work that nobody waits for any more.
    var isBusy: Bool { office.isBusy }

    /// Begins to stop: no new connections, no new calls, all accepted ones answered.
    func drain() {
        isDraining = true
        for connection in connections { connection.drain() }
    }

    // MARK: - The parts at work

    func runCommands(limit: Int) {
        if office.runCommands(limit: limit) { world.overlaps += 1 }
    }

    func commit() { office.commit() }
    func answerQueries() { office.answerQueries() }
    func runWatches() { office.runWatches() }
    func judgeCredentials() { office.judgeCredentials() }

    /// Carries what the parts have said to the connections.
    func deliver() {
        var batch = ReplyBatch()
        office.takeReplies(into: &batch)
        var count = 0
        batch.withEntries { entry, payload in
            guard let connection = find(entry.ticket.connection) else { return }
            if case .message = entry.content, Self.isFiring(payload),
                world.shows(.skipsEvent, oneIn: 4)
            {
                return
            }
            connection.answer(entry, payload)
            count += 1
        }
        for (verdict, id) in office.takeVerdicts() {
            find(id)?.judge(verdict)
            count += 1
        }
        guard count > 0 else { return }
        world.trace.note("server delivers \(count)")
        for connection in connections where !connection.settle() { destroy(connection) }
    }

    /// Whether a message of a watch tells an event.
    private static func isFiring(_ message: UnsafeRawBufferPointer) -> Bool {
        (try? FiredEvent(decoding: message))?.firing != nil
    }

    private func find(_ id: ConnectionID) -> HostedConnection? {
        connections.first { $0.id == id }
    }

    // MARK: - Connections

    func accept(_ link: Link) {
        lastConnection += 1
        connections.append(
            HostedConnection(
                ConnectionID(reactor: 0, index: lastConnection, generation: 0),
                on: link,
                profile: profile,
                handler: office.handler,
                in: world
            )
        )
    }

    func read(_ connection: HostedConnection, _ count: Int) {
        if !connection.read(count) { destroy(connection) }
    }

    /// Sends what has found room, and does what has become due.
    func settle() {
        for connection in connections {
            let lives = connection.deadline <= world.now ? connection.tick() : connection.settle()
            if !lives { destroy(connection) }
        }
    }

    private func destroy(_ connection: HostedConnection) {
        world.trace.note("server drops connection \(connection.link.number)")
        connection.destroy()
        connections.removeAll { $0 === connection }
    }
}
