import TLS
import TestCertificates

/// One side of a connection; a class, since a session can't be copied into the macros of tests.
final class Side {
    private var session: TLSSession

    init(accepting context: TLSServerContext) { session = TLSSession(accepting: context) }

    init(connecting context: TLSClientContext, to host: String) {
        session = TLSSession(connecting: context, to: host)
    }

    var state: TLSSession.State { session.state }
    var peer: PeerCertificate? { session.peer }
    var peerHasEnded: Bool { session.peerHasEnded }
    var isWaitingForPeer: Bool { session.isWaitingForPeer }
    var pendingBytes: Int { session.pendingBytes }

    /// Receives ciphertext the way a loop does: decrypted where it lies.
    func take(_ ciphertext: [UInt8]) throws(TLSError) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: ciphertext.count + TLSSession.slack,
            alignment: 1
        )
        defer { memory.deallocate() }
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[TLSSession.slack...])
        place.copyBytes(from: ciphertext)
        let count = try session.receive(UnsafeRawBufferPointer(place), into: memory)
        return [UInt8](memory[..<count])
    }

    func inputEnded() throws(TLSError) { try session.inputEnded() }

    /// Takes out up to `count` bytes of what waits to be sent.
    func takePending(_ count: Int = .max) -> [UInt8] {
        let bytes = session.withPending { [UInt8]($0.prefix(count)) }
        session.removePending(bytes.count)
        return bytes
    }

    /// Sends all of `bytes`; false when nothing was taken.
    func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { session.send($0) } == bytes.count
    }

    func end() { session.end() }
}

/// The two sides of a connection, with ciphertext carried between them in parts of any size.
final class Pair {
    let client: Side
    let server: Side
    var clientError: TLSError?
    var serverError: TLSError?
    /// What each side has received in plain.
    var toClient: [UInt8] = []
    var toServer: [UInt8] = []

    init(_ server: TLSServerContext, _ client: TLSClientContext, host: String = "localhost") {
        self.server = Side(accepting: server)
        self.client = Side(connecting: client, to: host)
    }

    /// Carries what waits, in parts of `size()` bytes, until neither side has anything to send.
    func carry(_ size: () -> Int = { .max }) {
        while client.pendingBytes > 0 || server.pendingBytes > 0 {
            do throws(TLSError) { toServer += try server.take(client.takePending(size())) } catch {
                serverError = error
            }
            do throws(TLSError) { toClient += try client.take(server.takePending(size())) } catch {
                clientError = error
            }
        }
    }
}

/// An authority, a server's certificate from it, and the contexts that they make.
struct Setting {
    let authority: TestAuthority
    let server: TLSServerContext
    let client: TLSClientContext

    init() throws {
        authority = try TestAuthority()
        server = try TLSServerContext(TLSServerFiles(authority.issueServer()))
        client = try TLSClientContext(TLSClientFiles(authorities: authority.certificate))
    }

    /// A server that asks clients for certificates.
    func server(mustHave: Bool) throws -> TLSServerContext {
        let authorities = authority.certificate
        return try TLSServerContext(
            TLSServerFiles(
                authority.issueServer(),
                clients: mustHave ? .must(authorities: authorities) : .may(authorities: authorities)
            )
        )
    }

    /// A client with a certificate.
    func client(_ identity: TLSIdentityFiles) throws -> TLSClientContext {
        try TLSClientContext(
            TLSClientFiles(authorities: authority.certificate, identity: identity)
        )
    }
}
