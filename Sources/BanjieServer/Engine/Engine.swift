internal import BanjieProtocol
internal import CivilTime
internal import Deadlines
internal import Digest
internal import Office
internal import Store
internal import Transport
internal import Wire
internal import WorkCalendar

/// Runs commands in batches, fires what is due, re-plans after a calendar change.
///
/// A batch is one transaction. `CommitStage` makes it durable while the engine already runs the next
/// one on top of it; should the first fail, both are dropped. The wheel learns of a batch only once
/// it is durable.
///
/// - Thread: the executor's alone.
final class Engine<Ticket: Sendable> {
    /// The most commands that the engine takes at a time, and about the most in one transaction.
    static var batchMax: Int { 1024 }
    /// The fewest commands for which a batch is handed over while more are at hand: smaller ones
    /// would wait for the disk too often.
    static var batchMin: Int { 64 }
    /// The most deadlines settled between two batches, so that a million due at 09:00 don't make
    /// commands wait.
    static var sliceMax: Int { 512 }
    /// How long nothing fires after the store refused a batch, in seconds of monotonic time.
    static var storeRetrySeconds: Int64 { 1 }
    /// How often old replies are forgotten.
    static var housekeepingSeconds: Int64 { 60 }

    /// What follows from a batch in the engine itself, once it is durable.
    private struct Consequences {
        /// When each saved deadline fires next, if ever.
        var planned: [(key: Int64, nextAt: Instant?)] = []
        /// What was taken from the wheel, and is due again if the batch is dropped.
        var taken: [(id: UInt64, at: Instant)] = []
        var confirmsClock = false
        /// What other threads had for the audit log, and is entered again if the batch is dropped.
        var noted: [AuditNotes.Note] = []
        /// Streams that had a turn in it.
        var turned: [CallTicket] = []
    }

    /// What a failed batch leaves behind: the state as of the last durable one.
    private struct Committed {
        var calendars: CalendarTimeline
        var sweepPosition: Int64?
        var erasedThrough: CivilDate?
    }

    private let unit: UnitOfWork
    private let stage: CommitStage<Ticket>
    private let shared: SharedState
    /// How long replies are kept for retries, in seconds.
    private let replySeconds: Int64
    private let exit: EngineExit<Ticket>
    private let log: @Sendable (String) -> Void

    private var wheel: TimingWheel
    private var calendars: CalendarTimeline
    private var clockGuard: ClockGuard
    /// What the guard was before a confirmation that isn't durable yet.
    private var unconfirmedGuard: ClockGuard?
    private var now: Instant
    /// The last deadline that the running re-planning has looked at; nil when none runs.
    private var sweepPosition: Int64?
    /// The last day on which everything was erased whose time was over.
    private var erasedThrough: CivilDate?
    private var committed: Committed
    private var retryAfter: Int64?
    /// Whether the store took the last batch.
    private var isWritable = true
    private var nextHousekeeping: Int64 = 0
    /// What operators were warned of last.
    private var warnings = OfficeWarnings()

    // The batch that runs.
    private var answers: [EngineAnswer<Ticket>] = []
    /// The languages of those who get `answers`, in the same order.
    private var languages: [Language] = []
    private var consequences = Consequences()
    /// The commands and settlings in it.
    private var size = 0
    /// What streams say in it.
    private var said = ReplyBatch()
    /// The streams that end with it.
    private var ended: [StreamEnd] = []
    /// What it changes of accounts, in order.
    private var accountChanges: [AccountChange] = []
    /// The instants as of which rungs fired in it.
    private var fired: [Instant] = []

    /// The uploads and sessions.
    private var streams = StreamTable<CommandContext>(open: ServiceRegistry.openCommandStream)

    /// Those of the batch that is with the stage, and the state once it is durable; nil while none is.
    private var handedOver: (consequences: Consequences, state: Committed)?

    /// Where calls come from; nil when somebody else steps.
    private var inbox: Inbox<EngineCall<Ticket>>?
    // Reused from command to command.
    private var hasher = SHA256Stream()
    private var canonical = MessageWriter()
    private var replyWriter = MessageWriter()

    /// Loads the calendars and arms every running deadline of the store.
    init(
        store: any Store,
        shared: SharedState,
        gapMax: Int64?,
        replySeconds: Int64,
        log: @escaping @Sendable (String) -> Void,
        exit: EngineExit<Ticket>
    ) throws(StoreError) {
        self.replySeconds = replySeconds
        self.shared = shared
        self.log = log
        self.exit = exit
        unit = try UnitOfWork(store: store)
        stage = CommitStage(
            unit.committer,
            shared: shared,
            exit: exit,
            log: log
        )
        let head = try store.head()
        let wall = shared.clock.now
        clockGuard = ClockGuard(
            wall: wall,
            monotonic: shared.clock.monotonicSeconds,
            lastCommit: head.at,
            gapMax: shared.clock.isVirtual ? nil : gapMax
        )
        now = clockGuard.isTrusted ? wall : head.at ?? wall
        let (calendars, isReplanned) = try CalendarTimeline.load(from: store)
        self.calendars = calendars
        sweepPosition = isReplanned ? nil : 0
        committed = Committed(
            calendars: calendars,
            sweepPosition: sweepPosition,
            erasedThrough: nil
        )
        var wheel = TimingWheel()
        try store.scan(DeadlineRecord.self, by: DeadlineRecord.byDue) { key, next in
            wheel.schedule(UInt64(clamping: key), at: Instant(unixSeconds: next))
        }
        self.wheel = wheel
        shared.update { $0.status.commit = head.commit }
        publish()
    }

    /// Runs until the inbox is closed and empty, with commits on a thread of their own.
    ///
    /// - Parameter streamEvents: What is told of streams; whoever adds to it wakes `inbox`.
    func run(
        _ inbox: Inbox<EngineCall<Ticket>>,
        streamEvents: Inbox<StreamEvent> = Inbox(capacity: 0)
    ) {
        self.inbox = inbox
        shared.notes.wake { inbox.wake() }
        stage.startThread(tell: { inbox.wake() })
        while let calls = inbox.take(
            limit: Self.batchMax,
            waitingMilliseconds: waitMilliseconds()
        ) {
            step(calls, streamEvents.take(limit: Self.batchMax, waitingMilliseconds: 0) ?? [])
        }
        flush()
        stage.stop()
    }

    /// Has the batches of `step` wait for `commit`, so that further ones run on top of them.
    func holdCommits() { stage.hold() }

    /// Makes the batch durable that waits for that.
    func commit() { stage.carryOutHeld() }

    /// Whether a batch waits for `commit`.
    var isCommitHeld: Bool { stage.isHolding }

    /// Whether a batch is on its way to the disk, or what came of it isn't known here.
    var hasBatchOut: Bool { handedOver != nil }

    /// Whether nothing is to be done unless a call comes or time passes.
    var isIdle: Bool { handedOver == nil && waitMilliseconds() > 0 }

    /// How long there is nothing to do unless a call comes, in milliseconds.
    private func waitMilliseconds() -> Int {
        if streams.hasRunnable { return 0 }
        if retryAfter != nil || !clockGuard.isTrusted { return 100 }
        if sweepPosition != nil || erasedThrough != now.date { return 0 }
        // The stage does that, and tells when it is ready for the next round.
        if shared.isResealing && handedOver == nil { return 0 }
        guard let next = wheel.nextInstant() else { return 1000 }
        if next <= now { return 0 }
        if shared.clock.isVirtual { return 1000 }
        let seconds = next.unixSeconds - now.unixSeconds
        if seconds > 1 { return 1000 }
        return max(1, 1000 - Int(shared.clock.nanosecondsIntoSecond / 1_000_000))
    }

    /// The commands, a slice of what is due, a slice of re-planning; whatever the stage has room for
    /// goes on to the disk.
    func step(_ calls: [EngineCall<Ticket>], _ streamEvents: [StreamEvent] = []) {
        takeOutcome()
        readClock()
        // By index: a call is larger than what it takes to carry it out by reference.
        for index in calls.indices {
            if let target = run(calls[index]) {
                // The clock moves between two batches, and its call is answered when all is quiet.
                flush()
                moveClock(to: target, for: calls[index])
            }
            if size >= Self.batchMin {
                takeOutcome()
                if handedOver == nil { handOver() }
            }
        }
        for event in streamEvents { streams.take(event, into: &said) }
        runStreams()
        takeNotes()
        let isQuiet = retryAfter.map { shared.clock.monotonicSeconds >= $0 } ?? true
        if isQuiet {
            retryAfter = nil
            if clockGuard.isTrusted {
                fireSlice()
                replanSlice()
                eraseSlice()
            }
        }
        takeOutcome(isWaiting: size >= Self.batchMax)
        guard handedOver == nil else { return }
        // A store that refused a batch is tried again even when there is nothing to keep: whoever
        // waits until it is writable sends nothing before.
        let isAlone = size < Self.batchMin && inbox?.isEmpty ?? true
        handOver(commitsNothing: isQuiet && !isWritable, isAlone: isAlone)
    }

    private func readClock() {
        let wasTrusted = clockGuard.isTrusted
        if shared.clock.isVirtual {
            if wasTrusted { now = shared.clock.now }
        } else {
            now = clockGuard.observe(
                wall: shared.clock.now,
                monotonic: shared.clock.monotonicSeconds
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

    private func makeContext(for actor: Actor, trace: TraceID? = nil) -> CommandContext {
        CommandContext(
            unit: unit,
            actor: actor,
            circumstances: circumstances,
            clock: shared.clock,
            trace: trace.map { AuditTrace($0) },
            sessions: shared.sessions,
            randomBytes: shared.randomBytes
        )
    }

    // MARK: Commands

    /// Runs one command; returns where it wants the virtual clock moved, which answers it later.
    private func run(_ call: EngineCall<Ticket>) -> Instant? {
        guard let route = ServiceRegistry.route(call.method), let commands = route.commands else {
            preconditionFailure("the router hands over commands only")
        }
        // The router has judged who may call it.
        let actor = call.actor ?? .anonymous
        if !clockGuard.isTrusted && route.method.serviceNumber != AdminMethods.service.number {
            fail(call, .server(.clockUnconfirmed))
            return nil
        }
        size += 1
        unit.beginCommand()
        var context = makeContext(for: actor, trace: call.traceID)
        context.passwords = call.passwords
        do {
            let identity = try identify(call, by: actor, route.method)
            if let identity, let stored = try replay(of: identity) {
                unit.rejectCommand()
                answer(call, .reply(stored, isReplay: true))
                return nil
            }
            replyWriter.removeAll()
            try dispatching(call.body) { (body) throws(DispatchFailure<HandlerFailure>) in
                try commands.dispatchCommand(
                    route.method.number,
                    body,
                    in: &context,
                    reply: &replyWriter
                )
            }
            let reply = route.shown(replyWriter.bytes)
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
            canonical.removeAll()
            try method.request.init(decoding: call.body).write(to: &canonical)
            canonical.withUnsafeBytes { hasher.update($0) }
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
        if let planned = context.planned { consequences.planned.append(planned) }
        consequences.planned.append(contentsOf: context.morePlanned)
        accountChanges.append(contentsOf: context.accountChanges)
        fired.append(contentsOf: context.fired)
        if let made = context.newCalendars {
            calendars = made
            sweepPosition = 0
        }
        if context.confirmsClock {
            unconfirmedGuard = unconfirmedGuard ?? clockGuard
            consequences.confirmsClock = true
            clockGuard.confirm(wall: shared.clock.now, monotonic: shared.clock.monotonicSeconds)
            now = shared.clock.now
        }
    }

    // MARK: Streams

    /// Gives the streams that have something to do their turns.
    private func runStreams() {
        if streams.hasRunnable {
            do throws(StoreError) {
                try streams.run(with: self, into: &said)
            } catch {
                preconditionFailure("turns within a batch wait for no snapshot")
            }
        }
        ended.append(contentsOf: streams.takeEnded())
    }

    /// Enters in the audit log what other threads have for it.
    private func takeNotes() {
        let notes = shared.notes.take()
        guard !notes.isEmpty else { return }
        size += 1
        unit.beginCommand()
        for note in notes { unit.audit(note.draft(at: now)) }
        unit.acceptCommand(reply: nil)
        consequences.noted.append(contentsOf: notes)
    }

    // MARK: What time does

    /// Settles a bounded number of the deadlines that are due; returns how many rungs fired.
    @discardableResult
    private func fireSlice() -> Int {
        var taken: [(id: UInt64, at: Instant)] = []
        _ = wheel.takeDue(through: now, limit: Self.sliceMax, into: &taken)
        consequences.taken.append(contentsOf: taken)
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
            retryAfter = shared.clock.monotonicSeconds + Self.storeRetrySeconds
        }
    }

    /// Erases a bounded part of the personal data whose time is over, once a day.
    private func eraseSlice() {
        guard erasedThrough != now.date else { return }
        unit.beginCommand()
        let context = makeContext(for: .system)
        do throws(HandlerFailure) {
            let isAll = try context.erasePersonalData()
            unit.acceptCommand(reply: nil)
            size += 1
            if isAll { erasedThrough = now.date }
        } catch {
            unit.rejectCommand()
            log("personal data weren't erased and are tried again: \(error)")
            retryAfter = shared.clock.monotonicSeconds + Self.storeRetrySeconds
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
        size += keys.count
        // What can't be read is told of where it is settled.
        try? unit.preload(DeadlineRecord.self, keys)
        var context = makeContext(for: .system)
        for key in keys {
            unit.beginCommand()
            defer { context.forgetEffects() }
            do {
                try context.settleOwner(ofDeadline: key)
                unit.acceptCommand(reply: nil)
                keep(context)
                fired += context.fired.count
            } catch {
                unit.rejectCommand()
                log("deadline \(key) couldn't be settled and is tried again: \(error)")
                consequences.planned.append((key, now))
                retryAfter = shared.clock.monotonicSeconds + Self.storeRetrySeconds
            }
        }
        return fired
    }

    private var isAnythingDue: Bool { wheel.nextInstant().map { $0 <= now } ?? false }

    /// Fires whatever is due, and waits until it is durable; returns how many rungs fired. It stops when the
    /// store refuses a batch.
    private func fireAll() -> Int {
        var fired = 0
        while isAnythingDue, retryAfter == nil {
            fired += fireSlice()
            takeOutcome(isWaiting: size >= Self.batchMax)
            if handedOver == nil { handOver() }
            // What has fired may fire again, which the wheel learns with the commit.
            if !isAnythingDue || retryAfter != nil { flush() }
        }
        return fired
    }

    /// Moves the virtual clock and fires all that is due on the way, each as of its instant.
    private func moveClock(to target: Instant, for call: EngineCall<Ticket>) {
        guard clockGuard.isTrusted else { return fail(call, .server(.clockUnconfirmed)) }
        guard shared.clock.move(to: target) else { return fail(call, .server(.clockNotVirtual)) }
        now = target
        retryAfter = nil
        let fired = fireAll()
        guard retryAfter == nil else {
            // The clock stays where it is; what is due fires once the store takes it.
            let failure = HandlerFailure.store(.notWritable("what fell due isn't recorded yet"))
            return fail(call, failure, isOutcomeKnown: false)
        }
        while retryAfter == nil, erasedThrough != now.date {
            eraseSlice()
            flush()
        }
        publish()
        answer(
            call,
            .reply(ClockMoved(now: target, fired: UInt64(fired)).encoded(), isReplay: false)
        )
    }

    // MARK: The commit, and what comes after it

    /// Seals the running batch and gives it to the stage, and begins the next one.
    ///
    /// - Parameters:
    ///   - commitsNothing: Whether an empty batch is committed too.
    ///   - isAlone: Whether nothing waits to be run meanwhile.
    private func handOver(commitsNothing: Bool = false, isAlone: Bool = false) {
        precondition(handedOver == nil, "a batch is handed over while another is on its way")
        let moment = shared.clock.monotonicSeconds
        let isHousekeepingDue = moment >= nextHousekeeping && retryAfter == nil
        if isHousekeepingDue {
            nextHousekeeping = moment + Self.housekeepingSeconds
            warnOperators()
        }
        guard
            size > 0 || !unit.isEmpty || !answers.isEmpty || !said.isEmpty || commitsNothing
                || isHousekeepingDue || shared.isResealing
        else { return }
        let batch = EngineBatch(
            sealed: unit.seal(at: now),
            commitsNothing: commitsNothing,
            answers: answers,
            languages: languages,
            said: said.isEmpty ? nil : StreamReplies(takeSaid()),
            ended: ended,
            fired: fired,
            accountChanges: accountChanges,
            calendars: calendars,
            isClockTrusted: clockGuard.isTrusted,
            frozenAt: clockGuard.isTrusted ? nil : now,
            repliesExpireBefore: isHousekeepingDue ? now.adding(seconds: -replySeconds) : nil
        )
        handedOver = (
            consequences,
            Committed(
                calendars: calendars,
                sweepPosition: sweepPosition,
                erasedThrough: erasedThrough
            )
        )
        beginBatch()
        stage.hand(batch, isAlone: isAlone)
        takeOutcome()
    }

    /// Should the running batch be dropped, what it was warned of is taken back within a minute.
    private func warnOperators() {
        do throws(HandlerFailure) {
            let found = try makeContext(for: .system).officeWarnings()
            guard found != warnings else { return }
            warnings = found
            exit.warned(found)
        } catch {
            log("what operators should look at couldn't be read: \(error)")
        }
    }

    private func takeSaid() -> ReplyBatch {
        var taken = ReplyBatch()
        swap(&taken, &said)
        return taken
    }

    private func beginBatch() {
        let expected = min(answers.count, Self.batchMax)
        answers = []
        answers.reserveCapacity(expected)
        languages = []
        languages.reserveCapacity(expected)
        ended = []
        fired = []
        accountChanges = []
        consequences = Consequences()
        consequences.planned.reserveCapacity(expected)
        size = 0
    }

    /// Hands over what runs, and waits until all is durable or dropped.
    private func flush() {
        takeOutcome(isWaiting: true)
        handOver()
        takeOutcome(isWaiting: true)
    }

    /// Learns what became of the batch that is with the stage, if that is known or it is to wait.
    private func takeOutcome(isWaiting: Bool = false) {
        guard let (consequences, state) = handedOver,
            let outcome = isWaiting ? stage.waitForOutcome() : stage.takeOutcome()
        else { return }
        handedOver = nil
        switch outcome {
        case .success(let commit):
            unit.didCommit()
            committed = state
            if consequences.confirmsClock { unconfirmedGuard = nil }
            if commit != nil {
                streams.committed()
                if !isWritable { log("the store takes writes again") }
                isWritable = true
            }
            for (key, nextAt) in consequences.planned {
                if let nextAt {
                    wheel.schedule(UInt64(clamping: key), at: nextAt)
                } else {
                    wheel.cancel(UInt64(clamping: key))
                }
            }
        case .failure(let error):
            drop(consequences, because: error)
        }
        publish()
    }

    /// Nothing of the handed over batch was kept, nor is anything that has run on top of it: its
    /// callers are told, and what was due is due again.
    private func drop(_ handedOver: Consequences, because error: StoreError) {
        unit.drop()
        isWritable = false
        calendars = committed.calendars
        sweepPosition = committed.sweepPosition
        erasedThrough = committed.erasedThrough
        if let unconfirmedGuard {
            clockGuard = unconfirmedGuard
            self.unconfirmedGuard = nil
        }
        for (id, at) in handedOver.taken + consequences.taken { wheel.schedule(id, at: at) }
        shared.notes.putBack(handedOver.noted + consequences.noted)
        retryAfter = shared.clock.monotonicSeconds + Self.storeRetrySeconds
        let dropped = zip(answers, languages).map { answer, language in
            answer.dropped(by: error, in: language, isOutcomeKnown: true)
        }
        exit.refuse(ended, because: error)
        // What their handlers believe is durable isn't.
        said.removeAll()
        for ticket in handedOver.turned + consequences.turned {
            streams.fail(ticket, .store(error), into: &said)
        }
        for end in streams.takeEnded() { exit.ended(end) }
        if !said.isEmpty { exit.post(&said) }
        beginBatch()
        if !dropped.isEmpty { exit.deliver(dropped) }
    }

    /// Tells the other threads how things stand; nothing uncommitted may be told.
    private func publish() {
        let isTrusted = (unconfirmedGuard ?? clockGuard).isTrusted
        let (now, armed) = (now, wheel.count)
        let (isWritable, calendars) = (isWritable, committed.calendars)
        let isBehind = isAnythingDue
        shared.update {
            $0.calendars = calendars
            $0.status.writable = isWritable
            $0.status.firing = isTrusted
            $0.status.armed = UInt64(armed)
            $0.status.isBehind = isBehind
            $0.frozenAt = isTrusted ? nil : now
        }
    }
}

extension Engine: StreamContexts {
    func atOnce(_ body: () -> Void) throws(StoreError) { body() }

    /// A turn is one command: what it has done is durable with the batch, and only then is the caller
    /// told what it says.
    func turn<Result>(
        of stream: CallTicket,
        for caller: StreamCaller,
        _ body: (inout CommandContext) throws(DispatchFailure<HandlerFailure>) -> Result
    ) throws(DispatchFailure<HandlerFailure>) -> Result {
        guard let actor = caller.actor else {
            preconditionFailure("the router hands over streams of signed-in callers only")
        }
        guard clockGuard.isTrusted else { throw .refused(.server(.clockUnconfirmed)) }
        size += 1
        consequences.turned.append(stream)
        unit.beginCommand()
        var context = makeContext(for: actor, trace: caller.traceID)
        do {
            let result = try body(&context)
            unit.acceptCommand(reply: nil)
            keep(context)
            return result
        } catch {
            unit.rejectCommand()
            throw error
        }
    }
}
