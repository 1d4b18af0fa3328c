import Foundation

/// Bytes written in hexadecimal digits, with blanks wherever they help.
struct Hex: ExpressibleByStringLiteral {
    let bytes: [UInt8]

    init(stringLiteral text: String) {
        let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
        precondition(digits.count.isMultiple(of: 2), "two digits a byte")
        bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}

/// A folder of its own for `body`, removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "banjie-sealing-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}
