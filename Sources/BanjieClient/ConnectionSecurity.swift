import TLS

/// Whom a client trusts on connections under TLS, and what it shows there: from PEM files, read once
/// for any number of connections.
public final class ConnectionSecurity: Sendable {
    /// A client's own certificate.
    public struct Certificate: Hashable, Sendable {
        /// The file with the certificate, and behind it those that lead to its authority.
        public var file: String
        /// The file with its key, without a passphrase, which only its owner may be able to read.
        public var keyFile: String

        public init(file: String, keyFile: String) {
            self.file = file
            self.keyFile = keyFile
        }
    }

    let identity: TLSClientIdentity

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - authorities: the file with the authorities that a server's certificate may come from; those
    ///     of the system when nil.
    ///   - certificate: what the server is shown when it asks. Credentials whose secret is empty sign in
    ///     by it.
    /// - Throws: when a file can't be used.
    public init(
        authorities: String? = nil,
        certificate: Certificate? = nil
    ) throws(ConnectionError) {
        let files = TLSClientFiles(
            authorities: authorities,
            identity: certificate.map { TLSIdentityFiles(certificate: $0.file, key: $0.keyFile) }
        )
        do { identity = try TLSClientIdentity(files) } catch {
            throw ConnectionError(description: error.description)
        }
    }

    /// Reads the files again, for connections that are made from now on; when they can't be used, all
    /// stays as it was.
    public func reload() throws(ConnectionError) {
        do { try identity.reload() } catch {
            throw ConnectionError(description: error.description)
        }
    }
}
