import ChildProcess
import Foundation
import Glibc

/// Sockets of the loopback that block, for at most ten seconds at a time.
enum Loopback {
    struct Failure: Error { let purpose: String }

    static func listen() throws -> (socket: Int32, port: UInt16) {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var address = address(0)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 && Glibc.listen(number, 4) == 0
                    && getsockname(number, $0, &length) == 0
            }
        }
        guard isListening else { throw Failure(purpose: "listen") }
        bound(number)
        return (number, UInt16(bigEndian: address.sin_port))
    }

    static func accept(_ listener: Int32) -> Int32 {
        let number = Glibc.accept(listener, nil, nil)
        bound(number)
        return number
    }

    static func connect(to port: UInt16) throws -> Int32 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        bound(number)
        let status = withUnsafePointer(to: address(port)) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(purpose: "connect") }
        return number
    }

    /// What has come; nil when nothing more does.
    static func receive(_ socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    static func send(_ bytes: [UInt8], to socket: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func bound(_ socket: Int32) {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                socket,
                SOL_SOCKET,
                option,
                &limit,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
    }
}

/// A running `openssl` command.
final class ToolProcess {
    private let process: ChildProcess
    private let input = Pipe()
    private let results = Pipe()
    private var text = ""

    init(_ arguments: [String]) throws {
        // A command that has ended reads nothing: that is found out by what it printed.
        signal(SIGPIPE, SIG_IGN)
        process = try ChildProcess(
            "/usr/bin/env",
            ["openssl"] + arguments,
            input: .pipe(input),
            output: .pipe(results),
            errors: .pipe(results)
        )
    }

    func write(_ text: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    func finishWriting() { try? input.fileHandleForWriting.close() }

    /// The next line that is printed and meets a condition; nil when the command ends before.
    func line(_ isMatch: (Substring) -> Bool) -> String? {
        while true {
            while let end = text.firstIndex(of: "\n") {
                let line = text[..<end]
                defer { text.removeSubrange(...end) }
                if isMatch(line) { return String(line) }
            }
            let data = results.fileHandleForReading.availableData
            guard !data.isEmpty else { return nil }
            text += String(decoding: data, as: UTF8.self)
        }
    }

    /// All that the command prints until it ends.
    func output() -> String {
        while case let data = results.fileHandleForReading.availableData, !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
        }
        process.wait()
        return text
    }

    func stop() {
        process.send(SIGKILL)
        process.wait()
    }
}
