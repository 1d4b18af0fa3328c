import ChildProcess
import Foundation
package import TLS

/// An authority whose certificates the `openssl` command makes, in a folder of its own.
package final class TestAuthority: Sendable {
    package enum Purpose: String, Sendable {
        case server = "serverAuth"
        case client = "clientAuth"
    }

    /// The names of a server on the loopback.
    package static let loopback = "DNS:localhost,IP:127.0.0.1,IP:::1"

    /// What stands there is removed with the authority.
    package let folder: String
    /// The authority's own certificate.
    package let certificate: String

    package init() throws {
        folder =
            FileManager.default.temporaryDirectory
            .appending(path: "banjie-certificates-\(UUID().uuidString)").path
        certificate = "\(folder)/authority.pem"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try openssl(
            ["req", "-x509"] + Self.newKey(at: "\(folder)/authority.key") + [
                "-out", certificate, "-days", "2", "-subj", "/CN=Test Authority",
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            ]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Makes a certificate and its key.
    ///
    /// - Parameter names: as OpenSSL writes alternative names; none when empty.
    /// - Parameter days: how long it is valid; negative when it has expired.
    package func issue(
        _ name: String,
        for purpose: Purpose,
        names: String = "",
        days: Int = 2
    ) throws -> TLSIdentityFiles {
        let base = "\(folder)/\(UUID().uuidString)"
        var request =
            ["req", "-new"] + Self.newKey(at: "\(base).key") + [
                "-out", "\(base).csr", "-subj", "/CN=\(name)", "-utf8",
                "-addext", "extendedKeyUsage=\(purpose.rawValue)",
            ]
        if !names.isEmpty { request += ["-addext", "subjectAltName=\(names)"] }
        try openssl(request)
        try openssl([
            "x509", "-req", "-in", "\(base).csr", "-CA", certificate,
            "-CAkey", "\(folder)/authority.key", "-copy_extensions", "copyall",
            "-days", "\(days)", "-out", "\(base).pem",
        ])
        return TLSIdentityFiles(certificate: "\(base).pem", key: "\(base).key")
    }

    /// Writes a file with the authority's certificate and its list of revoked certificates.
    ///
    /// - Parameter seconds: how long the list is in force, from now on.
    package func revoke(
        _ certificates: [TLSIdentityFiles],
        forSeconds seconds: Int = 86_400
    ) throws -> String {
        let base = "\(folder)/\(UUID().uuidString)"
        let configuration = """
            [ca]
            default_ca = test
            [test]
            database = \(base).index
            default_md = sha256
            """
        try configuration.write(toFile: "\(base).conf", atomically: true, encoding: .utf8)
        try "".write(toFile: "\(base).index", atomically: true, encoding: .utf8)
        let authority = [
            "ca", "-config", "\(base).conf", "-cert", certificate, "-keyfile",
            "\(folder)/authority.key",
        ]
        for revoked in certificates {
            try openssl(authority + ["-revoke", revoked.certificate])
        }
        try openssl(authority + ["-gencrl", "-crlsec", "\(seconds)", "-out", "\(base).crl"])
        let parts = try [certificate, "\(base).crl"].map {
            try String(contentsOfFile: $0, encoding: .utf8)
        }
        try parts.joined().write(toFile: "\(base).trusted", atomically: true, encoding: .utf8)
        return "\(base).trusted"
    }

    /// Makes a certificate of a server on the loopback.
    package func issueServer(days: Int = 2) throws -> TLSIdentityFiles {
        try issue("server", for: .server, names: Self.loopback, days: days)
    }

    private static func newKey(at path: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]
    }
}

/// Runs the `openssl` command.
///
/// - Throws: with what it wrote, when it fails.
package func openssl(_ arguments: [String]) throws {
    let output = Pipe()
    let process = try ChildProcess(
        "/usr/bin/env",
        ["openssl"] + arguments,
        output: .pipe(output),
        errors: .pipe(output)
    )
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    guard process.wait() == .code(0) else {
        throw OpenSSLFailure(
            description: "openssl \(arguments.joined(separator: " ")): "
                + String(decoding: text, as: UTF8.self)
        )
    }
}

/// What the `openssl` command failed with.
package struct OpenSSLFailure: Error, CustomStringConvertible {
    package let description: String
}
