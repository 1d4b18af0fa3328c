import BanjieProtocol
import LocalServer
import Wire

extension Attack {
    /// Peers that say what isn't so; each lie is told by ten of them.
    static let lies = [
        lie("not the protocol", "an HTTP request", "BAD_PREFACE", isGreeted: false) {
            Array("GET / HTTP/1.1\r\n\r\n".utf8)
        },
        lie("endless HELLO", "a HELLO of 16 MiB", "HANDSHAKE_TOO_LONG", isGreeted: false) {
            Preface.bytes + header(.hello, length: 16_777_215)
        },
        lie(
            "small limits",
            "a HELLO that takes frames of 1 byte",
            "MALFORMED_FRAME",
            isGreeted: false
        ) {
            greeting { $0.longestPayload = 1 }
        },
        lie(
            "wrong windows",
            "a HELLO with a stream's window beyond the connection's",
            "MALFORMED_FRAME",
            isGreeted: false
        ) {
            greeting { $0.streamWindow = 2 << 20 }
        },
        lie("wrong realm", "a HELLO for another installation", "WRONG_REALM", isGreeted: false) {
            FrameConnection.greeting(realm: "elsewhere")
        },
        lie("wrong header", "a header whose checksum doesn't hold", "BAD_HEADER_CHECKSUM") {
            corrupted(Peer.echo(8, 0), at: 5)
        },
        lie("wrong payload", "a payload whose checksum doesn't hold", "BAD_PAYLOAD_CHECKSUM") {
            corrupted(Peer.echo(8, 0), at: 30)
        },
        lie("wrong length", "a frame of 16 MiB", "FRAME_TOO_LONG") {
            header(.call, length: 16_777_215, stream: 1)
        },
        lie("streams backwards", "a call on an earlier stream", "STREAM_ORDER") {
            Peer.echo(8, 4) + Peer.echo(8, 1)
        },
        lie("frame of no call", "a fragment on a stream that wasn't opened", "STREAM_NEVER_OPENED")
        {
            Peer.fragment([1], of: 2, [], 7)
        },
        lie("more than announced", "a fragment longer than the message", "MALFORMED_FRAME") {
            Peer.announcement(of: 10, 0)
                + Peer.fragment([UInt8](repeating: 1, count: 20), of: 10, .last, 0)
        },
        lie("credit overdrawn", "a message of 1 GiB on a stream", "CREDIT_EXCEEDED") {
            Peer.watch(0, isHalfClosed: false) + Peer.fragment([1], of: 1 << 30, .first, 0)
        },
        lie("credit without end", "WINDOWs beyond the most there may be", "MALFORMED_FRAME") {
            Peer.window(0x7FFF_FFFF) + Peer.window(0x7FFF_FFFF)
        },
        lie(
            "frame after the end",
            "a fragment on a call that was answered, which isn't a lie",
            "served"
        ) {
            Peer.echo(8, 0) + Peer.fragment([1], of: 2, [], 0)
        },
    ]

    private static func lie(
        _ name: String,
        _ summary: String,
        _ code: String,
        isGreeted: Bool = true,
        _ bytes: @escaping @Sendable () -> [UInt8]
    ) -> Attack {
        Attack(name: name, summary: summary, expected: [code]) { target in
            var endings: Endings = [:]
            for _ in 0..<10 {
                let peer = try Peer(to: target, isSilent: !isGreeted, isKnown: isGreeted)
                peer.connection.send(bytes())
                if code == "served" {
                    peer.connection.send(Peer.ping())
                    endings.count(peer.outcomes(of: 2))
                } else {
                    endings.count(peer.ending())
                }
            }
            return endings
        }
    }

    private static func corrupted(_ frame: [UInt8], at index: Int) -> [UInt8] {
        var bytes = frame
        bytes[index] ^= 1
        return bytes
    }

    /// A header that holds, of a frame whose payload never comes.
    private static func header(_ type: FrameType, length: UInt32, stream: UInt32 = 0) -> [UInt8] {
        var bytes = Array(Peer.frames { $0.appendFrame(type, stream: stream) }[..<20])
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
        let checksum = bytes.withUnsafeBytes(Checksum.of)
        return bytes + withUnsafeBytes(of: checksum.littleEndian) { [UInt8]($0) }
    }

    private static func greeting(_ change: (inout Hello) -> Void) -> [UInt8] {
        var hello = Hello()
        hello.minimumVersion = ProtocolVersion.current
        hello.maximumVersion = ProtocolVersion.current
        hello.realm = "banjie"
        hello.longestPayload = 64 << 10
        hello.longestMessage = 4 << 20
        hello.streamWindow = 256 << 10
        hello.connectionWindow = 1 << 20
        change(&hello)
        return Preface.bytes + Peer.frames { $0.appendFrame(.hello, message: hello) }
    }
}
