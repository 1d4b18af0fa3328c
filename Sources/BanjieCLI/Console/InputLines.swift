import Synchronization

/// The lines of the standard input, one by one, for whoever asks.
final class InputLines: Sendable {
    /// The longest line, and the most that is read whole, in bytes.
    static let bytesMax = 16 << 20

    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
    }

    private let console: Console
    private let state = Mutex(State())

    init(_ console: Console) { self.console = console }

    /// The next line that isn't empty, without its end; nil after the last.
    func next() throws(CommandFailure) -> String? {
        while true {
            let line = try nextOfAny()
            guard let line, line.allSatisfy(\.isWhitespace) else { return line }
        }
    }

    /// All that is still to be read.
    func rest() throws(CommandFailure) -> String {
        try reading { (state) throws(FileError) in
            while !state.hasEnded { try readMore(&state) }
            defer { state.bytes = [] }
            return try text(state.bytes)
        }
    }

    private func nextOfAny() throws(CommandFailure) -> String? {
        try reading { (state) throws(FileError) in
            while true {
                if let end = state.bytes.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = Array(state.bytes[..<end])
                    state.bytes.removeSubrange(...end)
                    return try text(line)
                }
                guard !state.hasEnded else {
                    defer { state.bytes = [] }
                    return state.bytes.isEmpty ? nil : try text(state.bytes)
                }
                try readMore(&state)
            }
        }
    }

    private func reading<Value>(
        _ body: (inout State) throws(FileError) -> Value
    ) throws(CommandFailure) -> Value where Value: Sendable {
        let result = state.withLock { state in
            Result { () throws(FileError) in try body(&state) }
        }
        do { return try result.get() } catch { throw .file(error) }
    }

    private func readMore(_ state: inout State) throws(FileError) {
        guard let chunk = try console.read() else {
            state.hasEnded = true
            return
        }
        state.bytes += chunk
        guard state.bytes.count <= Self.bytesMax else {
            throw failure(
                Text("longer than \(Self.bytesMax) bytes", "超过 \(Self.bytesMax) 字节")
            )
        }
    }

    private func text(_ bytes: [UInt8]) throws(FileError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(Text("it isn't UTF-8", "不是 UTF-8"))
        }
        return text
    }

    private func failure(_ reason: Text) -> FileError {
        FileError(path: "-", problem: .reading, reason: console.language.text(reason))
    }
}
