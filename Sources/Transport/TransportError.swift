import Glibc

/// Why a socket couldn't be had.
package enum TransportError: Error, Hashable, CustomStringConvertible {
    /// A system call that failed on behalf of `purpose`, such as `listen on 127.0.0.1:7400`.
    case system(purpose: String, code: Int32)
    /// Text that names no endpoint.
    case endpoint(String)
    /// A host name that couldn't be resolved.
    case unresolved(host: String, reason: String)
    /// An endpoint under TLS for which there is no certificate.
    case noCertificate(Endpoint)

    package var description: String {
        switch self {
        case .system(let purpose, let code):
            "can't \(purpose): \(String(cString: strerror(code)))"
        case .endpoint(let text):
            "\"\(text)\" isn't an endpoint: write host:port, [ipv6]:port, tls:host:port "
                + "or unix:/path"
        case .unresolved(let host, let reason):
            "can't find the host \"\(host)\": \(reason)"
        case .noCertificate(let endpoint): "can't listen on \(endpoint) without a certificate"
        }
    }

    /// The failure of the system call that was just made.
    static func lastFailure(_ purpose: String) -> TransportError {
        .system(purpose: purpose, code: errno)
    }
}
