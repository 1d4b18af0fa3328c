import COpenSSL

/// One side of a connection under TLS 1.3, without any I/O: ciphertext and plaintext go in and out.
///
/// It traps on nothing that a peer can send. After a failure what is left to be sent is the alert that
/// tells the peer, and everything that still comes is dropped.
package struct TLSSession: ~Copyable {
    package enum State: Hashable, Sendable {
        /// Nothing can be sent yet.
        case handshake
        case open
        case failed(TLSError)
    }

    package private(set) var state = State.handshake
    /// Whether the peer has said that it sends no more; we may go on (RFC 8446, 6.1).
    package private(set) var peerHasEnded = false
    /// The peer's certificate, once the handshake is done; nil when it showed none.
    package private(set) var peer: PeerCertificate?

    /// Whether nothing can be sent before the peer has sent something.
    package private(set) var isWaitingForPeer = true

    private let connection: OpaquePointer
    /// Apart from the session, since the library points to it.
    private let ends: UnsafeMutablePointer<Ends>
    /// The first bytes that came, as far as they are looked at before the library sees them: the
    /// headers of a record and of the message in it.
    private var opening: [UInt8] = []
    private static let openingBytes = 9

    /// The longest first message that is taken. The library reserves what is announced, up to 128 KiB
    /// for nine bytes; none that a client has reason to send comes near this.
    private static let longestHello = 16 << 10

    /// A server's side.
    package init(accepting context: TLSServerContext) {
        self.init(context.library)
        SSL_set_accept_state(connection)
    }

    /// A client's side, which has something to send at once.
    ///
    /// - Parameter host: the name or address that the server's certificate must be made out to.
    package init(connecting context: TLSClientContext, to host: String) {
        self.init(context.library)
        let parameters = SSL_get0_param(connection)
        if host.isEmpty {
            // The library would take it for "any".
            state = .failed(.certificate(.wrongName))
        } else if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1 {
            ERR_clear_error()
            // RFC 9525: what a host is called stands among the alternative names, and a wildcard stands
            // for a whole label.
            let flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
            X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(flags))
            let isSet =
                SSL_set1_host(connection, host) == 1
                && banjie_tls_set_server_name(connection, host) == 1
            // A name that the library can't check is a name that nobody can prove.
            if !isSet { state = .failed(.certificate(.wrongName)) }
        }
        SSL_set_connect_state(connection)
        guard state == .handshake else { return }
        ERR_clear_error()
        // Writes the first message; nothing can fail yet but memory.
        SSL_do_handshake(connection)
    }

    private init(_ context: LibraryContext) {
        guard let connection = SSL_new(context.pointer) else {
            preconditionFailure("out of memory")
        }
        self.connection = connection
        ends = .allocate(capacity: 1)
        ends.initialize(to: Ends())
        let bio = Ends.makeBIO(over: ends)
        // One reference stands for both directions when they are the same.
        SSL_set_bio(connection, bio, bio)
        Ends.countMessages(of: connection, at: ends)
    }

    deinit {
        SSL_free(connection)
        ends.deinitialize(count: 1)
        ends.deallocate()
    }

    // MARK: - From the peer

    /// How much more plaintext a call of `receive` may give than it takes ciphertext: less than one
    /// record, of which a part had come before.
    package static let slack = 17 << 10

    /// Takes all of `ciphertext` and returns how many bytes of plaintext it gave.
    ///
    /// - Parameter plaintext: takes them; at least `slack` longer than `ciphertext`. It may hold the
    ///   ciphertext itself, from `slack` on: what was read is overwritten, what wasn't isn't.
    /// - Throws: when the session fails by it, once; what came with it and after it is dropped.
    package mutating func receive(
        _ ciphertext: UnsafeRawBufferPointer,
        into plaintext: UnsafeMutableRawBufferPointer
    ) throws(TLSError) -> Int {
        precondition(plaintext.count >= ciphertext.count + Self.slack, "room for what may come")
        if state == .handshake { try examine(ciphertext) }
        ends.pointee.input = ciphertext
        defer { ends.pointee.input = UnsafeRawBufferPointer(start: nil, count: 0) }
        if state == .handshake { try shakeHands() }
        guard state == .open else { return 0 }
        isWaitingForPeer = false
        return try read(into: plaintext)
    }

    /// Refuses what begins by announcing too much.
    private mutating func examine(_ ciphertext: UnsafeRawBufferPointer) throws(TLSError) {
        guard opening.count < Self.openingBytes else { return }
        opening += ciphertext.prefix(Self.openingBytes - opening.count)
        guard opening.count == Self.openingBytes, opening[0] == Self.handshakeRecord else { return }
        let length = opening[6...].reduce(0) { $0 << 8 | Int($1) }
        guard length > Self.longestHello else { return }
        throw fail(.broken("a first message of \(length) bytes"))
    }

    private static let handshakeRecord: UInt8 = 22
    private static let recordTypes: ClosedRange<UInt8> = 20...23

    private mutating func shakeHands() throws(TLSError) {
        ERR_clear_error()
        let status = SSL_do_handshake(connection)
        guard status == 1 else {
            guard SSL_get_error(connection, status) != SSL_ERROR_WANT_READ else { return }
            throw fail(failure)
        }
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(connection, &name, &length)
        // Both sides must have named it: a peer that names nothing may mean another service.
        guard length > 0 else {
            SSL_shutdown(connection)
            throw fail(.noCommonProtocol)
        }
        state = .open
        opening = []
        ends.pointee.ownMessages = 0
        if let certificate = SSL_get1_peer_certificate(connection) {
            peer = PeerCertificate(certificate)
            X509_free(certificate)
        }
    }

    private mutating func read(
        into plaintext: UnsafeMutableRawBufferPointer
    ) throws(TLSError) -> Int {
        var total = 0
        while true {
            ERR_clear_error()
            var count = 0
            let status = SSL_read_ex(
                connection,
                plaintext.baseAddress.map { $0 + total },
                plaintext.count - total,
                &count
            )
            if status == 1 {
                total += count
                continue
            }
            switch SSL_get_error(connection, status) {
            case SSL_ERROR_WANT_READ: return total
            case SSL_ERROR_ZERO_RETURN:
                peerHasEnded = true
                return total
            default: throw fail(failure)
            }
        }
    }

    /// Takes note that nothing more comes.
    ///
    /// - Throws: when the peer hasn't said so before: somebody else may have cut the connection off.
    package mutating func inputEnded() throws(TLSError) {
        if case .failed = state { return }
        guard !peerHasEnded else { return }
        throw fail(.cutOff)
    }

    /// What the library failed with just now, in our terms.
    private var failure: TLSError {
        if ends.pointee.isFlooded {
            return .broken("more new keys and tickets than there is reason for")
        }
        let error = LibraryError.take()
        // The library takes a first byte that begins no record for another version's.
        if state == .handshake, let first = opening.first, !Self.recordTypes.contains(first) {
            return .plainText
        }
        return TLSError(error, verification: SSL_get_verify_result(connection))
    }

    private mutating func fail(_ error: TLSError) -> TLSError {
        state = .failed(error)
        return error
    }

    // MARK: - To the peer

    /// Encrypts all of `plaintext`, or nothing.
    ///
    /// Nothing when the session isn't open or has been ended, and while a part of one of TLS's own
    /// messages has come: the library takes the rest of it first (`isWaitingForPeer`).
    ///
    /// - Returns: how many bytes were taken.
    package mutating func send(_ plaintext: UnsafeRawBufferPointer) -> Int {
        guard state == .open, plaintext.count > 0 else { return 0 }
        ERR_clear_error()
        var count = 0
        guard SSL_write_ex(connection, plaintext.baseAddress, plaintext.count, &count) == 1 else {
            isWaitingForPeer = true
            ERR_clear_error()
            return 0
        }
        precondition(count == plaintext.count, "the ends take everything")
        return count
    }

    /// Tells the peer that we send no more. Does nothing before the session is open, or after it has
    /// failed or ended.
    package mutating func end() {
        guard state == .open else { return }
        ERR_clear_error()
        SSL_shutdown(connection)
    }

    /// How many bytes of ciphertext wait to be sent.
    package var pendingBytes: Int { ends.pointee.pendingBytes }

    /// The ciphertext that waits to be sent.
    package func withPending<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        ends.pointee.output.withUnsafeBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[ends.pointee.sent...]))
        }
    }

    /// Drops the first `count` bytes of what waits: they were sent.
    package mutating func removePending(_ count: Int) { ends.pointee.removeFirst(count) }
}
