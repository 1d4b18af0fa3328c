import Glibc
import Synchronization
import Wire

/// Where a peer's connections are counted: its IPv4 address, or the network of 64 bits that its IPv6
/// address is in, since a host may choose any address there (RFC 4291, 2.5.1).
struct PeerNetwork: Hashable {
    private let high: UInt64
    private let low: UInt64

    /// The network of whoever is at the other end; nil on a Unix socket, and when it has gone.
    init?(of descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getpeername(descriptor, $0, &length)
            }
        }
        guard status == 0 else { return nil }
        let bytes: [UInt8]
        switch Int32(storage.ss_family) {
        case AF_INET:
            bytes = withUnsafeBytes(of: storage) {
                Self.mappedPrefix
                    + $0.loadUnaligned(as: sockaddr_in.self).sin_addr.bytes
            }
        case AF_INET6:
            bytes = withUnsafeBytes(of: storage) {
                $0.loadUnaligned(as: sockaddr_in6.self).sin6_addr.bytes
            }
        default: return nil
        }
        self.init(address: bytes)
    }

    /// - Precondition: an address has 16 bytes; one of IPv4 is mapped (RFC 4291, 2.5.5.2).
    init(address: [UInt8]) {
        precondition(address.count == 16, "an IPv6 address has 16 bytes")
        high = address[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low =
            address.starts(with: Self.mappedPrefix)
            ? address[8...].reduce(0) { $0 << 8 | UInt64($1) } : 0
    }

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
}

extension in_addr {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: s_addr) { [UInt8]($0) } }
}

extension in6_addr {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: self) { [UInt8]($0) } }
}

/// The connections of a server, of all its loops, counted in all and by where they come from.
final class ConnectionCensus: Sendable {
    /// A connection that is counted, to be given back when it is gone.
    struct Entry {
        fileprivate let network: PeerNetwork?
        /// Whether it counts among the handshakes of TLS that are under way.
        fileprivate(set) var isShakingHands: Bool
    }

    enum Admission {
        case admitted(Entry)
        /// There are as many as are taken (W51, W73).
        case refused(ProtocolViolation)
        /// The same of handshakes of TLS, before which nothing can be said (W73).
        case refusedHandshake
    }

    private struct Count {
        var connections = 0
        var handshakes = 0
    }

    private struct State {
        var connections = 0
        /// Of those networks only that have a connection.
        var networks: [PeerNetwork: Count] = [:]
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits) { self.limits = limits }

    /// Counts a connection that has come, unless there are too many.
    func admit(from network: PeerNetwork?, isSecured: Bool) -> Admission {
        state.withLock { state in
            guard state.connections < limits.connections else {
                return .refused(.tooManyConnections(limit: UInt32(clamping: limits.connections)))
            }
            guard let network else {
                state.connections += 1
                return .admitted(Entry(network: nil, isShakingHands: false))
            }
            var count = state.networks[network] ?? Count()
            guard count.connections < limits.connectionsPerAddress else {
                return .refused(
                    .tooManyFromAddress(limit: UInt32(clamping: limits.connectionsPerAddress))
                )
            }
            guard !isSecured || count.handshakes < limits.tlsHandshakesPerAddress else {
                return .refusedHandshake
            }
            state.connections += 1
            count.connections += 1
            if isSecured { count.handshakes += 1 }
            state.networks[network] = count
            return .admitted(Entry(network: network, isShakingHands: isSecured))
        }
    }

    /// The handshake of TLS is done.
    func shookHands(_ entry: inout Entry?) {
        guard entry?.isShakingHands == true, let network = entry?.network else { return }
        entry?.isShakingHands = false
        state.withLock { $0.networks[network]?.handshakes -= 1 }
    }

    /// The connection is gone.
    func remove(_ entry: Entry) {
        state.withLock { state in
            state.connections -= 1
            guard let network = entry.network, var count = state.networks[network] else { return }
            count.connections -= 1
            if entry.isShakingHands { count.handshakes -= 1 }
            state.networks[network] = count.connections == 0 ? nil : count
        }
    }

    /// Networks that have a connection.
    var networkCount: Int { state.withLock { $0.networks.count } }
}
