import BanjieClient
import BanjieProtocol
import CivilTime
import Foundation
import Office
import Wire

/// One scenario's server, people and labels.
final class World {
    private let server: ServerProcess
    private(set) var now: Instant
    private var secrets: [String: String] = [:]
    private var channels: [String: any CallChannel] = [:]
    /// The item published for limits, by what it was asked for.
    private var items: [String: String] = [:]
    private var itemCount = 0
    /// The serial of the case that a label stands for.
    var cases: [String: String] = [:]

    /// The departments of the fixture, with who works there.
    private static let departments = ["LEAD", "A", "B", "C", "OFFICE", "GOV"]

    private static let people:
        [(login: String, department: String, rank: Int32, roles: [BanjieProtocol.Role])] = [
            ("clerk", "LEAD", 1, [.staff]),
            ("chief", "LEAD", 2, [.staff]),
            ("head", "LEAD", 3, [.staff, .head]),
            ("mayor", "GOV", 9, [.governmentHead]),
            ("clerk-A", "A", 1, [.staff]),
            ("clerk-B", "B", 1, [.staff]),
            ("clerk-C", "C", 1, [.staff]),
            ("clerk-OFFICE", "OFFICE", 1, [.staff, .office]),
            ("officer", "LEAD", 1, [.staff]),
            ("officer-2", "LEAD", 1, [.staff]),
            ("officer-3", "LEAD", 1, [.staff]),
            ("zhang", "", 0, [.applicant]),
            ("li", "", 0, [.applicant]),
        ]

    init(_ scenario: Scenario, program: String) async throws {
        now = scenario.firstDay.start
        server = try ServerProcess(program: program)
        try server.start(at: now)
        secrets["operator"] = try server.operatorSecret()
        try await furnish()
        for (year, arrangement) in (scenario.calendar ?? [:]).sorted(by: { $0.key < $1.key }) {
            try await loadYear(year, arrangement)
        }
    }

    /// Who acts as the operator: the fixture's own doings, and what no person is named for.
    func `operator`() async throws -> any CallChannel { try await channel(as: "operator") }

    /// The connection of a signed-in person.
    func channel(as login: String) async throws -> any CallChannel {
        if let channel = channels[login] { return channel }
        guard let secret = secrets[login] else { throw ScenarioError("nobody is called \(login)") }
        let options = ConnectionOptions(
            realm: "banjie",
            credentials: Credentials(login: login, secret: secret),
            product: "scenarios"
        )
        let channel = try Connection(to: server.address, options: options)
        channels[login] = channel
        return channel
    }

    /// The clerk of a department.
    static func clerk(of department: String) -> String {
        department == "LEAD" ? "clerk" : "clerk-\(department)"
    }

    /// The serial that a label stands for; an unknown label is sent as it is.
    func serial(_ label: String) -> String { cases[label] ?? label }

    // MARK: Time

    /// Moves the clock on; all that falls due on the way fires.
    func move(to instant: Instant) async throws {
        guard instant > now else { return }
        _ = try await AdminClient(try await `operator`())
            .advanceClock(AdvanceClockRequest(to: instant), options: .init(timeoutMillis: 60_000))
        now = instant
    }

    func kill() {
        server.kill()
        channels = [:]
    }

    /// Starts the server again on its store; what fell due meanwhile fires before this returns.
    func start(at instant: Instant) async throws {
        now = max(now, instant)
        try server.start(at: now)
        _ = try await AdminClient(try await `operator`())
            .advanceClock(AdvanceClockRequest(to: now), options: .init(timeoutMillis: 60_000))
    }

    /// The end of the audit chain: it stays where it is when nothing changes.
    func auditHead() async throws -> AuditHead {
        try await AdminClient(try await `operator`()).getAuditHead(Empty())
    }

    // MARK: The fixture

    private func furnish() async throws {
        let directory = DirectoryClient(try await `operator`())
        for code in Self.departments {
            _ = try await directory.putDepartment(Department(code: code, name: code))
        }
        for person in Self.people {
            let post = person.department.isEmpty ? "" : "post-\(person.login)"
            if !post.isEmpty {
                _ = try await directory.putPost(
                    Post(
                        code: post,
                        name: post,
                        department: person.department,
                        rank: person.rank
                    )
                )
            }
            _ = try await directory.putPerson(
                Person(
                    login: person.login,
                    name: person.login,
                    department: person.department,
                    post: post,
                    roles: person.roles
                )
            )
        }
        try await issueSecrets(directory)
    }

    /// Gives everybody a secret, so that no step of a scenario has to.
    private func issueSecrets(_ directory: DirectoryClient) async throws {
        for person in Self.people {
            secrets[person.login] = try await directory
                .issueCredential(PersonRequest(login: person.login)).secret
        }
    }

    /// The newest version of a year's arrangement, given as in the calendar file.
    private func loadYear(_ year: String, _ arrangement: JSON) async throws {
        guard let number = Int32(year) else { throw ScenarioError("the year \(year)?") }
        let newest =
            (arrangement.list ?? [arrangement]).compactMap(\.members)
            .max { ($0["version"]?.integer ?? 0) < ($1["version"]?.integer ?? 0) } ?? [:]
        let arguments = Arguments(values: newest)
        _ = try await CalendarClient(try await `operator`()).loadYear(
            LoadYearRequest(
                year: number,
                off: try arguments.dates("off"),
                makeUp: try arguments.dates("make_up"),
                source: "scenario"
            )
        )
    }

    // MARK: Items

    /// The code of the item for these limits, published on first use.
    func item(limits: ItemLimits, instant: Bool, joint: Bool) async throws -> String {
        let key = "\(limits.statutory)/\(limits.promised)/\(instant)/\(joint)"
        if let code = items[key] { return code }
        let code = try nextItemCode()
        _ = try await publish(code, limits: limits, instant: instant, joint: joint)
        items[key] = code
        return code
    }

    func publish(
        _ code: String,
        limits: ItemLimits,
        instant: Bool,
        joint: Bool
    ) async throws -> ItemView {
        try await DirectoryClient(try await `operator`()).publishItem(
            PublishItemRequest(
                code: code,
                name: "事项",
                department: "LEAD",
                limits: limits,
                instant: instant,
                joint: joint
            )
        )
    }

    /// A valid item code that hasn't been used.
    func nextItemCode() throws -> String {
        itemCount += 1
        let body = "11440300MB2C9270T"
        let check = try CreditCode.checkCharacter(for: body)
        let number = String(itemCount)
        return "\(body)\(check)4" + String(repeating: "0", count: 12 - number.count) + number
    }

    /// The code of the item that a label stands for.
    func itemCode(_ label: String) throws -> String {
        if let code = items["label \(label)"] { return code }
        let code = try nextItemCode()
        items["label \(label)"] = code
        return code
    }
}
