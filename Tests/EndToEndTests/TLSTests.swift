import BanjieClient
import BanjieProtocol
import ChildProcess
import Foundation
import LocalServer
import SeededRandom
import TLS
import TestCertificates
import Testing
import Wire

/// A real server and the real `banjie` under TLS.
@Suite(.serialized) struct TLSTests {
    private let authority: TestAuthority
    private let files: TLSIdentityFiles

    init() throws {
        authority = try TestAuthority()
        files = try authority.issueServer()
    }

    private static let command = URL(filePath: ServerProcess.builtProgram)
        .deletingLastPathComponent().appending(path: "banjie").path

    /// A server in plain and under TLS, and where it listens under TLS.
    private func serve(
        clients: String = "may"
    ) async throws -> (office: LocalOffice, address: String) {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(
            .virtual(TestOffice.morning),
            options: [
                "--listen", "127.0.0.1:0,tls:127.0.0.1:0", "--tls-certificate", files.certificate,
                "--tls-key", files.key, "--tls-client-ca", authority.certificate,
                "--tls-clients", clients,
            ]
        )
        let office = try LocalOffice(on: server)
        try await office.admit(
            departments: ["LEAD"],
            people: [
                Member("clerk", department: "LEAD", roles: [.operator]),
                Member("other", department: "LEAD", roles: [.operator]),
            ]
        )
        let field = try #require(
            server.readyLine.split(separator: " ").first { $0.hasPrefix("listen=") }
        )
        let address = try #require(field.split(separator: ",").last)
        return (office, String(address))
    }

    private func security(_ certificate: TLSIdentityFiles? = nil) throws -> ConnectionSecurity {
        try ConnectionSecurity(
            authorities: authority.certificate,
            certificate: certificate.map { .init(file: $0.certificate, keyFile: $0.key) }
        )
    }

    private func connect(
        _ address: String,
        as credentials: Credentials?,
        showing certificate: TLSIdentityFiles? = nil
    ) throws -> Connection {
        var options = ConnectionOptions(realm: "banjie", credentials: credentials)
        options.security = try security(certificate)
        options.attempts = 1
        return try Connection(to: address, options: options)
    }

    /// Why somebody can't do what a person who has signed in can; nil when they can.
    private func refusal(_ connection: Connection) async throws -> String? {
        defer { connection.close() }
        do throws(CallError) {
            _ = try await AdminClient(connection).getAuditHead(Empty())
            return nil
        } catch {
            return error.reason
        }
    }

    private func banjie(_ arguments: String...) throws -> ProgramRun {
        try ProgramRun(Self.command, arguments, environment: ["LC_ALL": "C.UTF-8"])
    }

    @Test("W71: people sign in by secrets and daemons by certificates")
    func peopleSignInBySecretsAndDaemonsByCertificates() async throws {
        let (office, address) = try await serve()
        let certificate = try authority.issue("x", for: .client, names: "URI:banjie:clerk")
        let byName = try authority.issue("clerk", for: .client)
        let clerk = Credentials(login: "clerk", secret: "")

        let bySecret = try connect(address, as: office.credentials(of: "clerk"))
        #expect(try await refusal(bySecret) == nil)
        #expect(try await refusal(connect(address, as: clerk, showing: certificate)) == nil)
        #expect(try await refusal(connect(address, as: clerk, showing: byName)) == nil)

        // Nobody else by it, nobody without it, and a wrong secret is wrong with it too.
        for (login, secret, shown) in [
            ("other", "", certificate), ("x", "", certificate), ("", "", certificate),
            ("clerk", "wrong", certificate), ("clerk", "", nil), ("", "", nil),
        ] {
            let connection = try connect(
                address,
                as: Credentials(login: login, secret: secret),
                showing: shown
            )
            #expect(try await refusal(connection) == "WRONG_CREDENTIALS", "\(login) \(secret)")
        }
        // A certificate alone signs nobody in.
        let silent = try connect(address, as: nil, showing: certificate)
        #expect(try await refusal(silent) == "SIGN_IN_REQUIRED")
        // The other side of the same server doesn't know of it.
        let plain = try Connection(
            to: office.server.address,
            options: ConnectionOptions(realm: "banjie", credentials: clerk)
        )
        #expect(try await refusal(plain) == "WRONG_CREDENTIALS")
    }

    @Test func strangersAreRefused() async throws {
        let (office, address) = try await serve(clients: "must")
        defer { office.disconnect() }
        let certificate = try authority.issue("x", for: .client, names: "URI:banjie:clerk")
        let clerk = Credentials(login: "clerk", secret: "")
        #expect(try await refusal(connect(address, as: clerk, showing: certificate)) == nil)
        #expect(try await refusal(connect(address, as: clerk)) == "TLS_FAILED")
        let others = try TestAuthority()
        let foreign = try others.issue("x", for: .client, names: "URI:banjie:clerk")
        #expect(try await refusal(connect(address, as: clerk, showing: foreign)) == "TLS_FAILED")
        let expired = try authority.issue(
            "x",
            for: .client,
            names: "URI:banjie:clerk",
            days: -1
        )
        #expect(try await refusal(connect(address, as: clerk, showing: expired)) == "TLS_FAILED")
        // The operator reads why, and until when the server's own is good.
        let log = try office.server.logged()
        #expect(log.contains("the other side shows no certificate, and must"))
        #expect(log.contains("comes from an authority that isn't trusted here"))
        #expect(log.contains("certificate has expired"))
        #expect(log.contains("event=certificates.read"))
        #expect(log.contains("expired=false"))
    }

    @Test func whoeverKnocksDoesNotDisturbTheOthers() async throws {
        let (office, address) = try await serve()
        let good = try connect(address, as: office.credentials(of: "clerk"))
        _ = try await AdminClient(good).getAuditHead(Empty())
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        func random(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        let plain = String(address.dropFirst("tls:".count))
        var knocking: [FrameConnection] = []
        for number in 0..<120 {
            let peer = try FrameConnection(to: plain)
            switch number % 6 {
            case 0: break
            case 1: peer.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
            case 2: peer.send(Preface.bytes + random(100))
            case 3: peer.send([22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + random(200))
            case 4: peer.send(random(2_000))
            default:
                peer.send([22, 3, 1, 0, 200])
                peer.finishSending()
            }
            knocking.append(peer)
            if number % 10 == 0 { _ = try await AdminClient(good).getAuditHead(Empty()) }
        }
        // Those that say nothing are closed when the time for the handshake is over.
        for peer in knocking { #expect(peer.isClosed()) }
        _ = try await AdminClient(good).getAuditHead(Empty())
        #expect(try await refusal(connect(address, as: office.credentials(of: "clerk"))) == nil)
        good.close()
        office.server.terminate()
        #expect(office.server.waitForExit(seconds: 20) == .code(0))
    }

    @Test func theCommandLine() async throws {
        let (office, address) = try await serve()
        defer { office.disconnect() }
        let certificate = try authority.issue("x", for: .client, names: "URI:banjie:clerk")
        let trusted = ["--server", address, "--ca", authority.certificate]
        let status = try ProgramRun(Self.command, ["status"] + trusted)
        #expect(status.status == 0, "\(status)")
        let signedIn = try ProgramRun(
            Self.command,
            ["audit", "head", "--login", "clerk", "--certificate", certificate.certificate]
                + ["--key", certificate.key] + trusted
        )
        #expect(signedIn.status == 0, "\(signedIn)")

        let untrusted = try banjie("status", "--server", address)
        #expect(untrusted.status == 69 && untrusted.errors.contains("isn't trusted"))
        let plain = try banjie("status", "--server", String(address.dropFirst("tls:".count)))
        #expect(plain.status == 69, "\(plain)")
        let mixed = try banjie("status", "--server", "127.0.0.1:1", "--ca", authority.certificate)
        #expect(mixed.status == 64 && mixed.errors.contains("tls:127.0.0.1:1"), "\(mixed)")
        let half = try banjie("status", "--server", address, "--key", certificate.key)
        #expect(half.status == 64 && half.errors.contains("go together"), "\(half)")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644],
            ofItemAtPath: certificate.key
        )
        let open = try ProgramRun(
            Self.command,
            ["status", "--certificate", certificate.certificate, "--key", certificate.key]
                + trusted
        )
        #expect(open.status != 0 && open.errors.contains("chmod 600"), "\(open)")
    }

    @Test func aKeyOpenToOthersKeepsTheServerFromStarting() throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640],
            ofItemAtPath: files.key
        )
        let run = try ProgramRun(
            ServerProcess.builtProgram,
            [
                "--listen", "tls:127.0.0.1:0", "--tls-certificate", files.certificate,
                "--tls-key", files.key, "--data", "\(authority.folder)/data",
            ]
        )
        #expect(run.status == 71 && run.errors.contains("chmod 600 \(files.key)"), "\(run)")
        #expect(!FileManager.default.fileExists(atPath: "\(authority.folder)/data"))
    }

    @Test func certificatesAreReadAgainAtAHangUp() async throws {
        let (office, address) = try await serve()
        let before = try connect(address, as: office.credentials(of: "clerk"))
        _ = try await AdminClient(before).getAuditHead(Empty())

        // A key that is somebody else's: all stays as it was.
        let others = try TestAuthority()
        let renewed = try others.issueServer()
        try replace(files.key, by: renewed.key)
        try await hangUp(office.server, awaiting: "certificates.kept")
        #expect(
            try await refusal(connect(address, as: office.credentials(of: "clerk"))) == nil
        )
        try replace(files.certificate, by: renewed.certificate)
        try await hangUp(office.server, awaiting: "certificates.reloaded")
        #expect(
            try await refusal(connect(address, as: office.credentials(of: "clerk")))
                == "TLS_FAILED"
        )
        var options = ConnectionOptions(
            realm: "banjie",
            credentials: try office.credentials(of: "clerk")
        )
        options.security = try ConnectionSecurity(authorities: others.certificate)
        #expect(try await refusal(Connection(to: address, options: options)) == nil)
        // Who was there has noticed nothing.
        _ = try await AdminClient(before).getAuditHead(Empty())
        before.close()
        office.server.terminate()
        #expect(office.server.waitForExit(seconds: 20) == .code(0))
    }

    private func replace(_ path: String, by other: String) throws {
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: other, toPath: path)
    }

    /// Sends SIGHUP, and waits until the log names an event.
    private func hangUp(_ server: ServerProcess, awaiting event: String) async throws {
        kill(try #require(server.processID), SIGHUP)
        for _ in 0..<1_000 where try !server.logged().contains(event) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try server.logged().contains(event))
    }
}
