import BanjieClient
import BanjieProtocol
import Wire

/// To which server, and as whom, a command connects.
struct ConnectionSettings: Hashable, Sendable {
    let servers: ServerList
    /// Which of the servers calls go to.
    var policy = BalancingPolicy.pickFirst
    /// The installation's name, which the server must bear too.
    let realm: String
    /// Who signs in; nil for nobody.
    let identity: Identity?
    /// Whom to trust under TLS, and what to show.
    let security: Security
    /// The language in which the server tells who signed in of failures (BCP 47).
    let language: String

    struct Identity: Hashable, Sendable {
        let login: String
        /// Empty when the certificate stands in for it.
        let secret: String
    }

    struct Security: Hashable, Sendable {
        /// The file with the authorities; nil for the system's.
        var authorities: String?
        var certificate: ConnectionSecurity.Certificate?
    }
}

extension ConnectionSettings {
    /// Begins to connect.
    func connect() throws(CallError) -> any CallChannel {
        let credentials = identity.map { identity in
            Credentials(login: identity.login, secret: identity.secret, language: language)
        }
        var options = ConnectionOptions(
            realm: realm,
            credentials: credentials,
            product: "banjie/\(CommandLineProgram.version)"
        )
        do {
            if servers.includesTLS {
                options.security = try ConnectionSecurity(
                    authorities: security.authorities,
                    certificate: security.certificate
                )
            }
            return try Connection(
                to: servers.addresses.map(\.description),
                policy: policy,
                options: options
            )
        } catch {
            throw CallError(
                status: .invalidArgument,
                reason: "BAD_CONNECTION",
                message: error.description,
                outcome: .notProcessed,
                origin: .client
            )
        }
    }
}

/// Where a server listens.
enum ServerAddress: Hashable, Sendable {
    case tcp(host: String, port: UInt16)
    case tls(host: String, port: UInt16)
    case unix(path: String)

    /// The port of a server that names none.
    static let standardPort: UInt16 = 7410
}

extension ServerAddress: LosslessStringConvertible {
    /// Parses `HOST`, `HOST:PORT`, `[IPV6]:PORT`, any of them behind `tls:`, `unix:PATH`, or a path that
    /// begins with `/` or `.`.
    init?(_ text: String) {
        if text.hasPrefix("unix:") || text.hasPrefix("/") || text.hasPrefix(".") {
            let path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
            // The longest that `sockaddr_un` takes, with its closing zero.
            guard (1..<108).contains(path.utf8.count), !path.utf8.contains(0) else { return nil }
            self = .unix(path: path)
            return
        }
        let isSecured = text.hasPrefix("tls:")
        let address = text.dropFirst(isSecured ? 4 : 0)
        let host: Substring
        var rest: Substring
        if address.hasPrefix("[") {
            guard let end = address.firstIndex(of: "]") else { return nil }
            host = address[address.index(after: address.startIndex)..<end]
            rest = address[address.index(after: end)...]
        } else {
            host = address.prefix { $0 != ":" }
            rest = address.dropFirst(host.count)
        }
        guard !host.isEmpty, host.allSatisfy({ $0 != " " && $0 != "/" }) else { return nil }
        var port = Self.standardPort
        if !rest.isEmpty {
            guard rest.removeFirst() == ":", rest.allSatisfy(\.isNumber),
                let number = UInt16(rest), number > 0
            else { return nil }
            port = number
        }
        self =
            isSecured ? .tls(host: String(host), port: port) : .tcp(host: String(host), port: port)
    }

    var description: String {
        switch self {
        case .tcp(let host, let port): Self.text(host, port)
        case .tls(let host, let port): "tls:\(Self.text(host, port))"
        case .unix(let path): "unix:\(path)"
        }
    }

    private static func text(_ host: String, _ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// Servers that stand in for each other, in order of preference: at least one.
struct ServerList: Hashable, Sendable {
    let addresses: [ServerAddress]

    var includesTLS: Bool {
        addresses.contains { if case .tls = $0 { true } else { false } }
    }

    /// The first server that is talked to in plain over a network.
    var firstInPlain: ServerAddress? {
        addresses.first { if case .tcp = $0 { true } else { false } }
    }
}

extension ServerList: LosslessStringConvertible {
    /// Parses addresses with commas between them.
    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        addresses = parts.compactMap { ServerAddress(String($0)) }
        guard addresses.count == parts.count else { return nil }
    }

    var description: String { addresses.map(\.description).joined(separator: ",") }
}

extension ValueForm where Value == ServerList {
    static var servers: ValueForm {
        ValueForm(
            Text("HOST:PORT[,…]", "主机:端口[,…]"),
            expected: Text(
                "HOST:PORT, tls:HOST:PORT under TLS, or unix:PATH for a Unix socket; or several with "
                    + "commas between them",
                "主机:端口，tls:主机:端口（TLS），或 unix:路径（Unix 套接字）；可用逗号列出多个"
            )
        ) { ServerList($0) }
    }
}

extension ValueForm where Value == BalancingPolicy {
    static var balance: ValueForm {
        ValueForm(
            Text("POLICY", "方式"),
            expected: Text("pick-first or round-robin", "pick-first 或 round-robin"),
            choices: ["pick-first", "round-robin"]
        ) { text in
            switch text {
            case "pick-first": .pickFirst
            case "round-robin": .roundRobin
            default: nil
            }
        }
    }
}
