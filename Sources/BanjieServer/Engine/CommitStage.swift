internal import CivilTime
internal import Dispatch
internal import Office
internal import Store
internal import Synchronization
internal import Transport
internal import Wire
internal import WorkCalendar

/// A batch of the engine's on its way to the disk, and what waits for it to be durable.
struct EngineBatch<Ticket: Sendable>: Sendable {
    let sealed: SealedBatch
    /// Whether it is committed even if it changes nothing.
    let commitsNothing: Bool
    let answers: [EngineAnswer<Ticket>]
    /// The languages of those who get `answers`, in the same order.
    let languages: [Language]
    /// What streams say in it; nil when they say nothing.
    let said: StreamReplies?
    /// The streams that end with it.
    let ended: [StreamEnd]
    /// The instants as of which rungs fired in it.
    let fired: [Instant]
    /// What it changes of accounts, in order.
    let accountChanges: [AccountChange]
    /// What the other threads are told before anyone has an answer.
    let calendars: CalendarTimeline
    let isClockTrusted: Bool
    /// The latest moment that can be trusted; nil while the machine's own may be.
    let frozenAt: Instant?
    /// Replies to commits before this are to be forgotten; nil while it isn't time for that.
    let repliesExpireBefore: Instant?

    var touchesStore: Bool { !sealed.isEmpty || commitsNothing || repliesExpireBefore != nil }
}

/// What streams say in a batch, until it is durable.
final class StreamReplies: Sendable {
    private let replies: Mutex<ReplyBatch>

    init(_ replies: consuming sending ReplyBatch) { self.replies = Mutex(replies) }

    func post(by post: (inout ReplyBatch) -> Void) { replies.withLock { post(&$0) } }
}

/// Makes the engine's batches durable and lets out their answers, on a thread of its own when it has
/// been given one, so that the next batch runs meanwhile; or when whoever steps the engine says so. It has
/// one batch at a time.
///
/// `carryOut` is the one place where the order stands: commit, then what other threads see, then
/// answers.
///
/// - Unchecked: `committer` is used by `carryOut` alone. That runs on this stage's thread between
///   `hand` and the outcome's being there, and on the engine's, which hands the batches, while no
///   batch is out; the semaphores and the lock order the two. `carrier` is the engine's thread's
///   alone.
final class CommitStage<Ticket: Sendable>: @unchecked Sendable {
    /// What became of a batch: its commit's number, nil when there was nothing to commit.
    typealias Outcome = Result<UInt64?, StoreError>

    /// The most replies forgotten at once.
    private static var expiringMax: Int { 10_000 }
    /// The most rows sealed anew at once: a millisecond's work.
    private static var resealedMax: Int { 256 }

    private let committer: BatchCommitter
    private let shared: SharedState
    private let exit: EngineExit<Ticket>
    private let log: @Sendable (String) -> Void

    private struct State {
        var batch: EngineBatch<Ticket>?
        var outcome: Outcome?
    }

    private let state = Mutex(State())
    private let hasOutcome = Atomic(false)
    private let handed = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private var carrier = Carrier.engine

    /// Who carries batches out.
    private enum Carrier {
        /// Whoever hands one over, at once.
        case engine
        /// The stage's own thread.
        case thread
        /// Whoever steps the engine, when they please.
        case stepper
    }

    init(
        _ committer: BatchCommitter,
        shared: SharedState,
        exit: EngineExit<Ticket>,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.committer = committer
        self.shared = shared
        self.exit = exit
        self.log = log
    }

    /// Carries out batches on a thread of its own from now on.
    ///
    /// - Parameter tell: Called on that thread whenever an outcome is there.
    func startThread(tell: @escaping @Sendable () -> Void) {
        carrier = .thread
        BanjieServer.startThread(named: "commit") { [self] in
            while true {
                handed.wait()
                guard let batch = state.withLock({ $0.batch.take() }) else { break }
                report(carryOut(batch))
                tell()
            }
        }
    }

    /// Ends the thread.
    ///
    /// - Precondition: no batch is out.
    func stop() {
        if carrier == .thread { handed.signal() }
    }

    /// Leaves batches lying until `carryOutHeld`, from now on.
    func hold() { carrier = .stepper }

    /// Whether a batch lies here.
    var isHolding: Bool { state.withLock { $0.batch != nil } }

    /// Carries out the batch that lies here, if there is one.
    func carryOutHeld() {
        guard let batch = state.withLock({ $0.batch.take() }) else { return }
        report(carryOut(batch))
    }

    /// Hands a batch over; its outcome must be taken before the next.
    ///
    /// - Parameter isAlone: Whether nothing could run meanwhile: then it is carried out at once, which
    ///   spares it the way to the other thread.
    func hand(_ batch: EngineBatch<Ticket>, isAlone: Bool) {
        let isCarriedOutLater =
            switch carrier {
            case .engine: false
            case .thread: batch.touchesStore && !isAlone
            case .stepper: batch.touchesStore
            }
        guard isCarriedOutLater else { return report(carryOut(batch)) }
        state.withLock { $0.batch = batch }
        if carrier == .thread { handed.signal() }
    }

    private func report(_ outcome: Outcome) {
        state.withLock { $0.outcome = outcome }
        hasOutcome.store(true, ordering: .releasing)
        finished.signal()
    }

    /// The outcome of the batch that is out; nil while there is none yet.
    func takeOutcome() -> Outcome? {
        hasOutcome.load(ordering: .acquiring) ? waitForOutcome() : nil
    }

    /// Waits for the outcome of the batch that is out.
    func waitForOutcome() -> Outcome {
        if carrier == .stepper { carryOutHeld() }
        finished.wait()
        hasOutcome.store(false, ordering: .relaxed)
        guard let outcome = state.withLock({ $0.outcome.take() }) else {
            preconditionFailure("a batch ended without an outcome")
        }
        return outcome
    }

    private func carryOut(_ batch: EngineBatch<Ticket>) -> Outcome {
        var commit: UInt64?
        var hasEvents = false
        if !batch.sealed.isEmpty || batch.commitsNothing {
            let start = MonotonicTime.now()
            do {
                let summary = try committer.commit(batch.sealed)
                exit.measured(figures(of: batch, since: start))
                commit = summary.head.commit
                hasEvents = summary.topics != 0
            } catch {
                refuse(batch, because: error)
                return .failure(error)
            }
        }
        // Before the answers: whoever has one finds what it tells.
        shared.update {
            $0.calendars = batch.calendars
            if let commit {
                $0.status.commit = commit
                $0.status.writable = true
            }
            $0.status.firing = batch.isClockTrusted
            $0.frozenAt = batch.frozenAt
        }
        if !batch.accountChanges.isEmpty { exit.accountsChanged(batch.accountChanges) }
        for end in batch.ended { exit.ended(end) }
        if !batch.answers.isEmpty { exit.deliver(batch.answers) }
        batch.said?.post(by: exit.post)
        if hasEvents { exit.published() }
        if commit != nil { committer.tidy() }
        if let instant = batch.repliesExpireBefore { expireReplies(before: instant) }
        if shared.isResealing || batch.repliesExpireBefore != nil { reseal() }
        return .success(commit)
    }

    private func figures(
        of batch: EngineBatch<Ticket>,
        since start: MonotonicTime
    ) -> CommitFigures {
        let clock = shared.clock
        let now = clock.now.unixSeconds
        let intoSecond = clock.nanosecondsIntoSecond / 1_000_000
        return CommitFigures(
            nanoseconds: MonotonicTime.now().nanoseconds - start.nanoseconds,
            firedAfterMilliseconds: batch.fired.map { instant in
                // A leap of the clock may make it negative.
                UInt64(max(0, (now - instant.unixSeconds) * 1_000 + intoSecond))
            }
        )
    }

    /// Nothing of the batch was kept, and its callers are told. What it refused was judged by records
    /// that it had changed itself, and isn't told as a refusal either.
    private func refuse(_ batch: EngineBatch<Ticket>, because error: StoreError) {
        log("a batch wasn't committed: \(error)")
        shared.update { $0.status.writable = false }
        exit.refuse(batch.ended, because: error)
        exit.deliver(
            zip(batch.answers, batch.languages).map { answer, language in
                let isOutcomeKnown =
                    switch answer.outcome {
                    case .reply: false
                    case .failure: true
                    }
                return answer.dropped(by: error, in: language, isOutcomeKnown: isOutcomeKnown)
            }
        )
    }

    /// Goes on with sealing anew what older keys have sealed, and says when they aren't needed any more.
    private func reseal() {
        do throws(StoreError) {
            // First: a reading of the key file meanwhile asks for another round.
            shared.isResealing = false
            switch try committer.reseal(limit: Self.resealedMax) {
            case .unfinished: shared.isResealing = true
            case .finished(let unneeded):
                for number in unneeded {
                    log(
                        "sealing key \(number) isn't needed any more: banjied keys remove takes it out"
                    )
                }
            }
        } catch {
            log("sealing anew stopped for now: \(error)")
        }
    }

    private func expireReplies(before instant: Instant) {
        do {
            _ = try committer.expireReplies(before: instant, limit: Self.expiringMax)
        } catch {
            log("old replies weren't forgotten: \(error)")
        }
    }
}

extension EngineExit {
    /// Tells streams that have ended in a batch which the store refused.
    func refuse(_ ended: [StreamEnd], because error: StoreError) {
        guard !ended.isEmpty else { return }
        var batch = ReplyBatch()
        for end in ended {
            let report = error.reportOfCommit(in: end.language)
            batch.fail(end.call.ticket, report.failure(isOutcomeKnown: false, origin: .handler))
            self.ended(end.failing(.handler(.store(error), report)))
        }
        post(&batch)
    }
}

extension EngineAnswer {
    /// The answer to a call whose batch the store refused.
    func dropped(
        by error: StoreError,
        in language: Language,
        isOutcomeKnown: Bool
    ) -> EngineAnswer {
        let report = error.reportOfCommit(in: language)
        return EngineAnswer(
            ticket: ticket,
            outcome: .failure(EngineFailure(report: report, isOutcomeKnown: isOutcomeKnown))
        )
    }
}
