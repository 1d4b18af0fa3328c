package import BanjieClient
import BanjieProtocol
import Glibc
import SeededRandom
import Synchronization
import Transport

/// How a server is loaded.
package struct LoadPlan: Sendable {
    /// Each caller has at most one call in flight, and belongs to one connection.
    package var callersPerConnection = 64
    package var pace = Pace.closed
    package var extent = Extent.seconds(10)
    /// What ends within this time isn't counted.
    package var warmUpSeconds = 1.0
    package var timeoutMillis: UInt32 = 20_000

    package init() {}
}

/// What was seen within one span of a run.
package struct Sample: Codable, Sendable {
    /// Since the counting began.
    package let atSeconds: Double
    package let seconds: Double
    package fileprivate(set) var observations: Observations
}

/// What came of a run.
package struct LoadResult: Codable, Sendable {
    package let operations: [String]
    package private(set) var seconds: Double
    package private(set) var total: Observations
    package private(set) var samples: [Sample]
    /// How many calls of an open loop hadn't begun when it ended.
    package private(set) var unbegun: UInt64
    /// The server's CPU time while it was counted; nil when nobody could tell it.
    package private(set) var serverSeconds: Double?

    package var callsPerSecond: Double { seconds > 0 ? Double(total.all.count) / seconds : 0 }

    /// Adds what another process saw of the same load, meanwhile.
    package mutating func merge(_ other: LoadResult) {
        seconds = max(seconds, other.seconds)
        total.merge(other.total)
        for index in samples.indices.prefix(other.samples.count) {
            samples[index].merge(other.samples[index])
        }
        unbegun += other.unbegun
        serverSeconds = nil
    }
}

extension Sample {
    fileprivate mutating func merge(_ other: Sample) { observations.merge(other.observations) }
}

/// Loads a server with one kind of work over connections that are there.
package final class LoadRun<Work: Workload>: Sendable {
    /// How long an open loop rests at least, which a call's time counts too: to wake up for each of many would
    /// take from the server what it is measured by.
    private static var restNanoseconds: UInt64 { 250_000 }

    private let work: Work
    private let plan: LoadPlan
    private let callers: [Caller<Work.Script>]
    private let course: Course

    /// - Parameters:
    ///   - connections: at least one, signed in as the work needs it.
    ///   - seed: tells this run's request ids from those of others.
    package init(_ work: Work, over connections: [Connection], _ plan: LoadPlan, seed: UInt64) {
        self.work = work
        self.plan = plan
        let count = connections.count * plan.callersPerConnection
        let now = Self.now()
        var most = UInt64.max
        if case .calls(let calls) = plan.extent { most = calls }
        var loop: OpenLoop?
        if case .rate(let rate) = plan.pace {
            loop = OpenLoop(callers: count, rate: rate, from: now)
        }
        let course = Course(
            recorder: Recorder(operations: work.operations.count),
            budget: CallBudget(most: most),
            loop: loop,
            firings: work.firings,
            timeoutMillis: plan.timeoutMillis
        )
        self.course = course
        var seeds = SeededGenerator(seed: seed)
        callers = (0..<count).map { number in
            Caller(
                number,
                work.script(number),
                over: connections[number % connections.count],
                course,
                seed: seeds.next()
            )
        }
    }

    /// Runs to the end, on this thread and those of the connections.
    ///
    /// - Parameters:
    ///   - serverTime: the CPU time that the server has taken since it was started, in seconds.
    ///   - progress: is told what was seen in each second.
    package func run(
        serverTime: () -> Double? = { nil },
        progress: (Sample) -> Void = { _ in }
    ) -> LoadResult {
        let began = Self.now()
        var warmUp = UInt64(plan.warmUpSeconds * 1e9)
        var end = UInt64.max
        switch plan.extent {
        case .seconds(let seconds): end = began &+ warmUp &+ UInt64(seconds * 1e9)
        // Who wants so many calls wants to see them all.
        case .calls: warmUp = 0
        }
        if course.loop == nil { for caller in callers { caller.beginNext() } }
        var samples: [Sample] = []
        var total = Observations(operations: work.operations.count)
        var countingSince = began
        var isCounting = warmUp == 0
        var serverBefore = serverTime()
        var sampled = began
        var nextTick = began &+ (isCounting ? 1_000_000_000 : warmUp)
        var dueBefore: UInt64 = 0

        func takeSample() {
            let now = Self.now()
            let observations = course.recorder.take()
            defer { sampled = now }
            guard isCounting else {
                isCounting = true
                countingSince = now
                serverBefore = serverTime()
                return
            }
            total.merge(observations)
            let sample = Sample(
                atSeconds: Double(now - countingSince) / 1e9,
                seconds: Double(now - sampled) / 1e9,
                observations: observations
            )
            samples.append(sample)
            progress(sample)
        }

        while true {
            let now = Self.now()
            if now >= end || course.budget.isSpent { break }
            if now >= nextTick {
                takeSample()
                nextTick = max(nextTick &+ 1_000_000_000, now)
            }
            var wake = min(nextTick, end)
            if let loop = course.loop {
                while loop.moment(of: dueBefore) <= now, course.budget.take() {
                    dueBefore += 1
                }
                for (caller, call) in loop.advance(to: dueBefore) {
                    callers[caller].begin(from: loop.moment(of: call))
                }
                wake = min(wake, max(loop.moment(of: dueBefore), now &+ Self.restNanoseconds))
            } else if case .calls = plan.extent {
                wake = min(wake, now &+ 10_000_000)
            }
            Self.sleep(until: wake)
        }
        // A run of so many calls waits for the last; one of so much time doesn't count what is late.
        if case .calls = plan.extent { course.waitUntilIdle() }
        course.budget.end()
        let backlog = course.loop?.backlog ?? 0
        takeSample()
        let serverAfter = serverTime()
        let seconds = Double(sampled - countingSince) / 1e9
        course.waitUntilIdle()
        return LoadResult(
            operations: work.operations,
            seconds: seconds,
            total: total,
            samples: samples,
            unbegun: backlog,
            serverSeconds: serverBefore.flatMap { before in serverAfter.map { $0 - before } }
        )
    }

    private static func now() -> UInt64 { MonotonicTime.now().nanoseconds }

    private static func sleep(until moment: UInt64) {
        var time = timespec(
            tv_sec: Int(moment / 1_000_000_000),
            tv_nsec: Int(moment % 1_000_000_000)
        )
        _ = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }
}

/// What the callers of a run share.
private final class Course: Sendable {
    let recorder: Recorder
    let budget: CallBudget
    /// Nil in a closed loop.
    let loop: OpenLoop?
    /// Nil when no call awaits one.
    let firings: Firings?
    let timeoutMillis: UInt32
    private let inFlight = Atomic<Int>(0)

    init(
        recorder: Recorder,
        budget: CallBudget,
        loop: OpenLoop?,
        firings: Firings?,
        timeoutMillis: UInt32
    ) {
        self.recorder = recorder
        self.budget = budget
        self.loop = loop
        self.firings = firings
        self.timeoutMillis = timeoutMillis
    }

    func began() { inFlight.wrappingAdd(1, ordering: .relaxed) }
    func ended() { inFlight.wrappingSubtract(1, ordering: .releasing) }

    /// Waits for every call that was begun; none takes longer than its timeout.
    func waitUntilIdle() {
        while inFlight.load(ordering: .acquiring) > 0 { usleep(1000) }
    }
}

/// Makes one call after the other.
private final class Caller<Script: LoadScript>: Sendable {
    private struct State {
        var script: Script
        /// What the request ids are drawn from.
        var generator: SeededGenerator
    }

    private let number: Int
    private let connection: Connection
    private let course: Course
    private let state: Mutex<State>

    init(
        _ number: Int,
        _ script: Script,
        over connection: Connection,
        _ course: Course,
        seed: UInt64
    ) {
        self.number = number
        self.connection = connection
        self.course = course
        state = Mutex(State(script: script, generator: SeededGenerator(seed: seed)))
    }

    /// Begins the next call of a closed loop, if there is to be one.
    func beginNext() {
        guard course.budget.take() else { return }
        begin(from: MonotonicTime.now().nanoseconds)
    }

    /// Begins a call whose time counts from `moment`.
    func begin(from moment: UInt64) {
        let (call, requestID) = state.withLock { state in
            let call = state.script.next()
            guard call.method.idempotency == .requestID else { return (call, [UInt8]()) }
            let now = RequestID.wallClock()
            return (call, RequestID.make(unixMilliseconds: now, using: &state.generator))
        }
        course.began()
        connection.send(
            call.method,
            call.body,
            requestID: requestID,
            timeoutMillis: course.timeoutMillis
        ) { [self] result in
            switch result {
            case .success(let reply):
                let (isRight, awaited) = state.withLock { state in
                    (state.script.received(reply.bytes), state.script.awaitedFiring)
                }
                guard isRight, let awaited, let firings = course.firings else {
                    return end(call, from: moment, isRight ? nil : .wrongAnswer)
                }
                firings.expect(awaited, timeoutMillis: course.timeoutMillis) { [self] isTold in
                    end(call, from: moment, isTold ? nil : .untold)
                }
            case .failure(let error):
                state.withLock { $0.script.failed() }
                end(call, from: moment, FailureKind(error), ": \(error.message)")
            }
        }
    }

    /// - Parameter failure: nil when the call came out as it should.
    private func end(
        _ call: LoadCall,
        from moment: UInt64,
        _ failure: FailureKind?,
        _ particulars: @autoclosure () -> String = ""
    ) {
        if let failure {
            course.recorder.failed(failure) { call.method.fullName + particulars() }
        } else {
            let ended = MonotonicTime.now().nanoseconds
            course.recorder.succeeded(call.operation, after: ended &- moment)
        }
        // Before this one has ended, so that a run isn't idle between the two.
        goOn()
        course.ended()
    }

    private func goOn() {
        guard let loop = course.loop else { return beginNext() }
        guard !course.budget.isOver else { return }
        if let call = loop.next(for: number) { begin(from: loop.moment(of: call)) }
    }
}
