import COpenSSL
import Glibc
import PrivateFiles
import Synchronization

/// The library's context: keys and settings that any number of sessions share.
///
/// Sendable, since it is set up within an `init` and never changed afterwards, and the library counts
/// references and makes sessions under locks of its own (`openssl-threads(7)`).
final class LibraryContext: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ method: OpaquePointer?) {
        guard let pointer = SSL_CTX_new(method), banjie_tls_harden(pointer) == 1 else {
            preconditionFailure("libssl offers no TLS 1.3")
        }
        self.pointer = pointer
    }

    deinit { SSL_CTX_free(pointer) }

    /// Has sessions show a certificate.
    func use(_ files: TLSIdentityFiles) throws(TLSFileError) {
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(pointer, files.certificate) == 1 else {
            throw .certificate(files.certificate, LibraryError.take().text)
        }
        let key = try Self.key(in: files.key)
        defer { EVP_PKEY_free(key) }
        guard SSL_CTX_use_PrivateKey(pointer, key) == 1, SSL_CTX_check_private_key(pointer) == 1
        else {
            ERR_clear_error()
            throw .mismatch(files)
        }
    }

    private static func key(in path: String) throws(TLSFileError) -> OpaquePointer {
        var content: [UInt8]
        do { content = try PrivateFile.read(path) } catch { throw .keyFile(error) }
        defer { content.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        let key = content.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let source = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
                return nil
            }
            defer { BIO_free(source) }
            // Gives no passphrase; the library's own way would be to ask on the terminal.
            return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
        }
        ERR_clear_error()
        if let key { return key }
        let text = String(decoding: content, as: UTF8.self)
        throw text.contains("ENCRYPTED") ? .lockedKey(path) : .key(path)
    }

    /// When the certificate that is shown expires, in seconds of the epoch.
    var validUntil: Int64 {
        var time = tm()
        let end = X509_get0_notAfter(SSL_CTX_get0_certificate(pointer))
        let isReadable = ASN1_TIME_to_tm(end, &time) == 1
        return isReadable ? Int64(timegm(&time)) : 0
    }

    /// Has sessions trust the authorities in a file, and no others; what is in the lists of revoked
    /// certificates beside them isn't.
    func trust(_ path: String) throws(TLSFileError) {
        ERR_clear_error()
        guard SSL_CTX_load_verify_file(pointer, path) == 1 else {
            throw .authorities(path, LibraryError.take().text)
        }
        let status = banjie_tls_use_revocations(pointer)
        precondition(status == 1, "a store takes its flags")
    }
}

/// What a server's sessions share, read from its files once.
package final class TLSServerContext: Sendable {
    let library: LibraryContext
    /// When the certificate expires, in seconds of the epoch.
    package let validUntil: Int64

    package init(_ files: TLSServerFiles) throws(TLSFileError) {
        library = LibraryContext(TLS_server_method())
        try library.use(files.identity)
        validUntil = library.validUntil
        switch files.clients {
        case .unasked: break
        case .may(let authorities): try ask(SSL_VERIFY_PEER, authorities)
        case .must(let authorities):
            try ask(SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, authorities)
        }
        SSL_CTX_set_alpn_select_cb(
            library.pointer,
            { _, chosen, chosenLength, offered, offeredLength, _ in
                selectProtocol(chosen, chosenLength, offered, Int(offeredLength))
            },
            nil
        )
    }

    private func ask(_ mode: Int32, _ authorities: String) throws(TLSFileError) {
        try library.trust(authorities)
        // The client is told whose certificates are taken, and chooses by that.
        guard let names = SSL_load_client_CA_file(authorities) else {
            throw .authorities(authorities, LibraryError.take().text)
        }
        SSL_CTX_set_client_CA_list(library.pointer, names)
        SSL_CTX_set_verify(library.pointer, mode, nil)
    }
}

/// Chooses our protocol among those that a client offers; a fatal alert when it isn't there.
private func selectProtocol(
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenLength: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?,
    _ offeredLength: Int
) -> Int32 {
    let ours = TLSProtocol.list
    let offers = UnsafeBufferPointer(start: offered, count: offeredLength)
    var index = 0
    while index < offers.count {
        let end = index + 1 + Int(offers[index])
        guard end <= offers.count else { break }
        if offers[index..<end].elementsEqual(ours) {
            // The name within the client's own list, which outlives the callback.
            chosen?.pointee = offered.map { $0 + index + 1 }
            chosenLength?.pointee = offers[index]
            return SSL_TLSEXT_ERR_OK
        }
        index = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}

/// What a client's sessions share, read from its files once.
package final class TLSClientContext: Sendable {
    let library: LibraryContext

    package init(_ files: TLSClientFiles) throws(TLSFileError) {
        library = LibraryContext(TLS_client_method())
        if let authorities = files.authorities {
            try library.trust(authorities)
        } else {
            SSL_CTX_set_default_verify_paths(library.pointer)
        }
        if let identity = files.identity { try library.use(identity) }
        SSL_CTX_set_verify(library.pointer, SSL_VERIFY_PEER, nil)
        let list = TLSProtocol.list
        let status = SSL_CTX_set_alpn_protos(library.pointer, list, UInt32(list.count))
        // Of all the library's functions this one returns 0 when all is well.
        precondition(status == 0, "libssl takes our protocol's name")
    }
}

/// What a client trusts and shows, which can be read from its files again while it runs.
package final class TLSClientIdentity: Sendable {
    private let files: TLSClientFiles
    private let context: Mutex<TLSClientContext>

    package init(_ files: TLSClientFiles) throws(TLSFileError) {
        self.files = files
        context = Mutex(try TLSClientContext(files))
    }

    /// For sessions that begin now.
    package var current: TLSClientContext { context.withLock { $0 } }

    /// Reads the files again; when they can't be used, all stays as it was.
    package func reload() throws(TLSFileError) {
        let fresh = try TLSClientContext(files)
        context.withLock { $0 = fresh }
    }
}

/// What a server shows, which can be read from its files again while it runs: sessions that are there
/// keep what they began with, new ones get the new.
package final class TLSServerIdentity: Sendable {
    private let files: TLSServerFiles
    private let context: Mutex<TLSServerContext>

    package init(_ files: TLSServerFiles) throws(TLSFileError) {
        self.files = files
        context = Mutex(try TLSServerContext(files))
    }

    /// For sessions that begin now.
    package var current: TLSServerContext { context.withLock { $0 } }

    /// Reads the files again; when they can't be used, all stays as it was.
    package func reload() throws(TLSFileError) {
        let fresh = try TLSServerContext(files)
        context.withLock { $0 = fresh }
    }
}
