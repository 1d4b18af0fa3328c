import Load
import Testing

@Suite struct LoadOptionsTests {
    @Test func everyOptionIsTaken() throws {
        let options = try LoadOptions([
            "echo", "--connections", "3", "--in-flight", "4", "--rate", "500", "--count", "9",
            "--warm-up", "0", "--payload", "1024", "--timeout", "7", "--quiet", "--server", "h:1",
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
    }

    @Test(
        "what isn't meant is refused with a sentence",
        arguments: [
            [], ["nothing"], ["echo", "--rate"], ["echo", "--rate", "0"], ["echo", "--rate", "x"],
            ["echo", "--connections", "10001"], ["echo", "--payload", "-1"],
            ["arm", "--what", "1"],
            ["echo", "--connections", "10000", "--in-flight", "10000"],
        ]
    )
    func refusals(arguments: [String]) {
        #expect(throws: LoadError.self) { try LoadOptions(arguments) }
    }
}
