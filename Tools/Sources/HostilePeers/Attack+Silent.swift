import Glibc
import LocalServer
import Wire

extension Attack {
    /// Peers that fall silent, or don't read.
    static let silent = [
        Attack(
            name: "silent from the start",
            summary: "400 peers connect and send nothing",
            expected: ["HANDSHAKE_TIMEOUT"]
        ) { target in
            Endings(of: try (0..<400).map { _ in try Peer(to: target, isSilent: true) })
        },
        Attack(
            name: "half open",
            summary: "400 peers shake hands and vanish without FIN",
            expected: ["PEER_SILENT"]
        ) { target in
            Endings(of: try (0..<400).map { _ in try Peer(to: target) })
        },
        Attack(
            name: "replies unread",
            summary: "50 peers call for 60 KiB again and again, and read nothing",
            expected: unreadEndings
        ) { target in
            let peers = try (0..<50).map { _ in try Peer(to: target, receiveBuffer: 4096) }
            push(on: peers, times: 400) { Peer.echo(60_000, $0) }
            sleep(3)
            return Endings(of: peers)
        },
        Attack(
            name: "streams unread",
            summary: "10 peers open 101 watches each of 1 000 firings, and read nothing",
            expected: ["TOO_MANY_STREAMS"]
        ) { target in
            let peers = try (0..<10).map { _ in
                try Peer(to: target, isKnown: true, receiveBuffer: 4096)
            }
            let watches = (0...100).flatMap { Peer.watch($0) }
            for peer in peers { peer.connection.send(watches) }
            sleep(2)
            var endings: Endings = [:]
            for peer in peers { endings.count(peer.outcomes(of: 1)) }
            return endings
        },
        Attack(
            name: "PONGs unread",
            summary: "10 peers send PINGs for as long as they are taken, and read nothing",
            expected: unreadEndings
        ) { target in
            let peers = try (0..<10).map { _ in try Peer(to: target, receiveBuffer: 4096) }
            let pings = (0..<1_000).flatMap { _ in Peer.ping() }
            push(on: peers, times: 400) { _ in pings }
            sleep(3)
            return Endings(of: peers)
        },
    ]

    /// Whether the server has read a frame to its end, and whether ERROR can still be sent, depends on what
    /// the sockets' buffers take.
    private static let unreadEndings: Set = [
        "OUTPUT_STALLED", "FRAME_TIMEOUT", "PEER_SILENT", "closed",
    ]

    /// Sends for as long as all of it is taken at once: behind a frame that is cut short comes nothing.
    private static func push(on peers: [Peer], times: Int, _ bytes: (Int) -> [UInt8]) {
        var writable = peers
        for index in 0..<times {
            let portion = bytes(index)
            writable.removeAll { $0.connection.sendWithoutWaiting(portion) < portion.count }
        }
    }
}
