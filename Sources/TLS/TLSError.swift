/// Why a connection under TLS couldn't be made, or came to an end.
package enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the certificate that the peer showed.
    package enum CertificateProblem: Hashable, Sendable {
        case expired
        case notYetValid
        /// No authority that we trust stands behind it.
        case unknownAuthority
        /// It is another's: not that of the host that was asked for.
        case wrongName
        /// It was made for another purpose.
        case wrongPurpose
        /// Its key, or its authority's signature, is too weak to be trusted.
        case weak
        case revoked
        /// There are lists of revoked certificates, and none that is its authority's and in force.
        case noRevocationList
        /// In the library's words.
        case other(String)
    }

    /// What came first isn't TLS.
    case plainText
    /// The peer doesn't speak TLS 1.3.
    case noCommonVersion
    /// The peer speaks TLS, but doesn't name our protocol (`banjie/1`, by ALPN).
    case noCommonProtocol
    /// We refuse the peer's certificate.
    case certificate(CertificateProblem)
    /// We ask for a certificate, and the peer has none.
    case noCertificate
    /// The peer refuses us: its alert, in the library's words.
    case refused(String)
    /// The connection ended without the peer's word for it, so that what came may be incomplete.
    case cutOff
    /// Bytes that break TLS: changed on their way, or never right. In the library's words.
    case broken(String)

    package var description: String {
        switch self {
        case .plainText: "the other side doesn't speak TLS"
        case .noCommonVersion: "the other side doesn't speak TLS 1.3"
        case .noCommonProtocol: "the other side doesn't offer \"\(TLSProtocol.name)\" within TLS"
        case .certificate(let problem): "the other side's certificate \(problem.description)"
        case .noCertificate: "the other side shows no certificate, and must"
        case .refused(let alert): "the other side refuses TLS with us: \(alert)"
        case .cutOff: "the connection was cut off"
        case .broken(let problem): "what came breaks TLS: \(problem)"
        }
    }
}

extension TLSError.CertificateProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .expired: "has expired"
        case .notYetValid: "isn't valid yet (or this machine's clock is wrong)"
        case .unknownAuthority: "comes from an authority that isn't trusted here"
        case .wrongName: "is another host's"
        case .wrongPurpose: "was made for another purpose"
        case .weak: "is too weak"
        case .revoked: "was revoked"
        case .noRevocationList:
            "can't be looked up among those revoked: its authority's list is missing or out of date"
        case .other(let problem): "can't be trusted: \(problem)"
        }
    }
}

/// What is spoken within TLS.
enum TLSProtocol {
    /// Its name in ALPN (RFC 7301): so that bytes meant for another service of the same host are
    /// refused, and ours are by it.
    static let name = "banjie/1"
    /// As ALPN lists protocols: each with its length before it.
    static let list = [UInt8(name.utf8.count)] + Array(name.utf8)
}
