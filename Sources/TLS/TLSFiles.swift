package import PrivateFiles

/// A certificate and its key, in PEM files.
package struct TLSIdentityFiles: Hashable, Sendable {
    /// The certificate, and behind it those that lead to its authority.
    package let certificate: String
    /// The certificate's key, without a passphrase, which only its owner may be able to read.
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// What a server shows, and asks of its clients.
///
/// A file of authorities, here and with clients, may hold their lists of revoked certificates too
/// (CRLs, in PEM). When it holds one, every certificate must come from an authority with a list that is
/// in force.
package struct TLSServerFiles: Hashable, Sendable {
    /// Whether clients show certificates.
    package enum Clients: Hashable, Sendable {
        /// They aren't asked.
        case unasked
        /// They may show one, which must then come from an authority in the file.
        case may(authorities: String)
        /// They must.
        case must(authorities: String)
    }

    package let identity: TLSIdentityFiles
    package let clients: Clients

    package init(_ identity: TLSIdentityFiles, clients: Clients = .unasked) {
        self.identity = identity
        self.clients = clients
    }
}

/// What a client trusts, and shows when it is asked.
package struct TLSClientFiles: Hashable, Sendable {
    /// The file with the authorities that are trusted; nil for the system's.
    package let authorities: String?
    package let identity: TLSIdentityFiles?

    package init(authorities: String? = nil, identity: TLSIdentityFiles? = nil) {
        self.authorities = authorities
        self.identity = identity
    }
}

/// Why a file for TLS can't be used.
package enum TLSFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It holds no certificates, in the library's words.
    case certificate(String, String)
    /// It holds no authorities, in the library's words.
    case authorities(String, String)
    case keyFile(PrivateFileError)
    /// It holds no key.
    case key(String)
    /// Its key is locked by a passphrase, and nobody is there to be asked.
    case lockedKey(String)
    /// The key isn't the certificate's.
    case mismatch(TLSIdentityFiles)

    package var description: String {
        switch self {
        case .certificate(let path, let problem):
            "\(path) can't be used as a certificate: \(problem)"
        case .authorities(let path, let problem):
            "\(path) can't be used as a list of authorities: \(problem)"
        case .keyFile(let error): "\(error)"
        case .key(let path): "\(path) holds no private key in PEM"
        case .lockedKey(let path):
            "the key in \(path) is locked by a passphrase: store it without one, readable by its "
                + "owner alone"
        case .mismatch(let files): "the key in \(files.key) isn't that of \(files.certificate)"
        }
    }
}
