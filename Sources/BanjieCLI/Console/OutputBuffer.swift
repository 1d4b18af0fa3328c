import CivilTime

/// Bytes of output, gathered before they are written.
struct OutputBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ text: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends `text` as a JSON string.
    mutating func append(quoting text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                append("\\u00")
                append(digit: Int(byte >> 4))
                append(digit: Int(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a date as a JSON string.
    mutating func append(quoting date: CivilDate) {
        let (year, month, day) = date.fields
        bytes.append(UInt8(ascii: "\""))
        append(twoDigits: year / 100)
        append(twoDigits: year % 100)
        bytes.append(UInt8(ascii: "-"))
        append(twoDigits: month)
        bytes.append(UInt8(ascii: "-"))
        append(twoDigits: day)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a JSON array, each element as `element` writes it.
    mutating func append<Element>(
        list: [Element],
        _ element: (inout OutputBuffer, Element) -> Void
    ) {
        append("[")
        for index in list.indices {
            if index > 0 { append(",") }
            element(&self, list[index])
        }
        append("]")
    }

    /// Forgets the bytes gathered so far.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    private mutating func append(twoDigits value: Int) {
        append(digit: value / 10)
        append(digit: value % 10)
    }

    private mutating func append(digit: Int) {
        bytes.append(UInt8(truncatingIfNeeded: digit + (digit < 10 ? 0x30 : 0x57)))
    }
}
