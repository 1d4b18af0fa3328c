package import BanjieClient
package import BanjieProtocol
package import Foundation
import LocalServer
package import Wire

/// Why a load can't be made.
package struct LoadError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A server that is loaded, and who signs in there.
package final class LoadSite {
    /// Ours, in a folder of its own, which goes when this does; nil for one that was there before.
    private let server: ServerProcess?
    private let endpoint: String
    private let security: ConnectionSecurity?
    private let credentials: Credentials?
    private let realm: String
    /// The authorities of our own server's certificate; nil without TLS.
    private let certificate: String?

    /// A server of somebody's.
    ///
    /// - Parameter endpoint: `host:port`, `unix:/path`, or behind `tls:` one under TLS.
    package init(
        at endpoint: String,
        realm: String,
        security: ConnectionSecurity?,
        credentials: Credentials?
    ) {
        server = nil
        certificate = nil
        self.endpoint = endpoint
        self.realm = realm
        self.security = security
        self.credentials = credentials
    }

    /// Starts a server with an empty store.
    ///
    /// - Parameters:
    ///   - program: the path of `banjied`.
    ///   - folder: where its store lies: durable writes cost what they cost there.
    ///   - hasTLS: whether it takes connections under TLS only, with a certificate made for it.
    package init(
        starting program: String,
        in folder: URL,
        options: [String] = [],
        hasTLS: Bool = false
    ) throws {
        let server = try ServerProcess(program: program, folder: folder)
        var options = options
        certificate = hasTLS ? try Self.makeCertificate(in: folder) : nil
        if let certificate {
            options += [
                "--listen", "tls:127.0.0.1:0", "--tls-certificate", certificate, "--tls-key",
                folder.appending(path: "key.pem").path,
            ]
        }
        try server.start(.machine, options: options)
        self.server = server
        endpoint = server.address
        realm = "banjie"
        security = try certificate.map { try ConnectionSecurity(authorities: $0) }
        credentials = Credentials(login: "operator", secret: try server.operatorSecret())
    }

    /// A certificate that is its own authority, and its key beside it; returns its path.
    private static func makeCertificate(in folder: URL) throws -> String {
        let certificate = folder.appending(path: "certificate.pem").path
        let run = try ProgramRun(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", certificate, "-keyout",
                folder.appending(path: "key.pem").path,
            ]
        )
        guard run.status == 0 else { throw LoadError("openssl: \(run.errors)") }
        return certificate
    }

    /// What is ours goes: the server first, since it writes into the folder.
    deinit {
        guard let server else { return }
        server.kill()
        try? FileManager.default.removeItem(at: server.folder)
        try? FileManager.default.removeItem(at: server.keys)
    }

    /// The server's process, when it is ours.
    package var processID: Int32? { server?.processID }

    /// The options by which another process of this program loads the same server.
    package func options(secretFile: URL) throws -> [String] {
        guard let credentials else { throw LoadError("several processes need somebody to sign in") }
        try Data("\(credentials.secret)\n".utf8).write(to: secretFile)
        return [
            "--server", endpoint, "--realm", realm, "--login", credentials.login, "--secret-file",
            secretFile.path,
        ] + (certificate.map { ["--ca", $0] } ?? [])
    }

    /// A further connection, on a thread of its own when one is given.
    package func connect(
        as credentials: Credentials? = nil,
        on thread: ConnectionThread? = nil
    ) throws -> Connection {
        var options = ConnectionOptions(
            realm: realm,
            credentials: credentials ?? self.credentials,
            product: "banjie-load"
        )
        options.security = security
        options.initialBackoffMillis = 50
        return try Connection(to: endpoint, options: options, thread: thread)
    }

    /// The department whose matters are brought.
    package static let department = "LOAD"

    /// A matter of an item, as the clerk brings it.
    package static func submission(of item: String) -> SubmitCaseRequest {
        SubmitCaseRequest(item: item, applicant: "load-applicant")
    }

    /// Enters a department with a clerk and so many items, as cases need them; returns who brings and
    /// handles the cases, and the items' codes.
    ///
    /// - Throws: unless an operator signs in: the operator of a server of somebody's has to be named.
    package func prepareCases(
        items count: Int,
        joint: Bool = false
    ) async throws -> (Credentials, [String]) {
        let directory = DirectoryClient(try connect())
        let department = Self.department
        // Each process has a clerk of its own: a new secret would void that of another's.
        let clerk = Member("load-clerk-\(getpid())", department: department, roles: [.staff])
        _ = try await directory.putDepartment(Department(code: department, name: "压测窗口"))
        let secret = try await directory.admit(clerk)
        _ = try await directory.putPerson(
            Person(login: "load-applicant", name: "压测申请人", roles: [.applicant])
        )
        var items: [String] = []
        for number in 1...count {
            let item = try LocalOffice.itemCode(number)
            _ = try await directory.publishItem(
                PublishItemRequest(
                    code: item,
                    name: "压测事项 \(number)",
                    department: department,
                    limits: ItemLimits(statutory: 20, promised: 10),
                    joint: joint
                )
            )
            items.append(item)
        }
        return (Credentials(login: clerk.login, secret: secret), items)
    }

    /// The departments that have to agree to a joint matter.
    package static let coHandlers = ["LOAD-FIRE", "LOAD-PLAN"]

    /// Enters the departments that joint matters need, and so many daemons, in turn of one and the other.
    package func prepareDaemons(_ count: Int) async throws -> [Credentials] {
        let directory = DirectoryClient(try connect())
        for code in Self.coHandlers {
            _ = try await directory.putDepartment(Department(code: code, name: "压测协办"))
        }
        var daemons: [Credentials] = []
        for number in 0..<count {
            let login = "load-daemon-\(getpid())-\(number)"
            let department = Self.coHandlers[number % Self.coHandlers.count]
            let secret = try await directory.admit(
                Member(login, department: department, roles: [.daemon])
            )
            daemons.append(Credentials(login: login, secret: secret))
        }
        return daemons
    }
}
