import Foundation
import TLS
import TestCertificates
import Testing
import Wire

@testable import Transport

/// Connections under TLS, between sockets.
@Suite(.serialized) struct TLSLoopbackTests {
    private let authority: TestAuthority
    private let files: TLSIdentityFiles
    private let client: TLSClientIdentity

    init() throws {
        authority = try TestAuthority()
        files = try authority.issueServer()
        client = try TLSClientIdentity(TLSClientFiles(authorities: authority.certificate))
    }

    private static let endpoint = Endpoint.tls(host: "127.0.0.1", port: 0)

    private func serve(_ limits: Limits = Limits(), reactors: Int = 1) throws -> TestServer {
        try TestServer(
            limits,
            reactors: reactors,
            on: Self.endpoint,
            showing: try TLSServerIdentity(TLSServerFiles(files))
        )
    }

    private func count(of bytes: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes).littleEndian) { [UInt8]($0) }
    }

    @Test(arguments: [1, 2]) func `calls of every length and their answers`(reactors: Int)
        async throws
    {
        let test = try serve(reactors: reactors)
        let client = try TestClient(to: test.endpoint, security: client)
        for length in [0, 1, 16_000, 16_384, 70_000, 1_000_000, 3_000_000] {
            let message = Bytes.pattern(length)
            #expect(try await client.call(TestHandler.echo, message).get() == message)
            #expect(try await client.call(TestHandler.later, message).get() == message)
            let answer = try await client.call(TestHandler.sized, count(of: length)).get()
            #expect(answer == message)
        }
        test.stop()
    }

    @Test func `many calls at a time on several connections`() async throws {
        let test = try serve(reactors: 2)
        let loop = try ClientLoop(random: { 0.5 })
        let clients = try (0..<8).map { _ in
            try TestClient(to: test.endpoint, on: loop, security: client)
        }
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for (number, client) in clients.enumerated() {
                for call in 0..<100 {
                    let message = Bytes.pattern(number * 1_000 + call * 37)
                    group.addTask {
                        let method = call % 2 == 0 ? TestHandler.echo : TestHandler.later
                        return await client.call(method, message) != .success(message)
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
        test.stop()
    }

    @Test("W70: a server that isn't trusted is told from one that isn't there")
    func strangers() async throws {
        let test = try serve()
        let others = try TestAuthority()
        let stranger = try TLSClientIdentity(TLSClientFiles(authorities: others.certificate))
        let client = try TestClient(to: test.endpoint, security: stranger)
        // Who would wait for a server doesn't wait for another certificate.
        for waits in [false, true] {
            let failure = await client.call(waitsForReady: waits).failure
            #expect(failure?.reason == "TLS_FAILED")
            #expect(failure?.outcome == .notProcessed)
            #expect(failure?.message.contains("an authority that isn't trusted") == true)
        }
        test.stop()
    }

    @Test func `a server in plain is told from one under TLS, on both sides`() async throws {
        let plain = try TestServer()
        guard case .tcp(let host, let port) = plain.endpoint else { return }
        let secured = try TestClient(to: .tls(host: host, port: port), security: client)
        let failure = await secured.call().failure
        #expect(failure?.reason == "TLS_FAILED")
        #expect(failure?.message.contains("doesn't speak TLS") == true)
        plain.stop()

        let test = try serve()
        guard case .tls(let name, let number) = test.endpoint else { return }
        let raw = try RawClient(to: .tcp(host: name, port: number))
        raw.send(Bytes.greeting + Bytes.call(1))
        // An alert of TLS, which is no frame, and the end.
        #expect(raw.receiveAll().isEmpty)
        await eventually("the connection is closed") { test.handler.closedCount == 1 }
        test.stop()
    }

    @Test("W69: the handshake of TLS counts in the time there is")
    func silence() async throws {
        var limits = Limits()
        limits.handshakeMilliseconds = 100
        let test = try serve(limits)
        guard case .tls(let host, let port) = test.endpoint else { return }
        let silent = try RawClient(to: .tcp(host: host, port: port))
        let begun = try RawClient(to: .tcp(host: host, port: port))
        begun.send([22, 3, 1, 0, 200])
        // A handshake that is done, and nothing behind it.
        let secured = try SecuredClient(to: test.endpoint, client)
        #expect(secured.receive().map { $0.farewell?.code } == ["HANDSHAKE_TIMEOUT"])
        #expect(silent.receiveAll().isEmpty)
        #expect(begun.receiveAll().isEmpty)
        await eventually("all are closed") { test.handler.closedCount == 3 }
        test.stop()
    }

    @Test("W72: what was asked before the client ended its side is answered")
    func halfClose() throws {
        let test = try serve()
        let secured = try SecuredClient(to: test.endpoint, client)
        secured.send(Bytes.greeting + Bytes.call(1, method: TestHandler.later, [5]))
        secured.end()
        #expect(secured.receive().map(\.type) == [.hello, .end])
        #expect(secured.serverHasEnded)
        test.stop()
    }

    @Test("W72: an end without a word ends everything")
    func cut() async throws {
        let test = try serve()
        let secured = try SecuredClient(to: test.endpoint, client)
        secured.send(Bytes.greeting + Bytes.call(1, method: TestHandler.hold, [5]))
        await eventually("the call has come") { test.handler.heldCount == 1 }
        secured.cut()
        await eventually("the connection is closed") { test.handler.closedCount == 1 }
        test.handler.release()
        test.stop()
    }

    @Test func `bytes changed on their way end the connection, and nothing of them is heard`()
        async throws
    {
        let test = try serve()
        let secured = try SecuredClient(to: test.endpoint, client)
        secured.send(Bytes.greeting)
        #expect(secured.receive(1).map(\.type) == [.hello])
        secured.sendChanged(Bytes.call(1, [1, 2, 3]))
        #expect(secured.receive().map(\.type) == [.hello])
        await eventually("the connection is closed") { test.handler.closedCount == 1 }
        #expect(test.server.calls == 0)
        test.stop()
    }

    @Test func `frames in parts of every length`() throws {
        let test = try serve()
        let bytes = Bytes.greeting + Bytes.call(1, [1, 2, 3]) + Bytes.call(3, Bytes.pattern(300))
        for length in [1, 7, 24, 25] {
            let secured = try SecuredClient(to: test.endpoint, client)
            var rest = bytes[...]
            while !rest.isEmpty {
                secured.send(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            secured.end()
            #expect(secured.receive().map(\.type) == [.hello, .end, .end])
        }
        test.stop()
    }

    @Test func `a client that reads nothing is given up, and the others are served`() async throws {
        var limits = Limits()
        limits.outputStallMilliseconds = 300
        limits.outputPause = 64 << 10
        limits.outputBytes = 8 << 20
        let test = try serve(limits)
        let deaf = try SecuredClient(to: test.endpoint, client)
        deaf.send(Bytes.greeting)
        for stream in stride(from: UInt32(1), to: 40, by: 2) {
            deaf.send(Bytes.call(stream, method: TestHandler.sized, count(of: 2_000_000)))
        }
        let other = try TestClient(to: test.endpoint, security: client)
        #expect(try await other.call(TestHandler.echo, [1]).get() == [1])
        await eventually("the deaf one is closed") { test.handler.closedCount == 1 }
        #expect(try await other.call(TestHandler.echo, [2]).get() == [2])
        test.stop()
    }

    @Test func `who has a certificate is named before anything else of theirs`() async throws {
        let identity = try authority.issue("daemon", for: .client, names: "URI:banjie:daemon")
        let asking = TLSServerFiles(files, clients: .may(authorities: authority.certificate))
        let test = try TestServer(on: Self.endpoint, showing: try TLSServerIdentity(asking))
        let known = try TLSClientIdentity(
            TLSClientFiles(authorities: authority.certificate, identity: identity)
        )
        #expect(
            try await TestClient(to: test.endpoint, security: known)
                .call(TestHandler.echo, [1]).get() == [1]
        )
        #expect(test.handler.certificates.map(\.uris) == [["banjie:daemon"]])
        #expect(
            try await TestClient(to: test.endpoint, security: client)
                .call(TestHandler.echo, [1]).get() == [1]
        )
        #expect(test.handler.certificates.count == 1)
        test.stop()
    }

    @Test func `a client without the certificate that it must have is told`() async throws {
        let asking = TLSServerFiles(files, clients: .must(authorities: authority.certificate))
        let test = try TestServer(on: Self.endpoint, showing: try TLSServerIdentity(asking))
        let failure = try await TestClient(to: test.endpoint, security: client).call().failure
        #expect(failure?.reason == "TLS_FAILED")
        #expect(failure?.message.contains("it asks for a certificate") == true)
        test.stop()
    }

    @Test func `certificates change while connections live`() async throws {
        let identity = try TLSServerIdentity(TLSServerFiles(files))
        let test = try TestServer(on: Self.endpoint, showing: identity)
        let before = try TestClient(to: test.endpoint, security: client)
        #expect(try await before.call(TestHandler.echo, [1]).get() == [1])

        let others = try TestAuthority()
        let renewed = try others.issueServer()
        for (from, to) in [
            (renewed.certificate, files.certificate), (renewed.key, files.key),
        ] {
            try FileManager.default.removeItem(atPath: to)
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }
        try identity.reload()
        let trusting = try TLSClientIdentity(TLSClientFiles(authorities: others.certificate))
        let after = try TestClient(to: test.endpoint, security: trusting)
        #expect(try await after.call(TestHandler.echo, [2]).get() == [2])
        #expect(try await before.call(TestHandler.echo, [3]).get() == [3])
        let late = try await TestClient(to: test.endpoint, security: client).call().failure
        #expect(late?.reason == "TLS_FAILED")
        test.stop()
    }

    @Test func `there is no listening under TLS without a certificate`() throws {
        #expect(throws: TransportError.noCertificate(Self.endpoint)) {
            try TestServer(on: Self.endpoint)
        }
    }

    @Test func `a drain reaches those under TLS`() async throws {
        let test = try serve()
        let client = try TestClient(to: test.endpoint, security: client)
        async let answer = client.call(TestHandler.hold, [7])
        await eventually("the call has come") { test.handler.heldCount == 1 }
        let draining = Task.detached { test.server.drain(within: 10_000) }
        try await Task.sleep(for: .milliseconds(50))
        test.handler.release()
        #expect(try await answer.get() == [7])
        await draining.value
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

/// A socket that blocks, for at most five seconds at a time, under TLS.
private final class SecuredClient {
    private let raw: RawClient
    private var session: TLSSession
    private var received: [UInt8] = []

    /// Connects, and shakes hands.
    init(to endpoint: Endpoint, _ identity: TLSClientIdentity) throws {
        guard case .tls(let host, let port) = endpoint else { throw TransportError.endpoint("") }
        raw = try RawClient(to: .tcp(host: host, port: port))
        session = TLSSession(connecting: identity.current, to: host)
        flush()
        while session.state == .handshake, try take() {}
    }

    var serverHasEnded: Bool { session.peerHasEnded }

    func send(_ bytes: [UInt8]) {
        let count = bytes.withUnsafeBytes { session.send($0) }
        #expect(count == bytes.count)
        flush()
    }

    func sendChanged(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { session.send($0) }
        var changed = session.withPending { [UInt8]($0) }
        session.removePending(changed.count)
        changed[changed.count - 1] ^= 1
        raw.send(changed)
    }

    func end() {
        session.end()
        flush()
    }

    func cut() { raw.closeSendingSide() }

    private func flush() {
        let bytes = session.withPending { [UInt8]($0) }
        session.removePending(bytes.count)
        raw.send(bytes)
    }

    /// False when nothing more comes.
    private func take() throws -> Bool {
        guard let bytes = raw.receiveBytes() else { return false }
        var plaintext = [UInt8](repeating: 0, count: bytes.count + TLSSession.slack)
        let count = try bytes.withUnsafeBytes { ciphertext in
            try plaintext.withUnsafeMutableBytes { try session.receive(ciphertext, into: $0) }
        }
        received += plaintext[..<count]
        flush()
        return true
    }

    /// All frames that have come, once that are `count`, or the server closes.
    func receive(_ count: Int = .max) -> [SentFrame] {
        while frames.count < count, (try? take()) == true {}
        return frames
    }

    private var frames: [SentFrame] {
        var whole = 0
        while let length = SentFrame.lengthOfFirst(in: received[whole...]) { whole += length }
        return SentFrame.all(in: Array(received[..<whole]))
    }
}
