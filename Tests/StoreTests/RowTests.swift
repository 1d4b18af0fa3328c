import Store
import Testing

@Suite struct RowTests {
    @Test func valuesComeBackInOrder() throws {
        var writer = RowWriter()
        writer.integer(-1)
        writer.integer(nil)
        writer.text("办结")
        writer.text(nil)
        writer.blob([])
        writer.flag(true)
        let values: [Value] = [
            .integer(-1), .null, .text("办结"), .null, .blob([]), .integer(1),
        ]
        #expect(writer.values == values)
        var reader = RowReader(table: "t", values: values)
        #expect(try reader.integer(as: Int8.self) == -1)
        #expect(try reader.optionalInteger() == nil)
        #expect(try reader.text() == "办结")
        #expect(try reader.optionalText() == nil)
        #expect(try reader.blob() == [])
        #expect(try reader.flag())
        #expect(throws: StoreError.self) { try reader.integer() }
    }

    @Test func otherKindsAreRefused() {
        let values: [Value] = [.null, .integer(300), .text("1"), .blob([0xFF])]
        for value in values {
            let reads: [(RowReader) throws -> Void] = [
                {
                    var row = $0; _ = try row.integer(as: UInt8.self)
                },
                {
                    var row = $0; _ = try row.text()
                },
                {
                    var row = $0; _ = try row.blob()
                },
            ]
            let refused = reads.filter { read in
                do {
                    try read(RowReader(table: "t", values: [value]))
                    return false
                } catch { return true }
            }
            #expect(refused.count == (value == .null || value == .integer(300) ? 3 : 2))
        }
        var reader = RowReader(table: "t")
        reader.replace { row in
            [0xC3, 0x28].withUnsafeBytes { row.append(text: $0) }
        }
        #expect(throws: StoreError.self) { try reader.text() }
    }

    @Test func valuesCompareAsInAnIndex() {
        let sorted: [Value] = [
            .null, .integer(.min), .integer(0), .integer(7), .text(""), .text("B"), .text("a"),
            .text("aa"), .text("é"), .text("张"), .blob([]), .blob([0]), .blob([0, 0]), .blob([1]),
        ]
        for (left, first) in sorted.enumerated() {
            for (right, second) in sorted.enumerated() {
                #expect((left - right).signum() == first.compare(to: second).signum())
            }
        }
    }
}
