/// What has happened, line by line: as a digest, and told to whoever wants the lines.
final class Trace {
    private let tell: ((String) -> Void)?
    private(set) var lineCount = 0
    /// FNV-1a over all lines (Fowler, Noll, Vo; 64 bits).
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    init(tell: ((String) -> Void)?) { self.tell = tell }

    func note(_ line: String) {
        lineCount += 1
        for byte in line.utf8 { take(byte) }
        take(0x0A)
        tell?(line)
    }

    private func take(_ byte: UInt8) {
        digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}
