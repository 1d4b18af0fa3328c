import SeededRandom
import Testing
import Wire

/// W3C Trace Context, level 1, 3.2: what is a `traceparent` and what isn't.
struct TraceContextTests {
    private static let example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func theRecommendationsExampleIsRead() throws {
        let context = try #require(TraceContext(Self.example))
        #expect(context.traceID.description == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(context.parentID == 0x00f0_67aa_0ba9_02b7)
        #expect(context.isSampled)
        #expect(context.description == Self.example)
    }

    @Test(arguments: [
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", false),
        ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-09-what.comes-later", true),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe", false),
    ])
    func laterVersionsAndFlagsAreUnderstoodAsFarAsTheyAreKnown(
        _ text: String,
        _ isSampled: Bool
    ) throws {
        let context = try #require(TraceContext(text))
        #expect(context.isSampled == isSampled)
        #expect(context.description.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-"))
    }

    @Test(arguments: [
        "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ])
    func whatIsNotOneIsPassedOver(_ text: String) {
        #expect(TraceContext(text) == nil)
    }

    @Test func aNewTraceReadsBack() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let context = TraceContext(isSampled: .random(using: &generator), using: &generator)
            #expect(TraceContext(context.description) == context, "seed \(seed)")
        }
    }
}
