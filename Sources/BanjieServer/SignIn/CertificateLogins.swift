internal import TLS

extension PeerCertificate {
    private static let scheme = "banjie:"

    /// The logins that the certificate vouches for: those of its URIs `banjie:LOGIN`; when it has none,
    /// its host names; when it has neither, its common name.
    ///
    /// One kind alone, so that a name that is there for another purpose doesn't become a login.
    var logins: [String] {
        let named = uris.filter { $0.hasPrefix(Self.scheme) }
            .map { String($0.dropFirst(Self.scheme.count)) }
            .filter { !$0.isEmpty }
        if !named.isEmpty { return named }
        if !dnsNames.isEmpty { return dnsNames }
        return commonName.map { [$0] } ?? []
    }
}
