import SeededRandom
import Testing
import Wire

@testable import Transport

/// Peers that send anything at all; every failure names its seed.
@Suite struct RandomPeerTests {
    /// Some fixed seeds, and one that is new each time.
    static let seeds = Array(1...40) + [UInt64.random(in: 1_000 ... .max)]

    /// What a well-behaved client may send, and the calls that the handler must see.
    private static func conversation(
        _ generator: inout SeededGenerator
    ) -> (bytes: [UInt8], calls: [ServerHarness.Happening]) {
        var bytes: [UInt8] = []
        var calls: [ServerHarness.Happening] = []
        var stream: UInt32 = 1
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            let message = Bytes.pattern(Int.random(in: 0...300, using: &generator))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes += Bytes.frame(.ping, Bytes.pattern(8))
            case 1: bytes += Bytes.frame(type: 0x81, stream: stream, message)
            case 2 where message.count > 1:
                let length = Int.random(in: 1..<message.count, using: &generator)
                bytes += Bytes.callInFragments(stream, message, each: length)
                calls.append(.call(stream: stream, message: message))
                stream += 2
            default:
                bytes += Bytes.call(stream, requestID: [1], message)
                calls.append(.call(stream: stream, message: message))
                stream += 2 * UInt32.random(in: 1...3, using: &generator)
            }
        }
        return (bytes, calls)
    }

    @Test("W1: how the bytes are cut doesn't matter", arguments: seeds)
    func anyCuts(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (bytes, calls) = Self.conversation(&generator)
        let whole = ServerHarness()
        whole.receive(bytes)
        let cut = ServerHarness()
        var position = 0
        while position < bytes.count {
            let most = Bool.random(using: &generator) ? 3 : 400
            let end = min(bytes.count, position + Int.random(in: 1...most, using: &generator))
            cut.receive(Array(bytes[position..<end]))
            position = end
        }
        #expect(whole.happenings == calls)
        #expect(cut.happenings == calls)
        #expect(cut.sent() == whole.sent())
    }

    @Test("W2, W4, W10: a damaged byte ends the connection, and changes nothing", arguments: seeds)
    func damage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (bytes, calls) = Self.conversation(&generator)
        for _ in 0..<30 {
            var damaged = bytes
            let bit = Int.random(in: 0..<(bytes.count * 8), using: &generator)
            damaged[bit / 8] ^= 1 << (bit % 8)
            let server = ServerHarness()
            server.receive(damaged)
            #expect(server.sent().last?.type == .error)
            #expect(server.isClosed)
            #expect(calls.starts(with: server.happenings.dropLast()))
        }
    }

    @Test("any bytes at all, and frames of anything, are survived by both sides", arguments: seeds)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let takesStreams = Bool.random(using: &generator)
            let windows: (UInt32, UInt32) = takesStreams ? (32_768, 32_768) : (0, 0)
            let server = ServerHarness(handling: .later(timeout: 50), windows: windows)
            let client = ClientHarness(windows: windows)
            for key in 0..<3 as Range<UInt32> {
                _ = client.begin(key, flags: takesStreams && key > 0 ? .stream : [])
            }
            for _ in 0..<8 {
                let bytes = Self.anything(&generator)
                server.receive(bytes)
                client.receive(bytes)
                server.advance(milliseconds: UInt64.random(in: 0...60, using: &generator))
            }
            let isViolated = server.session.pointee.violation != nil
            #expect((server.sent().last?.type == .error) == isViolated)
            #expect(server.isClosed || !isViolated)
        }
    }

    private static func anything(_ generator: inout SeededGenerator) -> [UInt8] {
        let payload = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
            UInt8.random(in: 0...(Bool.random(using: &generator) ? 8 : 255), using: &generator)
        }
        guard Int.random(in: 0..<10, using: &generator) > 0,
            let type = FrameType.allCases.randomElement(using: &generator)
        else { return payload }
        return Bytes.frame(
            type,
            flags: FrameFlags(rawValue: UInt8.random(in: 0...7, using: &generator)),
            stream: type.rawValue < 0x10 ? 0 : UInt32.random(in: 1...9, using: &generator),
            field16: UInt16.random(in: 0...4, using: &generator),
            field32: UInt32.random(in: 0...60, using: &generator),
            payload
        )
    }
}
