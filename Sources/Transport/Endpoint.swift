/// Where a server listens.
package enum Endpoint: Hashable, Sendable {
    /// A host name or address; port 0 lets the system choose when listening.
    case tcp(host: String, port: UInt16)
    /// The same, and what is spoken there is under TLS.
    case tls(host: String, port: UInt16)
    case unix(path: String)

    package var isUnderTLS: Bool {
        if case .tls = self { true } else { false }
    }
}

extension Endpoint: CustomStringConvertible {
    /// Takes `host:port`, `[ipv6]:port`, either of them behind `tls:`, or `unix:/path`.
    package init(_ text: String) throws(TransportError) {
        if text.hasPrefix("unix:"), text.count > 5 {
            self = .unix(path: String(text.dropFirst(5)))
            return
        }
        let isSecured = text.hasPrefix("tls:")
        let address = text.dropFirst(isSecured ? 4 : 0)
        guard let colon = address.lastIndex(of: ":"),
            let port = UInt16(address[address.index(after: colon)...])
        else { throw .endpoint(text) }
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .endpoint(text)
        }
        guard !host.isEmpty else { throw .endpoint(text) }
        self =
            isSecured ? .tls(host: String(host), port: port) : .tcp(host: String(host), port: port)
    }

    package var description: String {
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
