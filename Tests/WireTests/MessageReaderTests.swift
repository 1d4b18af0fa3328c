import SeededRandom
import Testing
import Wire

/// What the reader takes and refuses; `Protocol/vectors/messages.jsonl` holds more.
struct MessageReaderTests {
    private func failure(of bytes: [UInt8]) -> DecodingError? {
        do {
            _ = try Node.decode(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func messagesMayLieWithinEachOtherToTheLimit() throws {
        let deepest = Node.chain(depth: MessageReader.maximumDepth + 1)
        #expect(try Node.decode(deepest.encoded) == deepest)
        let tooDeep = Node.chain(depth: MessageReader.maximumDepth + 2)
        let error = try #require(failure(of: tooDeep.encoded))
        #expect(error.problem == .tooDeep)
        #expect(error.path == [UInt32](repeating: 3, count: MessageReader.maximumDepth + 1))
    }

    @Test func anErrorNamesItsPathAndPlace() throws {
        // Field 3, in it field 3, in it field 1: a string of one byte that isn't UTF-8.
        let error = try #require(failure(of: [0x1A, 0x05, 0x1A, 0x03, 0x0A, 0x01, 0xFF]))
        #expect(error == DecodingError(.illegalUTF8, offset: 5, path: [3, 3, 1]))
        #expect(error.description == "a string isn't UTF-8 in field 3.3.1, at byte 5")
    }

    @Test func aLengthBelievesOnlyTheMessageAroundIt() throws {
        // The inner string claims two bytes; the outermost message has them, the inner one doesn't.
        let error = try #require(failure(of: [0x1A, 0x03, 0x0A, 0x02, 0x61, 0x62]))
        #expect(error.problem == .truncated)
        #expect(error.path == [3, 1])
    }

    @Test func unknownFieldsAreKeptInShortestForm() throws {
        // Field 100: the varint 1 in three bytes, under a tag in three bytes.
        let node = try Node.decode([0xA0, 0x86, 0x00, 0x81, 0x80, 0x00])
        #expect(node.unknownFields.bytes == [0xA0, 0x06, 0x01])
        #expect(node.encoded == [0xA0, 0x06, 0x01])
    }

    @Test func anEmptyBufferWithoutAddressIsAnEmptyMessage() throws {
        var node = Node()
        var reader = MessageReader(UnsafeRawBufferPointer(start: nil, count: 0))
        try node.merge(from: &reader)
        #expect(node == Node())
    }

    @Test func hostileBytesNeverTrap() {
        let seed = UInt64.random(in: .min ... .max)
        print("hostileBytesNeverTrap: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        // Bytes that make up tags, lengths and continued varints come more often than others.
        let likely: [UInt8] = [0x08, 0x0A, 0x12, 0x1A, 0x00, 0x01, 0x02, 0x7F, 0x80, 0xFF]
        for _ in 0..<5000 {
            let length = Int.random(in: 0...40, using: &random)
            let bytes = (0..<length).map { _ in
                Bool.random(using: &random)
                    ? likely[Int.random(in: 0..<likely.count, using: &random)]
                    : UInt8.random(in: .min ... .max, using: &random)
            }
            do {
                let node = try Node.decode(bytes)
                let canonical = node.encoded
                #expect(try Node.decode(canonical) == node)
                #expect(try Node.decode(canonical).encoded == canonical)
            } catch {
                #expect((0...bytes.count).contains(error.offset))
            }
        }
    }
}
