internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Digest
internal import Office
internal import Store
internal import Wire
internal import WorkCalendar

/// The one writer: runs commands in batches, fires what is due, re-plans after a calendar change.
///
/// A batch is one transaction. The order within `step` is the promise that the rest relies on:
/// commit, and only then answers, events and the wheel.
///
/// - Thread: the executor's alone.
final class Engine<Ticket: Sendable> {
    /// The most commands in one transaction: their replies wait for one sync.
    static var batchMax: Int { 1024 }
    /// The most deadlines settled between two batches, so that a million due at 09:00 don't make
    /// commands wait.
    static var sliceMax: Int { 512 }
    /// How long nothing fires after the store refused a batch, in seconds of monotonic time.
    static var storeRetrySeconds: Int64 { 1 }
    /// How often old replies are forgotten, and how many at a time.
    static var housekeepingSeconds: Int64 { 60 }
    static var housekeepingMax: Int { 10_000 }

    private let unit: UnitOfWork
    private let store: any Store
    private let shared: SharedState
    /// How long replies are kept for retries, in seconds.
    private let replySeconds: Int64
    private let deliver: ([EngineAnswer<Ticket>]) -> Void
    private let log: @Sendable (String) -> Void

    private var wheel: TimingWheel
    private var calendars: CalendarTimeline
    private var clockGuard: ClockGuard
    /// What the guard was before a confirmation that isn't durable yet.
    private var unconfirmedGuard: ClockGuard?
    private var now: Instant
    /// The last deadline that the running re-planning has looked at; nil when none runs.
    private var sweepPosition: Int64?
    /// The same as of the last commit.
    private var committedSweepPosition: Int64?
    private var retryAfter: Int64?
    /// Whether the store took the last batch.
    private var isWritable = true
    private var lastCommit: UInt64
    private var nextHousekeeping: Int64 = 0

    // Reused from batch to batch.
    private var hasher = SHA256Stream()
    private var answers: [EngineAnswer<Ticket>] = []
    /// The languages of those who get `answers`, in the same order.
    private var languages: [Language] = []
    private var planned: [(key: Int64, nextAt: Instant?)] = []
    private var taken: [(id: UInt64, at: Instant)] = []

    /// Loads the calendars and arms every running deadline of the store.
    init(
        store: any Store,
        shared: SharedState,
        gapMax: Int64?,
        replySeconds: Int64,
        log: @escaping @Sendable (String) -> Void,
        deliver: @escaping ([EngineAnswer<Ticket>]) -> Void
    ) throws(StoreError) {
        self.store = store
        self.replySeconds = replySeconds
        self.shared = shared
        self.log = log
        self.deliver = deliver
        unit = try UnitOfWork(store: store)
        let head = try store.head()
        lastCommit = head.commit
        let wall = shared.clock.now
        clockGuard = ClockGuard(
            wall: wall,
            monotonic: ServerClock.monotonicSeconds,
            lastCommit: head.at,
            gapMax: shared.clock.isVirtual ? nil : gapMax
        )
        now = clockGuard.isTrusted ? wall : head.at ?? wall
        let (calendars, isReplanned) = try CalendarTimeline.load(from: store)
        self.calendars = calendars
        sweepPosition = isReplanned ? nil : 0
        committedSweepPosition = sweepPosition
        var wheel = TimingWheel()
        try store.scan(DeadlineRecord.self, by: DeadlineRecord.byDue) { record in
            if let next = record.nextAt { wheel.schedule(UInt64(record.key), at: next) }
        }
        self.wheel = wheel
        publish()
    }

    /// Runs until the inbox is closed and empty.
    func run(_ inbox: Inbox<EngineCall<Ticket>>) {
        while let calls = inbox.take(
            limit: Self.batchMax,
            waitingMilliseconds: waitMilliseconds()
        ) {
            step(calls)
        }
    }

    /// How long there is nothing to do unless a call comes, in milliseconds.
    private func waitMilliseconds() -> Int {
        if retryAfter != nil || !clockGuard.isTrusted { return 100 }
        if sweepPosition != nil { return 0 }
        guard let next = wheel.nextInstant() else { return 1000 }
        if next <= now { return 0 }
        if shared.clock.isVirtual { return 1000 }
        let seconds = next.unixSeconds - now.unixSeconds
        if seconds > 1 { return 1000 }
        return max(1, 1000 - Int(shared.clock.nanosecondsIntoSecond / 1_000_000))
    }

    /// One batch: the commands, a slice of what is due, a slice of re-planning; then the commit;
    /// then everything that depends on it.
    func step(_ calls: [EngineCall<Ticket>]) {
        readClock()
        for call in calls {
            if let target = run(call) {
                // The clock moves between two batches, and its call is answered when all is quiet.
                finishBatch()
                moveClock(to: target, for: call)
            }
        }
        let isQuiet = retryAfter.map { ServerClock.monotonicSeconds >= $0 } ?? true
        if isQuiet {
            retryAfter = nil
            if clockGuard.isTrusted {
                fireSlice()
                replanSlice()
            }
        }
        // A store that refused a batch is tried again even when there is nothing to keep: whoever
        // waits until it is writable sends nothing before.
        finishBatch(commitsNothing: isQuiet && !isWritable)
        keepHouse()
    }

    /// Forgets replies whose time is over, a bounded number a minute.
    private func keepHouse() {
        let moment = ServerClock.monotonicSeconds
        guard moment >= nextHousekeeping, retryAfter == nil else { return }
        nextHousekeeping = moment + Self.housekeepingSeconds
        do {
            _ = try store.expireReplies(
                before: now.adding(seconds: -replySeconds),
                limit: Self.housekeepingMax
            )
        } catch {
            log("old replies weren't forgotten: \(error)")
        }
    }

    private func readClock() {
        let wasTrusted = clockGuard.isTrusted
        if shared.clock.isVirtual {
            if wasTrusted { now = shared.clock.now }
        } else {
            now = clockGuard.observe(
                wall: shared.clock.now,
                monotonic: ServerClock.monotonicSeconds
            )
        }
        if wasTrusted && !clockGuard.isTrusted {
            log("the wall clock isn't trusted, nothing fires until it is confirmed")
            publish()
        }
    }

    private var circumstances: Circumstances {
        Circumstances(now: now, calendars: calendars, policy: shared.policy)
    }

    private func makeContext(for actor: Actor) -> CommandContext {
        CommandContext(
            unit: unit,
            actor: actor,
            circumstances: circumstances,
            clock: shared.clock,
            randomBytes: {
                var generator = SystemRandomNumberGenerator()
                return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            }
        )
    }

    // MARK: Commands

    /// Runs one command; returns where it wants the virtual clock moved, which answers it later.
    private func run(_ call: EngineCall<Ticket>) -> Instant? {
        guard let actor = call.actor, let route = ServiceRegistry.route(call.method),
            let commands = route.commands
        else {
            preconditionFailure("the router hands over commands of signed-in callers only")
        }
        if !clockGuard.isTrusted && route.method.serviceNumber != AdminMethods.service.number {
            fail(call, .server(.clockUnconfirmed))
            return nil
        }
        unit.beginCommand()
        var context = makeContext(for: actor)
        do {
            let identity = try identify(call, by: actor, route.method)
            if let identity, let stored = try replay(of: identity) {
                unit.rejectCommand()
                answer(call, .reply(stored, isReplay: true))
                return nil
            }
            var writer = MessageWriter()
            try dispatching(call.body) { (body) throws(DispatchFailure<HandlerFailure>) in
                try commands.dispatchCommand(
                    route.method.number,
                    body,
                    in: &context,
                    reply: &writer
                )
            }
            let reply = writer.bytes
            unit.acceptCommand(
                reply: identity.map {
                    ($0.key, StoredReply(requestHash: $0.hash, reply: reply))
                }
            )
            keep(context)
            if let target = context.clockTarget { return target }
            answer(call, .reply(reply, isReplay: false))
        } catch {
            unit.rejectCommand()
            fail(call, error)
        }
        return nil
    }

    /// What makes a retry of a request recognizable, and tells it from another request.
    private struct RequestIdentity {
        let key: RequestKey
        /// SHA-256 of the method and the canonical request: the same for every encoding of it.
        let hash: [UInt8]
    }

    /// The identity of a request that carries an id; nil without one.
    private func identify(
        _ call: EngineCall<Ticket>,
        by actor: Actor,
        _ method: MethodDescriptor
    ) throws(HandlerFailure) -> RequestIdentity? {
        guard !call.requestID.isEmpty, method.idempotency == .requestID else { return nil }
        // Its reply may be forgotten already: it can't be told from a new request any more.
        if !shared.clock.isVirtual, let made = RequestAge.instant(of: call.requestID),
            made < now.adding(seconds: -replySeconds)
        {
            throw .server(.requestIdExpired)
        }
        withUnsafeBytes(of: call.method.littleEndian) { hasher.update($0) }
        do {
            hasher.update(try method.request.init(decoding: call.body).encoded())
        } catch {
            _ = hasher.finish()
            throw .undecodable(error.describe(in: method.request.descriptor))
        }
        return RequestIdentity(
            key: RequestKey(principal: actor.login, id: call.requestID),
            hash: hasher.finish()
        )
    }

    /// The reply that the request got before; nil when it is new.
    private func replay(of identity: RequestIdentity) throws(HandlerFailure) -> [UInt8]? {
        let stored = try storing { () throws(StoreError) in try unit.storedReply(identity.key) }
        guard let stored else { return nil }
        guard stored.requestHash == identity.hash else { throw .server(.requestIdReused) }
        return stored.reply
    }

    private func answer(_ call: EngineCall<Ticket>, _ outcome: EngineOutcome) {
        answers.append(EngineAnswer(ticket: call.ticket, outcome: outcome))
        languages.append(call.language)
    }

    private func fail(
        _ call: EngineCall<Ticket>,
        _ failure: HandlerFailure,
        isOutcomeKnown: Bool = true
    ) {
        if case .store(let error) = failure { log("\(error)") }
        let report = failure.report(in: call.language)
        answer(call, .failure(EngineFailure(report: report, isOutcomeKnown: isOutcomeKnown)))
    }

    /// Takes over what an accepted command leaves outside the store.
    private func keep(_ context: CommandContext) {
        planned.append(contentsOf: context.planned)
        if let made = context.newCalendars {
            calendars = made
            sweepPosition = 0
        }
        if context.confirmsClock {
            unconfirmedGuard = unconfirmedGuard ?? clockGuard
            clockGuard.confirm(wall: shared.clock.now, monotonic: ServerClock.monotonicSeconds)
            now = shared.clock.now
        }
    }

    // MARK: What time does

    /// Settles a bounded number of the deadlines that are due; returns how many rungs fired.
    @discardableResult
    private func fireSlice() -> Int {
        taken.removeAll(keepingCapacity: true)
        _ = wheel.takeDue(through: now, limit: Self.sliceMax, into: &taken)
        return settle(taken.map { Int64(clamping: $0.id) })
    }

    /// Re-plans a bounded number of deadlines after a calendar change.
    private func replanSlice() {
        guard let position = sweepPosition else { return }
        do {
            let records = try unit.find(
                DeadlineRecord.self,
                Search(after: [.integer(position)], limit: Self.sliceMax)
            )
            let newest = calendars.current.calendar.version
            settle(
                records.filter {
                    $0.deadline.isRunning && $0.deadline.calendarVersion < newest
                }.map(\.key)
            )
            if let last = records.last {
                sweepPosition = last.key
            } else {
                sweepPosition = nil
                try finishReplanning()
            }
        } catch {
            log("re-planning stopped for now: \(error)")
            retryAfter = ServerClock.monotonicSeconds + Self.storeRetrySeconds
        }
    }

    private func finishReplanning() throws(StoreError) {
        unit.beginCommand()
        do {
            for var record in try unit.find(CalendarRecord.self, Search(limit: .max))
            where !record.isReplanned {
                record.isReplanned = true
                unit.save(record)
            }
        } catch {
            unit.rejectCommand()
            throw error
        }
        unit.acceptCommand(reply: nil)
    }

    /// Settles the owners of deadlines, each as a command of its own.
    @discardableResult
    private func settle(_ keys: [Int64]) -> Int {
        var fired = 0
        for key in keys {
            unit.beginCommand()
            var context = makeContext(
                for: Actor(login: "system", roles: [], department: "")
            )
            do {
                try context.settleOwner(ofDeadline: key)
                unit.acceptCommand(reply: nil)
                keep(context)
                fired += context.firedCount
            } catch {
                unit.rejectCommand()
                log("deadline \(key) couldn't be settled and is tried again: \(error)")
                planned.append((key, now))
                retryAfter = ServerClock.monotonicSeconds + Self.storeRetrySeconds
            }
        }
        return fired
    }

    /// Moves the virtual clock and fires all that is due on the way, each as of its instant.
    private func moveClock(to target: Instant, for call: EngineCall<Ticket>) {
        guard clockGuard.isTrusted else { return fail(call, .server(.clockUnconfirmed)) }
        guard shared.clock.move(to: target) else { return fail(call, .server(.clockNotVirtual)) }
        now = target
        retryAfter = nil
        var fired = 0
        while wheel.nextInstant().map({ $0 <= target }) ?? false {
            fired += fireSlice()
            finishBatch()
            guard retryAfter == nil else {
                // The clock stays where it is; what is due fires once the store takes it.
                let failure = HandlerFailure.store(.notWritable("what fell due isn't recorded yet"))
                return fail(call, failure, isOutcomeKnown: false)
            }
        }
        publish()
        answer(
            call,
            .reply(ClockMoved(now: target, fired: UInt64(fired)).encoded(), isReplay: false)
        )
    }

    // MARK: The commit, and what comes after it

    /// - Parameter commitsNothing: Whether an empty batch is committed too.
    private func finishBatch(commitsNothing: Bool = false) {
        defer {
            answers.removeAll(keepingCapacity: true)
            languages.removeAll(keepingCapacity: true)
            planned.removeAll(keepingCapacity: true)
            taken.removeAll(keepingCapacity: true)
        }
        if !unit.isEmpty || commitsNothing {
            do {
                lastCommit = try unit.commit(at: now).head.commit
            } catch {
                dropBatch(error)
                return
            }
            if !isWritable { log("the store takes writes again") }
            isWritable = true
            unconfirmedGuard = nil
            committedSweepPosition = sweepPosition
            // Before the answers: whoever has one finds what it tells.
            publish()
        }
        // Only now: the batch is durable.
        if !answers.isEmpty { deliver(answers) }
        guard !planned.isEmpty else { return }
        for (key, nextAt) in planned {
            if let nextAt {
                wheel.schedule(UInt64(clamping: key), at: nextAt)
            } else {
                wheel.cancel(UInt64(clamping: key))
            }
        }
        publish()
    }

    /// Nothing of the batch was kept: its callers are told, and what was due is due again.
    private func dropBatch(_ error: StoreError) {
        log("a batch wasn't committed: \(error)")
        isWritable = false
        calendars = shared.current.calendars
        sweepPosition = committedSweepPosition
        if let unconfirmedGuard {
            clockGuard = unconfirmedGuard
            self.unconfirmedGuard = nil
        }
        for (id, at) in taken { wheel.schedule(id, at: at) }
        retryAfter = ServerClock.monotonicSeconds + Self.storeRetrySeconds
        publish()
        deliver(
            zip(answers, languages).map { answer, language in
                guard case .reply = answer.outcome else { return answer }
                let report = error.reportOfCommit(in: language)
                return EngineAnswer(
                    ticket: answer.ticket,
                    outcome: .failure(EngineFailure(report: report, isOutcomeKnown: false))
                )
            }
        )
    }

    /// Tells the other threads how things stand; nothing uncommitted may be in memory.
    private func publish() {
        let (isTrusted, now, commit, armed) = (clockGuard.isTrusted, now, lastCommit, wheel.count)
        let (isWritable, calendars) = (isWritable, calendars)
        let isBehind = wheel.nextInstant().map { $0 <= now } ?? false
        shared.update {
            $0.calendars = calendars
            $0.status.writable = isWritable
            $0.status.firing = isTrusted
            $0.status.commit = commit
            $0.status.armed = UInt64(armed)
            $0.status.isBehind = isBehind
            $0.frozenAt = isTrusted ? nil : now
        }
    }
}
