import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Testing
import Wire

/// A store without room: a clear refusal, nothing lost, and service again once there is room.
@Suite(.serialized) struct DiskTests {
    private static let morning = Instant(unixSeconds: 1_772_416_800)
    private static let clock = ServerProcess.Clock.virtual(morning)
    /// A week later: what ends on the next working day has fired by then.
    private static let later = morning.adding(seconds: 7 * Instant.secondsPerDay)

    private struct Clients {
        let connection: Connection
        var admin: AdminClient { AdminClient(connection) }
        var deadlines: DeadlinesClient { DeadlinesClient(connection) }
        var diagnostics: DiagnosticsClient { DiagnosticsClient(connection) }

        init(_ server: ServerProcess) throws {
            connection = try LocalOffice(on: server).connect(as: "operator", attempts: 1)
        }
    }

    @Test(arguments: Obstacle.available)
    func refusesWithoutRoomAndServesOnWithIt(_ obstacle: Obstacle) async throws {
        let blockade = try Blockade(obstacle)
        try blockade.server.start(Self.clock)
        let clients = try Clients(blockade.server)
        let ready = CallOptions(waitForReady: true)
        let first = try await clients.deadlines.arm(
            ArmRequest(limit: 1, unit: .working, label: "first"),
            options: ready
        )
        let head = try await clients.admin.getAuditHead(Empty())
        let second = ArmRequest(limit: 9, unit: .working, label: "second")
        let id = CallOptions(requestID: Array("second".utf8))

        try blockade.close()
        await Self.expectRefused(second, id, clients)
        #expect(try await !clients.diagnostics.status(Empty()).writable)
        // Nothing is due, and nothing sent that would have to be written.
        try blockade.open()
        try await Self.waitUntilWritable(clients)

        try blockade.close()
        await Self.expectRefused(second, id, clients)
        // The clock moves all the same; what falls due can't be recorded.
        await #expect(throws: CallError.self) {
            try await clients.admin.advanceClock(AdvanceClockRequest(to: Self.later))
        }
        let blocked = try await clients.diagnostics.status(Empty())
        #expect(!blocked.writable && blocked.now == Self.later && blocked.behind)
        let shown = try await clients.deadlines.get(DeadlineRequest(deadline: first.deadline))
        #expect(shown.label == "first")
        #expect(try await clients.admin.getAuditHead(Empty()) == head)
        #expect(try await Self.firings(clients).isEmpty)

        try blockade.open()
        try await Self.waitUntilWritable(clients)
        try await Self.expectFired(first, clients)
        _ = try await clients.deadlines.arm(second, options: id)
        let again = try await clients.connection.unary(
            DeadlinesMethods.arm,
            second.encoded(),
            id
        )
        #expect(again.isReplay)

        clients.connection.close()
        blockade.server.kill()
        _ = try StoreFiles.check(
            blockade.server.store,
            after: StoreFiles.LogEnd(sequence: head.sequence, hash: head.hash)
        )
        try blockade.server.start(.virtual(Self.later))
        let restarted = try Clients(blockade.server)
        _ = try await restarted.diagnostics.status(Empty(), options: ready)
        try await Self.expectFired(first, restarted)
        #expect(
            try await restarted.deadlines.listDue(ListDueRequest(limit: 10)).deadlines.count == 1
        )
    }

    /// What is refused changes nothing, however often it is sent.
    private static func expectRefused(
        _ request: ArmRequest,
        _ options: CallOptions,
        _ clients: Clients
    ) async {
        for _ in 0..<3 {
            let error = await #expect(throws: CallError.self) {
                try await clients.deadlines.arm(request, options: options)
            }
            #expect(error?.reason == Reason.storeNotWritable.rawValue)
            #expect(error?.status == .unavailable)
            #expect(error?.retryAfterMillis != nil)
        }
    }

    /// It comes back by itself.
    private static func waitUntilWritable(_ clients: Clients) async throws {
        for _ in 0..<500 {
            let status = try await clients.diagnostics.status(Empty())
            if status.writable && !status.behind { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the server didn't take up its work within ten seconds")
    }

    private static func firings(_ clients: Clients) async throws -> [Firing] {
        try await clients.deadlines.readFired(ReadFiredRequest(limit: 100)).firings
    }

    /// It fired once, as of the day's end after its due date.
    private static func expectFired(_ deadline: DeadlineView, _ clients: Clients) async throws {
        let firings = try await firings(clients)
        #expect(firings.map(\.deadline) == [deadline.deadline])
        #expect(firings.map(\.at) == [deadline.due.end])
    }

    // MARK: Starting

    @Test(.enabled(if: SmallDisk.isAllowed))
    func makesNoStoreOnAFullDisk() async throws {
        let disk = try SmallDisk()
        let server = try ServerProcess(
            program: ServerProcess.builtProgram,
            folder: disk.folder.appending(path: "data")
        )
        try disk.fill()
        #expect(throws: ServerProcessError.self) { try server.start(Self.clock) }
        #expect(server.waitForExit(seconds: 10) == .code(71))

        try disk.makeRoom()
        try server.start(Self.clock)
        let armed = try await Clients(server).deadlines.arm(
            ArmRequest(limit: 1, unit: .working),
            options: CallOptions(waitForReady: true)
        )
        // What is there can be read again without room for more.
        server.kill()
        try disk.fill()
        try server.start(Self.clock)
        let found = try await Clients(server).deadlines.get(
            DeadlineRequest(deadline: armed.deadline),
            options: CallOptions(waitForReady: true)
        )
        #expect(found == armed)
        server.kill()
    }

    /// A folder that can't be made, and a store that is there.
    @Test(.enabled(if: SmallDisk.isAllowed), arguments: [false, true])
    func saysThatItsDiskIsReadOnly(hasStore: Bool) throws {
        let disk = try SmallDisk()
        let folder = disk.folder.appending(path: "data")
        if hasStore {
            let server = try ServerProcess(program: ServerProcess.builtProgram, folder: folder)
            try server.start(Self.clock)
            server.kill()
        }
        try disk.seal()
        let run = try ProgramRun(
            ServerProcess.builtProgram,
            ["--listen", "127.0.0.1:0", "--data", folder.path]
        )
        #expect(run.status == 71 && run.output.isEmpty)
        #expect(run.errors.contains(folder.path), "\(run.errors)")
        #expect(run.errors.lowercased().contains("read-only"), "\(run.errors)")
    }
}
