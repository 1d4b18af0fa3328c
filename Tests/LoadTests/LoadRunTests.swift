import BanjieClient
import BanjieProtocol
import Foundation
import Glibc
import Load
import LocalServer
import Synchronization
import Testing
import Wire

/// Loads a real server.
@Suite(.serialized) struct LoadRunTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "banjie-load-\(UUID().uuidString)")

    private func site() throws -> LoadSite {
        try LoadSite(starting: ServerProcess.builtProgram, in: folder)
    }

    private func connections(_ count: Int, to site: LoadSite) throws -> [Connection] {
        try (0..<count).map { _ in try site.connect() }
    }

    private func plan(callers: Int, _ extent: Extent) -> LoadPlan {
        var plan = LoadPlan()
        plan.callersPerConnection = callers
        plan.extent = extent
        return plan
    }

    /// Lets work wait on a thread of its own, and so leaves that of the tasks to others.
    private func aside<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }

    private func status(of site: LoadSite) async throws -> StatusReply {
        try await DiagnosticsClient(try site.connect()).status(Empty())
    }

    @Test("so many calls are so many on the server, none of them twice")
    func countedCalls() async throws {
        let site = try site()
        let plan = plan(callers: 16, .calls(1000))
        let result = LoadRun(
            DeadlineLoad.arm,
            over: try connections(4, to: site),
            plan,
            seed: 1
        ).run()
        #expect(result.total.failures == [:])
        #expect(result.total.all.count == 1000)
        #expect(result.unbegun == 0)
        #expect(try await status(of: site).armed == 1000)
    }

    @Test("what a server can't bear it refuses early, and does none of it")
    func overload() async throws {
        let site = try site()
        var plan = plan(callers: 1000, .seconds(3))
        plan.pace = .rate(60_000)
        plan.warmUpSeconds = 0
        let result = LoadRun(
            DeadlineLoad.arm,
            over: try connections(40, to: site),
            plan,
            seed: 4
        ).run()
        // Without a rule it would be one in 65 536, and the rest would wait for seconds.
        #expect(Set(result.total.failures.keys.map(\.reason)) == ["OVERLOADED"])
        #expect(Set(result.total.failures.keys.map(\.status)) == ["RESOURCE_EXHAUSTED"])
        #expect(result.total.all.count > 0)
        // It is well again.
        _ = try await DeadlinesClient(try site.connect()).arm(ArmRequest(limit: 1, unit: .working))
    }

    @Test("a joint matter goes through when the departments' daemons attend")
    func jointApproval() async throws {
        let site = try site()
        let daemons = try await site.prepareDaemons(2)
        let (clerk, items) = try await site.prepareCases(items: 2, joint: true)
        let crowd = DaemonCrowd(over: try daemons.map { try site.connect(as: $0) })
        defer { crowd.dismiss() }
        let work = JointLoad(items: items)
        let connection = try site.connect(as: clerk)
        var plan = plan(callers: 4, .seconds(1))
        plan.warmUpSeconds = 0
        var concluded: UInt64 = 0
        // The daemons answer in tasks, for which other tests may leave no thread for some seconds.
        for seed in 0..<60 where concluded == 0 {
            let run = LoadRun(work, over: [connection], plan, seed: UInt64(seed))
            let result = await aside { run.run() }
            #expect(result.total.failures == [:])
            concluded = zip(work.operations, result.total.latencies)
                .reduce(0) { $0 + ($1.0 == "conclude" ? $1.1.count : 0) }
        }
        #expect(concluded > 0)
        withExtendedLifetime(site) {}
    }

    @Test("its own server can be under TLS")
    func transportSecurity() async throws {
        let site = try LoadSite(starting: ServerProcess.builtProgram, in: folder, hasTLS: true)
        let result = LoadRun(
            EchoLoad(payload: 64),
            over: try connections(2, to: site),
            plan(callers: 4, .calls(100)),
            seed: 7
        ).run()
        #expect(result.total.failures == [:] && result.total.all.count == 100)
        let plain = LoadSite(
            at: try #require(
                site.options(secretFile: folder.appending(path: "secret")).dropFirst().first
            )
            .replacing("tls:", with: ""),
            realm: "banjie",
            security: nil,
            credentials: nil
        )
        await #expect(throws: CallError.self) { try await status(of: plain) }
    }

    @Test("several processes of the program tell together what each has seen")
    func processes() async throws {
        let program = URL(filePath: ServerProcess.builtProgram).deletingLastPathComponent()
            .appending(path: "banjie-load").path
        let run = try ProgramRun(
            program,
            [
                "arm", "--banjied", ServerProcess.builtProgram, "--processes", "2", "--connections",
                "3",
                "--in-flight", "4", "--count", "501", "--quiet", "--json", "-",
            ]
        )
        #expect(run.status == 0, "\(run.errors)")
        let summary = try JSONDecoder().decode(Summary.self, from: Data(run.output.utf8))
        #expect(summary.latencies.first?.calls == 501 && summary.connections == 3)
    }

    @Test("every watcher is told of every change, once")
    func watchers() async throws {
        let site = try site()
        let (clerk, items) = try await site.prepareCases(items: 2)
        let watchers = 120
        let crowd = try await WatchCrowd.gather(
            watchers,
            over: try (0..<WatchCrowd.connections(for: watchers)).map { _ in
                try site.connect(as: clerk)
            },
            department: LoadSite.department
        )
        defer { crowd.disperse() }
        let cases = CasesClient(try site.connect(as: clerk))
        let made = Mutex<UInt64>(0)
        let result = try await crowd.fanOut(for: 1, warmUp: 0) {
            made.withLock { $0 += 1 }
            _ = try await cases.submit(LoadSite.submission(of: items[0]))
        }
        #expect(result.total.all.count == made.withLock { $0 } && result.total.all.count > 0)
    }

    @Test("connections that ask nothing are there when they are asked")
    func idle() async throws {
        let site = try site()
        let crowd = try await IdleCrowd(120, at: site, on: [try ConnectionThread()])
        // Another crowd isn't in its way.
        let other = try await IdleCrowd(60, at: site, on: [try ConnectionThread()])
        try await crowd.ask()
        other.close()
        crowd.close()
        await #expect(throws: CallError.self) { try await crowd.ask() }
    }

    @Test("matters can be left where they were brought")
    func submissions() async throws {
        let site = try site()
        let (clerk, items) = try await site.prepareCases(items: 3)
        let result = LoadRun(
            CaseLoad(items: items, isWhole: false),
            over: [try site.connect(as: clerk)],
            plan(callers: 8, .calls(200)),
            seed: 5
        ).run()
        #expect(result.operations == ["submit"] && result.total.failures == [:])
        let count = try await CasesClient(try site.connect(as: clerk)).count(Empty())
        #expect(count.cases == 200)
    }

    @Test("a deadline's life goes through every step, others fall due, and none is left that runs")
    func lives() async throws {
        let site = try site()
        let firings = try await Firings.watch(over: try site.connect(), label: "due/1")
        defer { firings.end() }
        let plan = plan(callers: 4, .calls(6 * 8 * 5))
        let result = LoadRun(
            DeadlineLoad.life(firings),
            over: try connections(2, to: site),
            plan,
            seed: 2
        ).run()
        #expect(result.total.failures == [:])
        #expect(result.total.all.count == 240)
        #expect(result.total.latencies.allSatisfy { $0.count > 0 })
        // Callers share the calls as they come: each may be within a life.
        #expect(try await status(of: site).armed <= 8)
        let fired = try await DeadlinesClient(try site.connect())
            .readFired(ReadFiredRequest(limit: 1000)).firings
        #expect(fired.count == Int(result.total.latencies.last?.count ?? 0))
        #expect(fired.allSatisfy { $0.rung == .expire && $0.label == "due/1" })
    }

    @Test("what falls due and isn't told is counted")
    func untold() async throws {
        let site = try site()
        let firings = try await Firings.watch(over: try site.connect(), label: "due/2")
        // Nobody is told from now on.
        firings.end()
        let result = LoadRun(
            DeadlineLoad.life(firings),
            over: try connections(1, to: site),
            plan(callers: 1, .calls(12)),
            seed: 6
        ).run()
        #expect(result.total.failures == [.untold: 2])
        #expect(result.total.all.count == 10)
    }

    @Test("matters go from the window to their delivery")
    func cases() async throws {
        let site = try site()
        let (clerk, items) = try await site.prepareCases(items: 3)
        let plan = plan(callers: 4, .calls(64))
        let connection = try site.connect(as: clerk)
        let result = LoadRun(CaseLoad(items: items), over: [connection], plan, seed: 3).run()
        #expect(result.total.messages == [:])
        #expect(result.total.all.count == 64)
        #expect(result.total.latencies.map(\.count).allSatisfy { $0 > 0 })
        withExtendedLifetime(site) {}
    }

    @Test("calls that are refused are counted by their reason")
    func refusals() throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.machine)
        let site = LoadSite(at: server.address, realm: "banjie", security: nil, credentials: nil)
        let plan = plan(callers: 2, .calls(20))
        let result = LoadRun(
            DeadlineLoad.arm,
            over: try connections(1, to: site),
            plan,
            seed: 4
        ).run()
        #expect(result.total.all.count == 0)
        #expect(
            result.total.failures
                == [FailureKind(status: "UNAUTHENTICATED", reason: "SIGN_IN_REQUIRED"): 20]
        )
    }

    @Test(
        "an open loop counts from when a call was to begin, so that a stall is seen by all that it hit"
    )
    func stall() async throws {
        let site = try site()
        let process = try #require(site.processID)
        // With one caller a closed loop would see the stall once.
        var plan = plan(callers: 1, .calls(400))
        plan.pace = .rate(200)
        let connection = try site.connect()
        // It is connected before the clock starts.
        _ = try await DiagnosticsClient(connection).status(Empty())
        // On a thread of its own: tests that wait for others may hold every thread that tasks have.
        let stalled = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            usleep(300_000)
            kill(process, SIGSTOP)
            usleep(1_000_000)
            kill(process, SIGCONT)
            stalled.signal()
        }
        let run = LoadRun(EchoLoad(payload: 8), over: [connection], plan, seed: 5)
        let result = run.run()
        stalled.wait()
        // The server lives as long as its site.
        withExtendedLifetime(site) {}
        #expect(result.total.failures == [:])
        #expect(result.total.all.count == 400)
        // At 200 a second, 100 calls or so were to begin in the first half of the stall, and waited for the
        // other half at the least; however busy the machine is, that makes more than 60 of 400.
        #expect(result.total.all.quantile(1 - 60.0 / 400) >= 400_000_000)
    }

    @Test("the page has every plot, and what was counted")
    func page() throws {
        let site = try site()
        var plan = plan(callers: 8, .seconds(2))
        plan.warmUpSeconds = 0
        let run = LoadRun(EchoLoad(payload: 64), over: try connections(1, to: site), plan, seed: 6)
        let summary = Summary(run.run(), of: .echo, connections: 1, payload: 64, plan: plan)
        withExtendedLifetime(site) {}
        let html = ResultPage(summary).html
        for title in ["Throughput", "Latency", "Latency by percentile"] {
            #expect(html.contains("aria-label=\"\(title)\""))
        }
        #expect(!html.contains("nan") && !html.contains("inf"))
        let read = try JSONDecoder().decode(Summary.self, from: summary.json())
        #expect(read == summary)
        #expect(summary.compared(with: read).contains("1.00"))
    }
}
