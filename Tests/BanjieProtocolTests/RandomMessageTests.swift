import BanjieProtocol
import Testing

struct RandomMessageTests {
    /// JSON → bytes → message → bytes → JSON → bytes: all the same, for every message of the schema.
    @Test func everyMessageRoundTrips() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("everyMessageRoundTrips: seed \(seed)")
        var source = RandomMessage(seed: seed)
        for type in BanjieProtocolSchema.messages {
            for _ in 0..<20 {
                let json = source.json(of: type.descriptor)
                let bytes = try JSONTranscoder.encode(json, as: type)
                #expect(try type.init(decoding: bytes).encoded() == bytes, "\(json)")
                let shown = try JSONTranscoder.decode(bytes, as: type, isPretty: Bool.random())
                #expect(try JSONTranscoder.encode(shown, as: type) == bytes, "\(json) \(shown)")
                MessageVectorTests.checkIsStable(bytes, as: type)
            }
        }
    }

    @Test func damagedMessagesNeverTrap() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("damagedMessagesNeverTrap: seed \(seed)")
        var source = RandomMessage(seed: seed)
        for type in BanjieProtocolSchema.messages {
            for _ in 0..<20 {
                var bytes = try JSONTranscoder.encode(source.json(of: type.descriptor), as: type)
                guard !bytes.isEmpty else { continue }
                for _ in 0..<3 {
                    let index = Int.random(in: bytes.indices, using: &source.random)
                    bytes[index] = UInt8.random(in: .min ... .max, using: &source.random)
                }
                MessageVectorTests.checkIsStable(bytes, as: type)
            }
        }
    }
}
