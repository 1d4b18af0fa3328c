import Glibc
import LocalServer
import Wire

extension Attack {
    /// Peers that send what they must, as slowly as they can.
    static let slow = [
        Attack(
            name: "slow handshake",
            summary: "200 peers send their handshake byte by byte",
            expected: ["HANDSHAKE_TIMEOUT"]
        ) { target in
            let peers = try (0..<200).map { _ in try Peer(to: target, isSilent: true) }
            drip(FrameConnection.greeting().dropLast(), on: peers, everyMilliseconds: 30)
            return Endings(of: peers)
        },
        Attack(
            name: "slow frame",
            summary: "200 peers send a frame byte by byte",
            expected: ["FRAME_TIMEOUT"]
        ) { target in
            let peers = try (0..<200).map { _ in try Peer(to: target) }
            drip(Peer.echo(100, 0).dropLast(), on: peers, everyMilliseconds: 30)
            return Endings(of: peers)
        },
        Attack(
            name: "slow request",
            summary: "100 peers announce 1 MiB each and send it in fragments of one byte, slowly",
            expected: ["TIMEOUT"]
        ) { target in
            let peers = try (0..<100).map { _ in try Peer(to: target) }
            for peer in peers { peer.connection.send(Peer.announcement(of: 1 << 20, 0)) }
            for _ in 0..<60 {
                let fragment = Peer.fragment([1], of: 1 << 20, [], 0)
                for peer in peers { _ = peer.connection.sendWithoutWaiting(fragment) }
                usleep(30_000)
            }
            var endings: Endings = [:]
            for peer in peers { endings.count(peer.outcomes(of: 1)) }
            return endings
        },
        Attack(
            name: "slow TLS handshake",
            summary: "64 peers, of which 32 may, send a ClientHello byte by byte",
            expected: ["closed"]
        ) { target in
            var secured = target
            secured = Target(
                address: target.securedAddress,
                securedAddress: target.securedAddress,
                secret: target.secret
            )
            let peers = try (0..<64).map { _ in try Peer(to: secured, isSilent: true) }
            // The record's header promises 512 bytes, the message's 508.
            let hello: [UInt8] = [22, 3, 1, 2, 0, 1, 0, 1, 252] + [UInt8](repeating: 3, count: 60)
            drip(hello[...], on: peers, everyMilliseconds: 30)
            return Endings(of: peers)
        },
    ]

    private static func drip(
        _ bytes: ArraySlice<UInt8>,
        on peers: [Peer],
        everyMilliseconds: UInt32
    ) {
        for byte in bytes {
            for peer in peers { _ = peer.connection.sendWithoutWaiting([byte]) }
            usleep(everyMilliseconds * 1_000)
        }
    }
}
