import Foundation
import Synchronization

/// A way to a server on loopback that cuts its first connections after so many bytes of the server's, in
/// the middle of whatever that is, and lets the later ones be.
final class CuttingProxy: Sendable {
    private let listener: Int32
    private let port: UInt16
    private let server: UInt16
    private let bytesUntilCut: Int
    private let cutsLeft: Mutex<Int>
    /// Where clients connect.
    var address: String { "127.0.0.1:\(port)" }

    struct Failure: Error {
        let call: String
        let code: Int32
    }

    /// - Parameter address: the server's, as `HOST:PORT`.
    init(to address: String, cuts: Int, after bytesUntilCut: Int) throws {
        guard let server = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw Failure(call: "address", code: 0)
        }
        self.server = server
        self.bytesUntilCut = bytesUntilCut
        cutsLeft = Mutex(cuts)
        let listener = try Self.socket()
        self.listener = listener
        var name = Self.loopback(0)
        try Self.check("bind", Self.withAddress(&name) { bind(listener, $0, $1) })
        try Self.check("listen", listen(listener, 16))
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = Self.withAddress(&name) { pointer, _ in
            getsockname(listener, pointer, &length)
        }
        try Self.check("getsockname", status)
        port = UInt16(bigEndian: name.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread { self.carry(client) }
            }
        }
    }

    deinit { close(listener) }

    /// Takes no further connections; those there are end with their peers.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func carry(_ client: Int32) {
        defer { close(client) }
        guard let upstream = try? Self.socket() else { return }
        defer { close(upstream) }
        var name = Self.loopback(server)
        guard Self.withAddress(&name, { connect(upstream, $0, $1) }) == 0 else { return }
        let isCut = cutsLeft.withLock { left in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        var left = isCut ? bytesUntilCut : Int.max
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while left > 0 {
            var ends = [client, upstream].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&ends, 2, -1) > 0 else { return }
            if ends[0].revents != 0 {
                guard Self.pass(from: client, to: upstream, &buffer, limit: .max) > 0 else {
                    return
                }
            }
            if ends[1].revents != 0 {
                let passed = Self.pass(from: upstream, to: client, &buffer, limit: left)
                guard passed > 0 else { return }
                left -= passed
            }
        }
    }

    /// Passes on what is there; returns how much that was, 0 at the end of either side.
    private static func pass(
        from source: Int32,
        to target: Int32,
        _ buffer: inout [UInt8],
        limit: Int
    ) -> Int {
        let count = recv(source, &buffer, min(buffer.count, limit), 0)
        var sent = 0
        while sent < count {
            let more = buffer[sent..<count].withUnsafeBytes {
                send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard more > 0 else { return 0 }
            sent += more
        }
        return max(0, count)
    }

    private static func socket() throws -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try check("socket", descriptor)
        return descriptor
    }

    private static func check(_ call: String, _ status: Int32) throws {
        guard status >= 0 else { throw Failure(call: call, code: errno) }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return name
    }

    private static func withAddress(
        _ name: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
