import CSystem
import Glibc
import Synchronization
import TLS

/// A descriptor with one owner, which closes it.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

extension Descriptor {
    /// Lets the process open as many descriptors as the system allows it: the usual soft limit of
    /// 1 024 is there for programs that use `select`, and we don't.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// A socket that connections come to, shared by the loops that accept them.
final class Listener: Sendable {
    let descriptor: Descriptor
    /// Where it listens, with the port that the system chose.
    let endpoint: Endpoint
    /// What is shown to those who connect; nil for connections in plain.
    let identity: TLSServerIdentity?
    /// Kept open to be given up when the process has no descriptor left.
    private let spare: Mutex<Int32>

    init(
        _ descriptor: consuming Descriptor,
        at endpoint: Endpoint,
        showing identity: TLSServerIdentity?
    ) throws(TransportError) {
        let number = Self.openSpare()
        guard number >= 0 else { throw .lastFailure("keep a descriptor to spare") }
        self.descriptor = descriptor
        self.endpoint = endpoint
        self.identity = identity
        spare = Mutex(number)
    }

    deinit {
        spare.withLock { _ = close($0) }
        if case .unix(let path) = endpoint { unlink(path) }
    }

    private static func openSpare() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }

    /// Accepts the connection that has waited longest and closes it.
    func turnAway() {
        spare.withLock { spare in
            close(spare)
            let number = banjie_accept(descriptor.number)
            if number >= 0 { close(number) }
            spare = Self.openSpare()
        }
    }
}

/// The system calls on sockets; none of them blocks, but the resolution of a host's name to listen on.
enum Socket {
    /// Begins to listen, and returns where: the port that the system chose, when it was asked to.
    ///
    /// - Parameter identity: what is shown on an endpoint under TLS, and must be there for one.
    static func listen(
        on endpoint: Endpoint,
        showing identity: TLSServerIdentity? = nil
    ) throws(TransportError) -> Listener {
        let purpose = "listen on \(endpoint)"
        if case .tls = endpoint, identity == nil { throw .noCertificate(endpoint) }
        if case .unix(let path) = endpoint { removeStaleSocket(at: path) }
        // A name may stand for several addresses: the first is taken.
        let address = try Address.all(of: endpoint, isForListening: true)[0]
        let descriptor = try open(address, purpose)
        var yes: Int32 = 1
        setsockopt(
            descriptor.number,
            SOL_SOCKET,
            SO_REUSEADDR,
            &yes,
            socklen_t(MemoryLayout<Int32>.size)
        )
        guard address.withPointer({ bind(descriptor.number, $0, $1) }) == 0,
            Glibc.listen(descriptor.number, SOMAXCONN) == 0
        else { throw .lastFailure(purpose) }
        switch endpoint {
        case .tcp(let host, _):
            let port = localPort(of: descriptor.number)
            return try Listener(descriptor, at: .tcp(host: host, port: port), showing: nil)
        case .tls(let host, _):
            let port = localPort(of: descriptor.number)
            return try Listener(descriptor, at: .tls(host: host, port: port), showing: identity)
        case .unix: return try Listener(descriptor, at: endpoint, showing: nil)
        }
    }

    /// The next connection that has come; negative when there is none.
    ///
    /// When the process has no descriptor left, the oldest that waits is closed unserved: left in the
    /// queue it would wake the loop again and again.
    static func accept(from listener: Listener) -> Int32 {
        while true {
            let number = banjie_accept(listener.descriptor.number)
            if number >= 0 { return number }
            switch errno {
            case EINTR, ECONNABORTED, EPROTO: continue
            case EMFILE, ENFILE:
                listener.turnAway()
                return -1
            default: return -1
            }
        }
    }

    /// Begins to connect; the socket becomes writable when that is done, or has failed.
    static func connect(to address: Address) throws(TransportError) -> Descriptor {
        let descriptor = try open(address, "connect")
        let result = address.withPointer { Glibc.connect(descriptor.number, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else { throw .lastFailure("connect") }
        sendAtOnce(descriptor.number)
        return descriptor
    }

    private static func open(
        _ address: Address,
        _ purpose: String
    ) throws(TransportError) -> Descriptor {
        let number = banjie_socket(address.family)
        guard number >= 0 else { throw .lastFailure(purpose) }
        return Descriptor(number)
    }

    /// Switches off Nagle's algorithm; on a Unix socket there is none.
    static func sendAtOnce(_ descriptor: Int32) {
        var yes: Int32 = 1
        setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_NODELAY,
            &yes,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }

    /// The error with which a connection attempt ended; 0 when it succeeded.
    static func pendingError(of descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }

    private static func localPort(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(descriptor, address, &length) == 0 else { return 0 }
                // The port lies at the same place in IPv4 and IPv6 addresses.
                return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    UInt16(bigEndian: $0.pointee.sin_port)
                }
            }
        }
    }

    /// Removes the socket file of a server that is gone; leaves every other file alone.
    private static func removeStaleSocket(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK,
            let address = try? Address(path: path)
        else { return }
        do {
            _ = try connect(to: address)
        } catch .system(_, ECONNREFUSED) {
            unlink(path)
        } catch {}
    }
}

/// A socket address.
struct Address: Sendable {
    private var storage = sockaddr_storage()
    private let length: socklen_t

    var family: Int32 { Int32(storage.ss_family) }

    /// A Unix socket's.
    init(path: String) throws(TransportError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            throw .system(purpose: "use unix:\(path)", code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        withUnsafeBytes(of: address) { source in
            withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: source) }
        }
    }

    private init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = min(length, socklen_t(MemoryLayout<sockaddr_storage>.size))
        let source = UnsafeRawBufferPointer(start: address, count: Int(self.length))
        withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: source) }
    }

    /// The address of an endpoint that is written as one; nil when it is a name, to be resolved by `all`.
    static func written(of endpoint: Endpoint) throws(TransportError) -> [Address]? {
        do throws(TransportError) {
            return try all(of: endpoint, flags: AI_NUMERICHOST)
        } catch {
            if case .unresolved = error { return nil }
            throw error
        }
    }

    /// The addresses that an endpoint stands for, at least one. Waits for the resolution of a name.
    static func all(
        of endpoint: Endpoint,
        isForListening: Bool
    ) throws(TransportError) -> [Address] {
        try all(of: endpoint, flags: isForListening ? AI_PASSIVE : AI_ADDRCONFIG)
    }

    private static func all(
        of endpoint: Endpoint,
        flags: Int32
    ) throws(TransportError) -> [Address] {
        let host: String
        let port: UInt16
        switch endpoint {
        case .unix(let path): return [try Address(path: path)]
        case .tcp(let name, let number), .tls(let name, let number): (host, port) = (name, number)
        }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | flags
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        var addresses: [Address] = []
        var next = code == 0 ? list : nil
        while let entry = next?.pointee {
            if let address = entry.ai_addr {
                addresses.append(Address(address, length: entry.ai_addrlen))
            }
            next = entry.ai_next
        }
        guard !addresses.isEmpty else {
            throw .unresolved(host: host, reason: String(cString: gai_strerror(code)))
        }
        return addresses
    }

    func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
