import BanjieClient
import BanjieProtocol
import CivilTime
import LocalServer
import Office
import Wire

/// A server with somebody who may do everything, and with records for requests to name.
final class TestOffice {
    let office: LocalOffice
    var server: ServerProcess { office.server }
    /// The item that cases are about.
    let item: String

    static let morning = Instant(unixSeconds: 1_772_416_800)

    /// The login of somebody with every role but the operator's, in the department that answers.
    static let everybody = "everybody"

    init() async throws {
        let server = try ServerProcess(program: ServerProcess.builtProgram)
        try server.start(.virtual(Self.morning))
        office = try LocalOffice(on: server)
        try await office.admit(
            departments: ["LEAD"],
            people: [
                Member(
                    Self.everybody,
                    department: "LEAD",
                    rank: 9,
                    roles: BanjieProtocol.Role.known
                )
            ]
        )
        let body = "11440300MB2C9270T"
        item = "\(body)\(try CreditCode.checkCharacter(for: body))4000000000001"
        _ = try await DirectoryClient(try office.operator()).publishItem(
            PublishItemRequest(
                code: item,
                name: "事项",
                department: "LEAD",
                limits: ItemLimits(statutory: 20, promised: 10)
            )
        )
    }

    /// A case in state RECEIVED.
    func submitCase() async throws -> CaseView {
        try await CasesClient(try office.channel(as: Self.everybody))
            .submit(SubmitCaseRequest(item: item, applicant: Self.everybody))
    }

    /// A running deadline.
    func armDeadline() async throws -> DeadlineView {
        try await DeadlinesClient(try office.channel(as: Self.everybody))
            .arm(ArmRequest(limit: 5, unit: .working))
    }

    func auditHead() async throws -> AuditHead {
        try await AdminClient(try office.operator()).getAuditHead(Empty())
    }

    /// A connection kept by hand; nobody signs in on it when `login` is nil.
    func frames(as login: String? = nil) throws -> FrameConnection {
        let connection = try FrameConnection(to: server.address)
        try connection.open(as: try login.map { try office.credentials(of: $0) })
        return connection
    }
}
