import BanjieProtocol
import Glibc
import LocalServer
import Wire

extension Attack {
    /// Peers that send more than anyone needs.
    static let floods = [
        Attack(
            name: "calls answered at once",
            summary: "4 peers make 40 000 calls each, 1 000 at a time",
            expected: ["served"]
        ) { target in
            try onThreads(4) {
                let peer = try Peer(to: target)
                var endings: Endings = [:]
                for batch in 0..<40 {
                    peer.connection.send(
                        (0..<1_000).flatMap { Peer.echo(16, 1_000 * batch + $0) }
                    )
                    endings.count(peer.outcomes(of: 1_000))
                }
                return endings
            }
        },
        Attack(
            name: "calls beyond the limit",
            summary:
                "4 peers make 4 000 durable calls each at once, of which 1 024 may be in flight",
            // A slow disk makes the engine's queue long, which refuses what comes late.
            expected: ["served", "TOO_MANY_CALLS", "OVERLOADED"]
        ) { target in
            try onThreads(4) {
                let peer = try Peer(to: target, isKnown: true)
                peer.connection.send((0..<4_000).flatMap { Peer.arm($0) })
                return peer.outcomes(of: 4_000)
            }
        },
        Attack(
            name: "WINDOW flood",
            summary: "10 peers send 100 000 WINDOWs of 1 byte each",
            expected: ["served"]
        ) { target in
            let windows = (0..<1_000).flatMap { _ in Peer.window(1) }
            return try onThreads(2) {
                var endings: Endings = [:]
                for _ in 0..<5 {
                    let peer = try Peer(to: target)
                    for _ in 0..<100 { peer.connection.send(windows) }
                    peer.connection.send(Peer.ping())
                    endings.count(peer.outcomes(of: 1))
                }
                return endings
            }
        },
        Attack(
            name: "rapid reset",
            summary: "10 peers begin and cancel 12 000 durable calls each, 50 at a time",
            expected: ["TOO_MANY_RESETS"]
        ) { target in
            try resets(of: target, peers: 10, count: 12_000) { Peer.arm($0) + Peer.cancel($0) }
        },
        Attack(
            name: "rapid reset of streams",
            summary: "10 peers open and cancel 12 000 watches each, 50 at a time",
            expected: ["TOO_MANY_RESETS"]
        ) { target in
            try resets(of: target, peers: 10, count: 12_000) { Peer.watch($0) + Peer.cancel($0) }
        },
        Attack(
            name: "huge announcements",
            summary: "50 peers announce a message of 1 TiB and three of 4 MiB each",
            expected: ["MESSAGE_TOO_LONG", "TOO_MUCH_UNFINISHED"]
        ) { target in
            let peers = try (0..<50).map { _ in try Peer(to: target) }
            var endings: Endings = [:]
            for peer in peers {
                peer.connection.send(Peer.announcement(of: 1 << 40, 0))
                for index in 1...3 { peer.connection.send(Peer.announcement(of: 4 << 20, index)) }
                endings.count(peer.outcomes(of: 2))
            }
            return endings
        },
        Attack(
            name: "tiny fragments",
            summary: "10 peers send a message of 64 KiB in fragments of one byte",
            expected: ["served"]
        ) { target in
            let length: UInt32 = 64 << 10
            // A byte string of 65 532 bytes: its tag and length take 4.
            let message = [0x0A, 0xFC, 0xFF, 0x03] + [UInt8](repeating: 5, count: Int(length) - 4)
            let last = message.count - 1
            let fragments = message.indices.flatMap {
                Peer.fragment([message[$0]], of: length, $0 == last ? .last : [], 0)
            }
            var endings: Endings = [:]
            for _ in 0..<10 {
                let peer = try Peer(to: target)
                peer.connection.send(Peer.announcement(of: UInt64(length), 0) + fragments)
                endings.count(peer.outcomes(of: 1))
            }
            return endings
        },
        Attack(
            name: "connection churn",
            summary: "4 000 connections, each reset after its handshake",
            expected: ["served"]
        ) { target in
            try onThreads(2) {
                for _ in 0..<2_000 { try Peer(to: target).connection.endByReset() }
                return ["served": 2_000]
            }
        },
        Attack(
            name: "too many connections",
            summary: "600 connections from one address, of which 500 may be open",
            expected: ["TOO_MANY_FROM_ADDRESS"]
        ) { target in
            let peers = try (0..<500).map { _ in try Peer(to: target) }
            let others = try (0..<100).map { _ in try Peer(to: target, isSilent: true) }
            return withExtendedLifetime(peers) { Endings(of: others) }
        },
        Attack(
            name: "wrong secrets",
            summary: "8 peers try 200 secrets each for a login that there is not",
            expected: ["WRONG_CREDENTIALS"]
        ) { target in
            // 64 digits: what a secret looks like.
            try guesses(at: target) { String(repeating: "0", count: 61) + "\(100 + $0)" }
        },
        Attack(
            name: "guessed passwords",
            summary: "8 peers try 200 passwords each for one login",
            // On a slow machine a verdict takes longer than a peer may be silent that answers no PING.
            expected: ["SIGN_IN_DELAYED", "WRONG_CREDENTIALS", "PEER_SILENT", "closed"]
        ) { target in
            try guesses(at: target) { "password \($0)" }
        },
    ]

    private static func guesses(
        at target: Target,
        _ guess: @escaping @Sendable (Int) -> String
    ) throws -> Endings {
        try onThreads(8) {
            let peer = try Peer(to: target)
            var endings: Endings = [:]
            for number in 0..<200 {
                let credentials = Credentials(login: "nobody", secret: guess(number))
                peer.connection.send(
                    Peer.frames { $0.appendFrame(.authenticate, message: credentials) }
                )
                endings.count(peer.outcomes(of: 1))
            }
            return endings
        }
    }

    /// Begins and cancels in portions, between which the server can let go of what was cancelled: all at
    /// once would be refused by the limit on calls in flight.
    private static func resets(
        of target: Target,
        peers: Int,
        count: Int,
        _ pair: (Int) -> [UInt8]
    ) throws -> Endings {
        let portion = 50
        var endings: Endings = [:]
        for _ in 0..<peers {
            let peer = try Peer(to: target, isKnown: true)
            for begin in stride(from: 0, to: count, by: portion) {
                let bytes = (begin..<begin + portion).flatMap(pair)
                guard peer.connection.send(bytes) else { break }
                usleep(3_000)
            }
            endings.count(peer.ending())
        }
        return endings
    }
}
