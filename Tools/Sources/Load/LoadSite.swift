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
    package init(starting program: String, in folder: URL, options: [String] = []) throws {
        let server = try ServerProcess(program: program, folder: folder)
        try server.start(.machine, options: options)
        self.server = server
        endpoint = server.address
        realm = "banjie"
        security = nil
        credentials = Credentials(login: "operator", secret: try server.operatorSecret())
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
    package func prepareCases(items count: Int) async throws -> (Credentials, [String]) {
        let directory = DirectoryClient(try connect())
        let department = Self.department
        let clerk = Member("load-clerk", department: department, roles: [.staff])
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
                    limits: ItemLimits(statutory: 20, promised: 10)
                )
            )
            items.append(item)
        }
        return (Credentials(login: clerk.login, secret: secret), items)
    }
}
