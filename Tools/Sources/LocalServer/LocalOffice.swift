package import BanjieClient
package import BanjieProtocol
import Office
package import Wire

/// Somebody who is to work with a local server.
package struct Member: Hashable, Sendable {
    package let login: String
    /// Empty for applicants, who have no post either.
    package let department: String
    package let rank: Int32
    package let roles: [BanjieProtocol.Role]

    package init(
        _ login: String,
        department: String = "",
        rank: Int32 = 1,
        roles: [BanjieProtocol.Role]
    ) {
        self.login = login
        self.department = department
        self.rank = rank
        self.roles = roles
    }
}

/// The people of a local server, with their secrets and connections.
package final class LocalOffice {
    package let server: ServerProcess
    private var secrets: [String: String]
    private var channels: [String: Connection] = [:]

    /// - Precondition: the server has been started once.
    package init(on server: ServerProcess) throws {
        self.server = server
        secrets = ["operator": try server.operatorSecret()]
    }

    /// The operator's connection.
    package func `operator`() throws -> Connection { try channel(as: "operator") }

    /// The connection of somebody who has been admitted.
    package func channel(as login: String) throws -> Connection {
        if let channel = channels[login] { return channel }
        let channel = try connect(as: login)
        channels[login] = channel
        return channel
    }

    /// A further connection; nobody signs in on it when `login` is nil.
    ///
    /// - Parameter attempts: How often a call is sent at most.
    package func connect(as login: String?, attempts: Int = 4) throws -> Connection {
        var options = ConnectionOptions(
            realm: "banjie",
            credentials: try login.map { try credentials(of: $0) },
            product: "local-office"
        )
        options.attempts = attempts
        options.initialBackoffMillis = 20
        options.longestBackoffMillis = 200
        return try Connection(to: server.address, options: options)
    }

    /// What somebody who has been admitted signs in with.
    package func credentials(of login: String) throws -> Credentials {
        guard let secret = secrets[login] else {
            throw ServerProcessError("nobody is called \(login)")
        }
        return Credentials(login: login, secret: secret)
    }

    /// Closes all connections, as is due when the server listens elsewhere.
    package func disconnect() {
        for channel in channels.values { channel.close() }
        channels = [:]
    }

    /// Enters departments and people, and gives everybody a secret.
    package func admit(departments: [String], people: [Member]) async throws {
        let directory = DirectoryClient(try `operator`())
        for code in departments {
            _ = try await directory.putDepartment(Department(code: code, name: code))
        }
        for person in people { secrets[person.login] = try await directory.admit(person) }
    }

    /// A valid item code for each number from 1 to 999 999 999 999.
    package static func itemCode(_ number: Int) throws -> String {
        let body = "11440300MB2C9270T"
        let digits = String(number)
        return "\(body)\(try CreditCode.checkCharacter(for: body))4"
            + String(repeating: "0", count: 12 - digits.count) + digits
    }
}

extension DirectoryClient {
    /// Enters somebody, with a post of his own unless he has no department; returns his secret.
    package func admit(_ member: Member) async throws -> String {
        let post = member.department.isEmpty ? "" : "post-\(member.login)"
        if !post.isEmpty {
            _ = try await putPost(
                Post(code: post, name: post, department: member.department, rank: member.rank)
            )
        }
        _ = try await putPerson(
            Person(
                login: member.login,
                name: member.login,
                department: member.department,
                post: post,
                roles: member.roles
            )
        )
        return try await issueCredential(PersonRequest(login: member.login)).secret
    }
}
