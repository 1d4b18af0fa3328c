import BanjieClient
import BanjieProtocol
import CivilTime
import LocalServer
import Office

/// One scenario's server, people and labels.
final class World {
    private let office: LocalOffice
    private(set) var now: Instant
    /// The item published for limits, by what it was asked for.
    private var items: [String: String] = [:]
    private var itemCount = 0
    /// The serial of the case that a label stands for.
    var cases: [String: String] = [:]
    /// The number of the inquiry that a label stands for.
    var inquiries: [String: String] = [:]
    /// The number of the order or task that a label stands for.
    var assignments: [String: String] = [:]
    /// The number of the assessment round that a label stands for.
    var rounds: [String: UInt64] = [:]
    /// The numbers of the publication and the lesson that a label stands for.
    var publications: [String: UInt64] = [:]
    var lessons: [String: UInt64] = [:]
    /// The number of the training plan that a label stands for.
    var plans: [String: UInt64] = [:]
    /// The numbers of drafts and of consultations.
    var drafts: [String: UInt64] = [:]
    var consultations: [String: UInt64] = [:]
    /// The query codes of cases, and the tokens of invitations to review them, by label.
    var queryCodes: [String: String] = [:]
    var tokens: [String: String] = [:]
    /// The request id that a label stands for.
    private var requestIDs: [String: [UInt8]] = [:]

    /// The departments of the fixture, with who works there.
    private static let departments = ["LEAD", "A", "B", "C", "OFFICE", "GOV"]

    private static let people = [
        Member("clerk", department: "LEAD", roles: [.staff]),
        Member("chief", department: "LEAD", rank: 2, roles: [.staff]),
        Member("head", department: "LEAD", rank: 3, roles: [.staff, .head]),
        Member("mayor", department: "GOV", rank: 9, roles: [.governmentHead]),
        Member("clerk-A", department: "A", roles: [.staff]),
        Member("clerk-B", department: "B", roles: [.staff]),
        Member("clerk-C", department: "C", roles: [.staff]),
        Member("clerk-OFFICE", department: "OFFICE", roles: [.staff, .office]),
        Member("supervisor", department: "OFFICE", roles: [.supervisor]),
        Member("officer", department: "LEAD", roles: [.staff]),
        Member("officer-2", department: "LEAD", roles: [.staff]),
        Member("officer-3", department: "LEAD", roles: [.staff]),
        Member("gateway", roles: [.gateway]),
        Member("zhang", roles: [.applicant]),
        Member("li", roles: [.applicant]),
    ]

    init(_ scenario: Scenario, program: String) async throws {
        now = scenario.firstDay.start
        let server = try ServerProcess(program: program)
        try server.start(.virtual(now))
        office = try LocalOffice(on: server)
        try await office.admit(departments: Self.departments, people: Self.people)
        for (year, arrangement) in scenario.calendar.sorted(by: { $0.key < $1.key }) {
            try await loadYear(year, arrangement)
        }
    }

    /// Who acts as the operator: the fixture's own doings, and what no person is named for.
    func `operator`() async throws -> any CallChannel { try office.operator() }

    /// The connection of a signed-in person.
    func channel(as login: String) async throws -> any CallChannel {
        try office.channel(as: login)
    }

    /// A channel on which nobody has signed in.
    func anonymousChannel() throws -> any CallChannel { try office.connect(as: nil) }

    /// The clerk of a department.
    static func clerk(of department: String) -> String {
        department == "LEAD" ? "clerk" : "clerk-\(department)"
    }

    /// The serial that a label stands for; an unknown label is sent as it is.
    func serial(_ label: String) -> String { cases[label] ?? label }

    /// The label of a case or an order; what has none is shown as it is.
    func label(of subject: String) -> String {
        if let label = cases.first(where: { $0.value == subject })?.key { return label }
        let key = subject.split(separator: "/").last.map(String.init)
        return assignments.first { $0.value == key }?.key ?? subject
    }

    /// The options of an operation's call: its request id, when it names one.
    func options(_ arguments: Arguments) -> CallOptions {
        guard let label = arguments.values["request_id"]?.text else { return CallOptions() }
        let id = requestIDs[label] ?? Array("request/\(requestIDs.count + 1)".utf8)
        requestIDs[label] = id
        return CallOptions(requestID: id)
    }

    // MARK: Time

    /// Moves the clock on; all that falls due on the way fires.
    func move(to instant: Instant) async throws {
        guard instant > now else { return }
        _ = try await AdminClient(try await `operator`())
            .advanceClock(AdvanceClockRequest(to: instant), options: .init(timeoutMillis: 60_000))
        now = instant
    }

    func kill() {
        office.server.kill()
        office.disconnect()
    }

    /// Starts the server again on its store; what fell due meanwhile fires before this returns.
    func start(at instant: Instant) async throws {
        guard office.server.processID == nil else { throw ScenarioError("the server is running") }
        now = max(now, instant)
        try office.server.start(.virtual(now))
        _ = try await AdminClient(try await `operator`())
            .advanceClock(AdvanceClockRequest(to: now), options: .init(timeoutMillis: 60_000))
    }

    /// The end of the audit chain: it stays where it is when nothing changes.
    func auditHead() async throws -> AuditHead {
        try await AdminClient(try await `operator`()).getAuditHead(Empty())
    }

    // MARK: The fixture

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
        return try LocalOffice.itemCode(itemCount)
    }

    /// The code of the item that a label stands for.
    func itemCode(_ label: String) throws -> String {
        if let code = items["label \(label)"] { return code }
        let code = try nextItemCode()
        items["label \(label)"] = code
        return code
    }
}
