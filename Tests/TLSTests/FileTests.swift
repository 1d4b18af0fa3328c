import Foundation
import PrivateFiles
import TLS
import TestCertificates
import Testing

@Suite struct FileTests {
    private let authority: TestAuthority
    private let identity: TLSIdentityFiles

    init() throws {
        authority = try TestAuthority()
        identity = try authority.issueServer()
    }

    private func error(certificate: String? = nil, key: String? = nil) -> TLSFileError? {
        let files = TLSIdentityFiles(
            certificate: certificate ?? identity.certificate,
            key: key ?? identity.key
        )
        return #expect(throws: TLSFileError.self) {
            try TLSServerContext(TLSServerFiles(files))
        }
    }

    @Test func aKeyThatOthersMayReadIsRefused() throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640],
            ofItemAtPath: identity.key
        )
        #expect(error() == .keyFile(.openToOthers(identity.key, mode: 0o640)))
    }

    @Test func filesThatAreMissingOrWrong() throws {
        let missing = "\(authority.folder)/missing.pem"
        #expect(
            error(key: missing)
                == .keyFile(.system(purpose: "read", path: missing, code: ENOENT))
        )
        guard case .certificate(missing, let problem)? = error(certificate: missing) else {
            Issue.record("a certificate that is missing is used")
            return
        }
        #expect(problem.contains("No such file"))
        let empty = "\(authority.folder)/empty.pem"
        try PrivateFile.create(empty, with: [])
        #expect(error(key: empty) == .key(empty))
        guard case .certificate? = error(certificate: empty) else {
            Issue.record("an empty certificate is used")
            return
        }
        // The two mixed up: a key's file holds no certificate.
        guard case .certificate? = error(certificate: identity.key) else {
            Issue.record("a key is used as a certificate")
            return
        }
    }

    @Test func aKeyOfAnotherCertificate() throws {
        let other = try authority.issueServer()
        let mixed = TLSIdentityFiles(certificate: identity.certificate, key: other.key)
        #expect(error(key: other.key) == .mismatch(mixed))
    }

    @Test func aLockedKeyIsToldFromNone() throws {
        let locked = "\(authority.folder)/locked.key"
        try openssl([
            "pkcs8", "-topk8", "-in", identity.key, "-out", locked, "-passout", "pass:1234",
        ])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: locked)
        #expect(error(key: locked) == .lockedKey(locked))
    }

    @Test func authoritiesThatAreNone() throws {
        #expect(throws: TLSFileError.self) {
            try TLSClientContext(TLSClientFiles(authorities: identity.key))
        }
        #expect(throws: TLSFileError.self) {
            try TLSServerContext(TLSServerFiles(identity, clients: .may(authorities: "/dev/null")))
        }
    }

    @Test func reloadingShowsNewSessionsTheNewCertificate() throws {
        let server = try TLSServerIdentity(TLSServerFiles(identity))
        let client = try TLSClientContext(TLSClientFiles(authorities: authority.certificate))
        let before = Pair(server.current, client)
        before.carry()
        #expect(before.client.peer?.commonName == "server")

        let renewed = try authority.issue("renewed", for: .server, names: TestAuthority.loopback)
        for (from, to) in [
            (renewed.certificate, identity.certificate), (renewed.key, identity.key),
        ] {
            try FileManager.default.removeItem(atPath: to)
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }
        let between = Pair(server.current, client)
        try server.reload()
        between.carry()
        #expect(between.client.peer?.commonName == "server")
        let after = Pair(server.current, client)
        after.carry()
        #expect(after.client.peer?.commonName == "renewed")
        // Who was there goes on.
        #expect(before.client.send([1]))
        before.carry()
        #expect(before.toServer == [1])
    }

    @Test func theEndOfTheCertificate() throws {
        let now = Int64(Date.now.timeIntervalSince1970)
        for (days, files) in [(2, identity), (-1, try authority.issueServer(days: -1))] {
            let end = try TLSServerContext(TLSServerFiles(files)).validUntil
            #expect(abs(end - (now + Int64(days) * 86_400)) < 120)
        }
    }

    @Test func filesThatCannotBeUsedLeaveAllAsItWas() throws {
        let server = try TLSServerIdentity(TLSServerFiles(identity))
        let client = try TLSClientContext(TLSClientFiles(authorities: authority.certificate))
        try FileManager.default.removeItem(atPath: identity.key)
        #expect(throws: TLSFileError.self) { try server.reload() }
        let pair = Pair(server.current, client)
        pair.carry()
        #expect(pair.client.state == .open)
    }
}
