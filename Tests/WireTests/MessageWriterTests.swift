import Testing
import Wire

/// What the writer puts down, byte by byte.
struct MessageWriterTests {
    private func written(_ body: (inout MessageWriter) -> Void) -> [UInt8] {
        var writer = MessageWriter(capacity: 0)
        body(&writer)
        return writer.bytes
    }

    @Test(
        arguments: [
            (0, [0x00]), (1, [0x01]), (127, [0x7F]), (128, [0x80, 0x01]), (16_383, [0xFF, 0x7F]),
            (16_384, [0x80, 0x80, 0x01]),
            (UInt64.max, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ] as [(UInt64, [UInt8])]
    )
    func varintsAreShortest(value: UInt64, bytes: [UInt8]) {
        #expect(written { $0.append(varint: value) } == bytes)
    }

    @Test func defaultsAreLeftOut() {
        let bytes = written { writer in
            writer.write(Int32(0), as: 1)
            writer.write(false, as: 2)
            writer.write("", as: 3)
            writer.write([UInt8](), as: 4)
            writer.write([Int32](), as: 5)
            writer.write([String](), as: 6)
            writer.write(ifPresent: UInt64?.none, as: 7)
            writer.write(ifPresent: String?.none, as: 8)
            writer.write(ifPresent: Node?.none, as: 9)
        }
        #expect(bytes.isEmpty)
    }

    @Test func presentDefaultsAreWritten() {
        let bytes = written { writer in
            writer.write(ifPresent: Int32(0), as: 1)
            writer.write(ifPresent: "", as: 2)
            writer.write(ifPresent: [UInt8](), as: 3)
            writer.write(ifPresent: Node(), as: 4)
        }
        #expect(bytes == [0x08, 0x00, 0x12, 0x00, 0x1A, 0x00, 0x22, 0x00])
    }

    @Test func negativeIntegersTakeTenBytes() {
        #expect(
            written { $0.write(Int32(-1), as: 1) }
                == [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
        )
        #expect(
            written { $0.write(Int64.min, as: 1) }
                == [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]
        )
    }

    @Test func scalarsArePacked() {
        let bytes = written { $0.write([UInt32(1), 0, 300], as: 3) }
        #expect(bytes == [0x1A, 0x04, 0x01, 0x00, 0xAC, 0x02])
    }

    @Test func elementsOfOtherListsStandAlone() {
        let bytes = written { $0.write(["a", ""], as: 2) }
        #expect(bytes == [0x12, 0x01, 0x61, 0x12, 0x00])
    }

    @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 70_000])
    func lengthsOfMessagesAreShortest(length: Int) {
        var inner = Node()
        inner.label = String(repeating: "x", count: length)
        let content = written { inner.write(to: &$0) }
        let expected = written { writer in
            writer.append([0x0A])
            writer.append(varint: UInt64(content.count))
            writer.append(content)
            writer.append([0x12, 0x01, 0x79])
        }
        let bytes = written { writer in
            writer.write(ifPresent: inner, as: 1)
            writer.write("y", as: 2)
        }
        #expect(bytes == expected)
    }

    @Test func aWriterIsUsedAgain() {
        var writer = MessageWriter()
        writer.write("first", as: 1)
        writer.removeAll()
        #expect(writer.count == 0)
        writer.write("x", as: 1)
        #expect(writer.bytes == [0x0A, 0x01, 0x78])
        writer.truncate(to: 1)
        #expect(writer.bytes == [0x0A])
    }

    @Test func spaceLeftForAHeaderIsFilledLater() {
        var writer = MessageWriter(capacity: 0)
        writer.appendZeros(24)
        writer.write("body", as: 1)
        let count = writer.count
        writer.withUnsafeMutableBytes { bytes in
            bytes[0] = UInt8(count)
            bytes[23] = 7
        }
        let expected = [30] + [UInt8](repeating: 0, count: 22) + [7, 0x0A, 4] + Array("body".utf8)
        #expect(writer.bytes == expected)
    }

    @Test(arguments: [(0, 0), (-1, 1), (1, 2), (-2, 3), (Int64.max, UInt64.max - 1), (.min, .max)])
    func zigzag(value: Int64, bits: UInt64) {
        #expect(ZigZag.encode(value) == bits)
        #expect(ZigZag.decode(bits) == value)
    }
}
