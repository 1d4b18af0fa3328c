import SeededRandom
import TLS
import TestCertificates
import Testing

@Suite struct SessionTests {
    private let setting: Setting

    init() throws { setting = try Setting() }

    @Test func handshakeAndBytesBothWays() throws {
        let pair = Pair(setting.server, setting.client)
        #expect(pair.client.state == .handshake)
        #expect(!pair.client.send([1]))
        pair.carry()
        #expect(pair.client.state == .open)
        #expect(pair.server.state == .open)
        #expect(pair.server.peer == nil)
        #expect(pair.client.peer?.commonName == "server")
        #expect(pair.client.peer?.dnsNames == ["localhost"])
        for count in [1, 2, 16_383, 16_384, 16_385, 300_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(pair.client.send(bytes))
            #expect(pair.server.send(bytes.reversed()))
            pair.carry()
            #expect(pair.toServer == bytes)
            #expect(pair.toClient == bytes.reversed())
            pair.toServer = []
            pair.toClient = []
        }
        #expect(pair.client.send([]))
        #expect(pair.client.pendingBytes == 0)
    }

    /// The largest parts that a loop takes at a time, decrypted where they lie.
    @Test(arguments: [1, 2, 3, 7, 1_000, 16_405, 16_406, 40_000])
    func everySizeOfParts(size: Int) throws {
        let pair = Pair(setting.server, setting.client)
        pair.carry { size }
        #expect(pair.client.state == .open)
        let bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(pair.client.send(bytes))
        #expect(pair.server.send(bytes))
        pair.carry { size }
        #expect(pair.toServer == bytes)
        #expect(pair.toClient == bytes)
    }

    @Test func randomParts() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let pair = Pair(setting.server, setting.client)
            pair.carry { Int.random(in: 1...700, using: &generator) }
            var sent: [UInt8] = []
            for _ in 0..<20 {
                let part = (0..<Int.random(in: 1...40_000, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                #expect(pair.client.send(part))
                sent += part
                pair.carry { Int.random(in: 1...60_000, using: &generator) }
            }
            #expect(pair.toServer == sent)
        }
    }

    @Test func eachSideEndsOnItsOwn() throws {
        let pair = Pair(setting.server, setting.client)
        pair.carry()
        #expect(pair.client.send([1, 2]))
        pair.client.end()
        #expect(!pair.client.send([3]))
        pair.carry()
        #expect(pair.toServer == [1, 2])
        #expect(pair.server.peerHasEnded)
        try pair.server.inputEnded()
        // What was asked for before may still be answered.
        #expect(pair.server.send([4]))
        pair.server.end()
        pair.carry()
        #expect(pair.toClient == [4])
        #expect(pair.client.peerHasEnded)
        #expect(pair.server.state == .open)
    }

    @Test func anEndWithoutAWordIsACut() throws {
        let pair = Pair(setting.server, setting.client)
        pair.carry()
        #expect(pair.client.send([1]))
        pair.carry()
        #expect(throws: TLSError.cutOff) { try pair.server.inputEnded() }
        #expect(pair.server.state == .failed(.cutOff))
        let fresh = Side(accepting: setting.server)
        #expect(throws: TLSError.cutOff) { try fresh.inputEnded() }
    }

    @Test func anotherHostsCertificateIsRefused() throws {
        for host in ["example.org", "127.0.0.2", "localhost.example.org", "::2", "server", ""] {
            let pair = Pair(setting.server, setting.client, host: host)
            pair.carry()
            #expect(pair.client.state == .failed(.certificate(.wrongName)), "\(host)")
            #expect(pair.server.state != .open)
        }
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "::1"] {
            let pair = Pair(setting.server, setting.client, host: host)
            pair.carry()
            #expect(pair.client.state == .open, "\(host)")
        }
    }

    @Test func wildcardsStandForOneLabel() throws {
        let files = try setting.authority.issue("wild", for: .server, names: "DNS:*.banjie.test")
        let server = try TLSServerContext(TLSServerFiles(files))
        for (host, isGood) in [
            ("a.banjie.test", true), ("banjie.test", false), ("a.b.banjie.test", false),
        ] {
            let pair = Pair(server, setting.client, host: host)
            pair.carry()
            #expect((pair.client.state == .open) == isGood, "\(host)")
        }
    }

    @Test func anExpiredCertificateIsRefused() throws {
        let server = try TLSServerContext(
            TLSServerFiles(setting.authority.issueServer(days: -1))
        )
        let pair = Pair(server, setting.client)
        pair.carry()
        #expect(pair.clientError == .certificate(.expired))
        #expect(pair.serverError == .refused("our certificate has expired"))
    }

    @Test func anotherAuthoritysCertificateIsRefused() throws {
        let other = try TestAuthority()
        let server = try TLSServerContext(TLSServerFiles(other.issueServer()))
        let pair = Pair(server, setting.client)
        pair.carry()
        #expect(pair.clientError == .certificate(.unknownAuthority))
        #expect(pair.serverError == .refused("it doesn't trust our certificate"))
    }

    @Test func aClientsCertificateIsNoServers() throws {
        let files = try setting.authority.issue("c", for: .client, names: TestAuthority.loopback)
        let pair = Pair(try TLSServerContext(TLSServerFiles(files)), setting.client)
        pair.carry()
        #expect(pair.clientError == .certificate(.wrongPurpose))
    }

    // MARK: - Clients with certificates

    @Test func clientsAreKnownByTheirCertificates() throws {
        let identity = try setting.authority.issue(
            "窗口三",
            for: .client,
            names: "URI:banjie:window-3,DNS:window-3.banjie.test,email:a@b.test"
        )
        for mustHave in [false, true] {
            let pair = Pair(
                try setting.server(mustHave: mustHave),
                try setting.client(identity)
            )
            pair.carry { 100 }
            #expect(pair.server.state == .open)
            #expect(
                pair.server.peer
                    == PeerCertificate(
                        subject: "CN=窗口三",
                        commonName: "窗口三",
                        uris: ["banjie:window-3"],
                        dnsNames: ["window-3.banjie.test"]
                    )
            )
        }
    }

    @Test func aClientWithoutACertificate() throws {
        var pair = Pair(try setting.server(mustHave: false), setting.client)
        pair.carry()
        #expect(pair.server.state == .open)
        #expect(pair.server.peer == nil)

        pair = Pair(try setting.server(mustHave: true), setting.client)
        pair.carry()
        #expect(pair.serverError == .noCertificate)
        // To the client the handshake looks done; the alert comes afterwards.
        #expect(pair.clientError == .refused("it asks for a certificate"))
    }

    @Test func certificatesAreRevoked() throws {
        let stolen = try setting.authority.issue("stolen", for: .client)
        let good = try setting.authority.issue("good", for: .client)
        let files = try setting.authority.issueServer()
        let server = try TLSServerContext(
            TLSServerFiles(
                files,
                clients: .must(authorities: try setting.authority.revoke([stolen]))
            )
        )
        let refused = Pair(server, try setting.client(stolen))
        refused.carry()
        #expect(refused.serverError == .certificate(.revoked))
        let taken = Pair(server, try setting.client(good))
        taken.carry()
        #expect(taken.server.peer?.commonName == "good")

        // A server's is looked up by the client.
        let careful = try TLSClientContext(
            TLSClientFiles(authorities: try setting.authority.revoke([files]))
        )
        let pair = Pair(server, careful)
        pair.carry()
        #expect(pair.clientError == .certificate(.revoked))
    }

    @Test func aListThatIsOutOfDateVouchesForNobody() async throws {
        let list = try setting.authority.revoke([], forSeconds: 1)
        let client = try TLSClientContext(TLSClientFiles(authorities: list))
        var error: TLSError?
        for _ in 0..<100 where error == nil {
            try await Task.sleep(for: .milliseconds(50))
            let pair = Pair(setting.server, client)
            pair.carry()
            error = pair.clientError
        }
        #expect(error == .certificate(.noRevocationList))
    }

    @Test func clientsCertificatesThatAreNotGood() throws {
        let other = try TestAuthority()
        let cases: [(TLSIdentityFiles, TLSError.CertificateProblem)] = [
            (try other.issue("x", for: .client), .unknownAuthority),
            (try setting.authority.issue("x", for: .client, days: -1), .expired),
            (try setting.authority.issue("x", for: .server), .wrongPurpose),
        ]
        for (identity, problem) in cases {
            let pair = Pair(
                try setting.server(mustHave: false),
                try setting.client(identity)
            )
            pair.carry()
            #expect(pair.serverError == .certificate(problem))
            #expect(pair.server.peer == nil)
            guard case .refused? = pair.clientError else {
                Issue.record("the client isn't told: \(String(describing: pair.clientError))")
                continue
            }
        }
    }
}
