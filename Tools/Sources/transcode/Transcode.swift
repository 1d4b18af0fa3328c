import BanjieProtocol
import Wire

/// Turns messages from one form into another, a request a line: for tests against other languages'
/// runtimes, and for looking at bytes.
///
/// `canonical MESSAGE HEX` re-encodes, `json MESSAGE HEX` shows, `encode MESSAGE JSON` encodes,
/// `validate MESSAGE HEX` checks limits. Each answer is a line, `ok …` or `error …`.
@main
enum Transcode {
    static func main() {
        while let line = readLine() { print(answer(to: line)) }
    }

    private static func answer(to line: String) -> String {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            .map(String.init)
        guard words.count >= 2 else {
            return
                "error a line is `canonical`, `json`, `encode` or `validate`, a message and its value"
        }
        guard let type = BanjieProtocolSchema.message(named: words[1]) else {
            return "error there is no message `\(words[1])`"
        }
        let value = words.count == 3 ? words[2] : ""
        do {
            switch words[0] {
            case "encode": return "ok " + hex(try JSONTranscoder.encode(value, as: type))
            case "canonical": return "ok " + hex(try type.init(decoding: bytes(value)).encoded())
            case "json": return "ok " + (try JSONTranscoder.decode(bytes(value), as: type))
            case "validate":
                try type.init(decoding: bytes(value)).validate()
                return "ok"
            default: return "error `\(words[0])` isn't a command"
            }
        } catch let error as DecodingError {
            return "error \(error.describe(in: type.descriptor))"
        } catch {
            return "error \(error)"
        }
    }

    private struct NotHexadecimal: Error, CustomStringConvertible {
        let description = "the value isn't pairs of hexadecimal digits"
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else {
            throw NotHexadecimal()
        }
        return stride(from: 0, to: digits.count, by: 2).map { index in
            UInt8(digits[index] << 4 | digits[index + 1])
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
