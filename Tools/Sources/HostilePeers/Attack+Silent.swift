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
            expected: ["OUTPUT_STALLED", "closed"]
        ) { target in
            let peers = try (0..<50).map { _ in try Peer(to: target, receiveBuffer: 4096) }
            for index in 0..<400 {
                let call = Peer.echo(60_000, index)
                // A call that is cut short can't be gone on with.
                for peer in peers { _ = peer.connection.sendWithoutWaiting(call) }
            }
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
            expected: ["OUTPUT_STALLED", "closed"]
        ) { target in
            let peers = try (0..<10).map { _ in try Peer(to: target, receiveBuffer: 4096) }
            let pings = (0..<1_000).flatMap { _ in Peer.ping() }
            for _ in 0..<400 {
                for peer in peers { _ = peer.connection.sendWithoutWaiting(pings) }
            }
            sleep(3)
            return Endings(of: peers)
        },
    ]
}
