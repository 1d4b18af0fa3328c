import BanjieClient
import BanjieProtocol
import Foundation
import LocalServer
import Testing
import Wire

/// Many connections, and some that behave badly: the others don't notice.
@Suite(.serialized) struct CrowdTests {
    private static let connections = 500

    @Test func servesManyConnections() async throws {
        let office = try await TestOffice()
        let crowd = try (0..<Self.connections).map { _ in
            try office.office.connect(as: TestOffice.everybody)
        }
        let labels = try await withThrowingTaskGroup(of: String.self) { group in
            for (number, connection) in crowd.enumerated() {
                group.addTask {
                    let request = ArmRequest(limit: 9, unit: .working, label: "\(number)")
                    let options = CallOptions(timeoutMillis: 30_000, waitForReady: true)
                    return try await DeadlinesClient(connection).arm(request, options: options)
                        .label
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(labels == Set((0..<Self.connections).map { "\($0)" }))
        let status = try await DiagnosticsClient(crowd[0]).status(Empty())
        #expect(status.connections >= Self.connections && status.armed >= Self.connections)
        for connection in crowd { connection.close() }
    }

    /// More connections than there are descriptors: those that find none are closed, the others are
    /// served, and there is room again when some have gone.
    @Test func turnsAwayWhoFindsNoDescriptor() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram, descriptorsMax: 48)
        try server.start(.virtual(TestOffice.morning))
        let first = try FrameConnection(to: server.address)
        try first.open()
        var crowd: [FrameConnection] = []
        var turnedAway = 0
        for _ in 0..<60 {
            let connection = try FrameConnection(to: server.address)
            if (try? connection.open()) == nil { turnedAway += 1 } else { crowd.append(connection) }
        }
        #expect(turnedAway > 0 && !crowd.isEmpty)
        #expect(try first.status().writable)
        for connection in crowd { #expect(try connection.status().writable) }
        crowd = []
        // The server may take a moment to see that they have gone.
        for _ in 0..<100 {
            let last = try FrameConnection(to: server.address)
            if (try? last.open()) != nil { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("nobody is let in again")
    }

    /// A client that calls and never reads, and some that connect and say nothing.
    @Test func nobodyWaitsForWhoDoesNotRead() async throws {
        let office = try await TestOffice()
        let silent = try (0..<50).map { _ in try FrameConnection(to: office.server.address) }
        let deaf = try FrameConnection(to: office.server.address, receiveBuffer: 4096)
        deaf.send(FrameConnection.greeting())
        let payload = EchoRequest(payload: [UInt8](repeating: 7, count: 30_000)).encoded()
        var stream: UInt32 = 1
        var sent = 0
        // Until the server, which can't answer, doesn't take any more either.
        var refusals = 0
        while refusals < 20, sent < 256 << 20 {
            let call = FrameConnection.call(DiagnosticsMethods.echo.id, payload, stream: stream)
            let count = deaf.sendWithoutWaiting(call)
            if count < call.count {
                refusals += 1
                if count > 0 { break }
                try await Task.sleep(for: .milliseconds(5))
            } else {
                stream += 2
            }
            sent += count
        }
        #expect(refusals > 0, "the server takes without bound from a client that doesn't read")

        let others = DeadlinesClient(try office.office.channel(as: TestOffice.everybody))
        for number in 0..<200 {
            let armed = try await others.arm(
                ArmRequest(limit: 9, unit: .working, label: "\(number)")
            )
            #expect(try await others.get(DeadlineRequest(deadline: armed.deadline)) == armed)
        }
        #expect(try await DiagnosticsClient(office.office.operator()).status(Empty()).writable)
        _ = (silent, deaf)
    }

    /// Signing in again and again on one connection, as somebody else each time.
    @Test func aConnectionMayChangeHands() async throws {
        let office = try await TestOffice()
        try await office.office.admit(
            departments: [],
            people: [Member("zhang", roles: [.applicant])]
        )
        let connection = try office.frames(as: "zhang")
        for (login, mayArm) in [(TestOffice.everybody, true), ("zhang", false), ("operator", true)]
        {
            try connection.signIn(as: try office.office.credentials(of: login))
            let message = ArmRequest(limit: 1, unit: .working).encoded()
            let answer = try connection.call(DeadlinesMethods.arm.id, message)
            if case .reply = answer { #expect(mayArm) } else { #expect(!mayArm) }
        }
        // A refused attempt changes nothing.
        #expect(throws: ServerProcessError.self) {
            try connection.signIn(as: Credentials(login: "zhang", secret: "wrong"))
        }
        let message = ArmRequest(limit: 1, unit: .working).encoded()
        #expect(try !connection.reply(DeadlinesMethods.arm.id, message).isReplay)
    }
}
