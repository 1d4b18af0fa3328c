import BanjieClient
import BanjieProtocol
import ChildProcess
import CivilTime
import Foundation
import LocalServer
import Testing
import Wire

/// SIGTERM: what was accepted is answered, what comes later was not processed, and the store is free.
@Suite(.serialized) struct DrainTests {
    private static let clock = ServerProcess.Clock.virtual(Instant(unixSeconds: 1_772_416_800))

    @Test func answersWhatItAcceptedAndEnds() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(Self.clock)
        let office = try LocalOffice(on: server)
        let channels = try (0..<6).map { _ in try office.connect(as: "operator", attempts: 1) }

        let isOver = Switch()
        let sent = await withTaskGroup(of: [(SentCommand, CommandOutcome)].self) { group in
            for lane in 0..<48 {
                let channel = channels[lane % channels.count]
                group.addTask { await Self.arm(lane, on: channel, until: isOver) }
            }
            try? await Task.sleep(for: .milliseconds(300))
            server.terminate()
            let exit = server.waitForExit(seconds: 20)
            #expect(exit == .code(0))
            isOver.turnOn()
            return await group.reduce(into: []) { $0 += $1 }
        }
        for channel in channels { channel.close() }

        try server.start(Self.clock)
        let restarted = ["operator": try office.connect(as: "operator") as any CallChannel]
        var answered = 0
        for (command, outcome) in sent {
            let again = await command.send(on: restarted)
            guard case .accepted(let reply, let isReplay) = again else {
                Issue.record("after the restart: \(again)")
                continue
            }
            switch outcome {
            case .accepted(let before, _):
                #expect(isReplay && reply == before, "an answer was lost")
                answered += 1
            case .refused(let error):
                #expect(error.outcome == .notProcessed, "\(error)")
                #expect(!isReplay, "it was processed, and said to be not: \(error)")
            case .unanswered(let error):
                #expect(error.outcome == .notProcessed, "\(error)")
                #expect(!isReplay, "it was processed, and said to be not: \(error)")
            }
        }
        print("drain: \(answered) calls answered, \(sent.count - answered) not processed")
        #expect(answered > 0)
    }

    /// Arms deadlines one after another, until a call isn't answered.
    private static func arm(
        _ lane: Int,
        on channel: any CallChannel,
        until isOver: Switch
    ) async -> [(SentCommand, CommandOutcome)] {
        var numbers = RequestNumbers(lane: lane)
        var sent: [(SentCommand, CommandOutcome)] = []
        while !isOver.isOn {
            let command = SentCommand(
                login: "operator",
                method: DeadlinesMethods.arm,
                body: ArmRequest(limit: 9, unit: .working, label: "\(lane)").encoded(),
                requestID: numbers.next()
            )
            let outcome = await command.send(on: ["operator": channel], waitForReady: sent.isEmpty)
            sent.append((command, outcome))
            guard case .accepted = outcome else { break }
        }
        return sent
    }

    @Test func oneServerHoldsTheStoreAtATime() throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(Self.clock)
        let second = try ProgramRun(
            ServerProcess.builtProgram,
            ["--listen", "127.0.0.1:0", "--data", server.folder.path]
        )
        #expect(second.status == 71 && second.output.isEmpty)
        #expect(second.errors.contains("in use by another server"))
        #expect(server.processID != nil)
        server.terminate()
        #expect(server.waitForExit(seconds: 20) == .code(0))
        try server.start(Self.clock)
        server.kill()
    }

    /// However early the signal comes, it isn't lost.
    @Test func stopsWhenAskedWhileStarting() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        for milliseconds in stride(from: 0, through: 60, by: 6) {
            try server.launch(Self.clock)
            try await Task.sleep(for: .milliseconds(milliseconds))
            server.terminate()
            let exit = server.waitForExit(seconds: 20)
            // Before the program has come so far as to take the signal, the signal ends it.
            #expect(exit == .code(0) || exit == .signal(15))
            server.kill()
        }
        try server.start(Self.clock)
        server.kill()
    }
}
