/// An input read as a list of choices: whatever is asked for behind its end is 0.
struct Script {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// - Parameter bytes: valid for as long as the script is used.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func bool() -> Bool { byte() & 1 == 1 }

    /// A number below `count`.
    mutating func choice(_ count: Int) -> Int { Int(byte()) % count }

    /// Mostly a small number, sometimes any of 32 bits.
    mutating func number() -> UInt32 {
        let first = byte()
        switch first {
        case 0..<224: return UInt32(first)
        case 224..<240: return UInt32(byte()) << 8 | UInt32(byte())
        case 240..<248: return UInt32.max >> UInt32(first - 240)
        default: return (0..<4).reduce(0) { number, _ in number << 8 | UInt32(byte()) }
        }
    }

    /// Mostly a short length, at most 65 535.
    mutating func length() -> Int { Int(min(number(), 65_535)) }

    /// The next `count` bytes, or as many as there are.
    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(position + count, bytes.count)
        defer { position = end }
        return [UInt8](bytes[position..<end])
    }

    /// All that is left.
    mutating func rest() -> [UInt8] { take(bytes.count) }

    /// A payload: what the input says, or as many bytes of a pattern as it says.
    mutating func payload() -> [UInt8] {
        bool() ? [UInt8](repeating: 0x0A, count: length()) : take(Int(byte()))
    }
}
