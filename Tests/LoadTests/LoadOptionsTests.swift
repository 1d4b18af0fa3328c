import Load
import Testing

@Suite struct LoadOptionsTests {
    @Test func everyOptionIsTaken() throws {
        let options = try LoadOptions([
            "echo", "--connections", "3", "--in-flight", "4", "--rate", "500", "--count", "9",
            "--warm-up", "0", "--payload", "1024", "--timeout", "7", "--quiet", "--server", "h:1",
            "--watchers", "12", "--daemons", "5", "--timers", "77", "--instants", "two", "--tls",
            "--processes", "2",
        ])
        #expect(options.load == .echo)
        #expect(options.connections == 3)
        #expect(options.plan.callersPerConnection == 4)
        #expect(options.plan.pace == .rate(500))
        #expect(options.plan.extent == .calls(9))
        #expect(options.plan.warmUpSeconds == 0)
        #expect(options.payload == 1024)
        #expect(options.plan.timeoutMillis == 7)
        #expect(options.isQuiet)
        #expect(options.server == "h:1")
        #expect(options.watchers == 12 && options.daemons == 5 && options.timers == 77)
        #expect(options.instants == .two && options.hasTLS && options.processes == 2)
    }

    /// Several processes make as many calls together, over as many connections, as one would.
    @Test func theLoadIsShared() throws {
        let options = try LoadOptions([
            "echo", "--connections", "8", "--rate", "1000", "--count", "100", "--processes", "3",
        ])
        let parts = try (0..<3).map { try LoadOptions(options.part($0, of: 3)) }
        #expect(parts.allSatisfy { $0.isPart && $0.isQuiet && $0.processes == 1 })
        #expect(parts.map(\.connections) == [3, 3, 2])
        #expect(parts.map(\.plan.pace) == [.rate(334), .rate(333), .rate(333)])
        #expect(parts.map(\.plan.extent) == [.calls(34), .calls(33), .calls(33)])
    }

    @Test(
        "what isn't meant is refused with a sentence",
        arguments: [
            [], ["nothing"], ["echo", "--rate"], ["echo", "--rate", "0"], ["echo", "--rate", "x"],
            ["echo", "--connections", "10001"], ["echo", "--payload", "-1"],
            ["arm", "--what", "1"], ["echo", "--processes", "9"], ["wheel", "--instants", "three"],
            ["echo", "--connections", "10000", "--in-flight", "10000"],
        ]
    )
    func refusals(arguments: [String]) {
        #expect(throws: LoadError.self) { try LoadOptions(arguments) }
    }
}
