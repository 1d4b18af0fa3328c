import BanjieClient
import BanjieProtocol
import Foundation
import LocalServer
import Testing
import Wire

/// Who may call what: every method against what its schema declares.
@Suite struct AccessTests {
    private static let methods = BanjieProtocolSchema.services.flatMap(\.methods)
    /// Rights are judged before the request is looked at: where they suffice, this is what is wrong.
    private static let undecodable: [UInt8] = [0x80]

    /// Every method, called by nobody and by somebody of each role alone.
    @Test func rolesAreThoseOfTheSchema() async throws {
        let office = try await TestOffice()
        let people = BanjieProtocol.Role.known.map { role in
            Member("only-\(role)", department: "LEAD", roles: [role])
        }
        try await office.office.admit(departments: [], people: people)
        let head = try await office.auditHead()
        let callers: [(BanjieProtocol.Role?, String?)] =
            [(nil, nil)] + people.map { ($0.roles.first, $0.login) }
        for (role, login) in callers {
            let connection = try office.frames(as: login)
            for method in Self.methods {
                let expected = Self.refusal(of: method, to: role) ?? .undecodable
                let answer = try connection.call(method.id, Self.undecodable)
                guard case .failure(let failure) = answer else {
                    Issue.record("\(method.fullName) took what can't be decoded")
                    continue
                }
                #expect(
                    failure.reason == expected.rawValue && failure.status == expected.status,
                    "\(method.fullName) by \(login ?? "nobody"): \(failure.message)"
                )
                #expect(failure.outcome == .notProcessed)
            }
        }
        #expect(try await office.auditHead() == head)
    }

    /// What the reference tells people is what the schema declares, and with
    /// `rolesAreThoseOfTheSchema` what a server does.
    @Test func theReferenceTellsTheRights() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let reference = try String(
            contentsOf: root.appending(path: "Protocol/REFERENCE.md"),
            encoding: .utf8
        )
        var told: [String: [String]] = [:]
        var method = ""
        for line in reference.split(separator: "\n") {
            if line.hasPrefix("#") {
                method = line.hasPrefix("#### ") ? String(line.dropFirst(5)) : ""
            } else if line.hasPrefix("- Who: ") {
                told[method, default: []].append(String(line.dropFirst(7)))
            }
        }
        #expect(Set(told.keys) == Set(Self.methods.map(\.fullName)))
        for method in Self.methods {
            #expect(told[method.fullName] == [Self.who(may: method)], "\(method.fullName)")
        }
    }

    /// Who may call a method, as the reference says it.
    private static func who(may method: MethodDescriptor) -> String {
        switch method.access {
        case .public: return "anybody, signed in or not"
        case .signedIn: return "anybody who has signed in"
        case .roles(let roles, let refusal):
            let names = roles.map { "\($0)".lowercased() }.joined(separator: ", ")
            return "\(names); others are refused with \(refusal.rawValue)"
        }
    }

    /// Roles and secrets that change are followed by sessions that are open.
    @Test func openSessionsFollowTheirAccounts() async throws {
        let office = try await TestOffice()
        let login = "follower"
        func put(_ roles: [BanjieProtocol.Role]) async throws {
            _ = try await DirectoryClient(try office.office.operator()).putPerson(
                Person(login: login, name: "赵", department: "LEAD", roles: roles)
            )
        }
        try await office.office.admit(
            departments: [],
            people: [Member(login, department: "LEAD", roles: [.staff])]
        )
        let connection = try office.frames(as: login)
        let bystander = try office.frames(as: TestOffice.everybody)
        func reason(_ method: MethodDescriptor) throws -> String? {
            switch try connection.call(method.id, Self.undecodable) {
            case .reply: nil
            case .failure(let failure): failure.reason
            }
        }
        let staffs = CasesMethods.accept
        let supervisors = AdminMethods.readAudit
        #expect(try reason(staffs) == Reason.undecodable.rawValue)
        #expect(try reason(supervisors) == Reason.roleRequired.rawValue)
        try await put([.supervisor])
        #expect(try reason(staffs) == Reason.roleRequired.rawValue)
        #expect(try reason(supervisors) == Reason.undecodable.rawValue)

        _ = try await DirectoryClient(try office.office.operator())
            .issueCredential(PersonRequest(login: login))
        #expect(try reason(supervisors) == Reason.signInRequired.rawValue)
        guard case .failure(let other) = try bystander.call(supervisors.id, Self.undecodable) else {
            Issue.record("took what can't be decoded")
            return
        }
        #expect(other.reason == Reason.undecodable.rawValue)
    }

    /// Why somebody of one role may not call a method, by the schema; nil when they may.
    private static func refusal(
        of method: MethodDescriptor,
        to role: BanjieProtocol.Role?
    ) -> Reason? {
        switch method.access {
        case .public: return nil
        case .signedIn: return role == nil ? .signInRequired : nil
        case .roles(let roles, let refusal):
            guard let role else { return .signInRequired }
            return roles.contains(role) ? nil : refusal
        }
    }

    /// Who is only an applicant lists the own matters, page by page, and nobody else's.
    @Test func applicantsListTheirOwnCases() async throws {
        let office = try await TestOffice()
        try await office.office.admit(
            departments: [],
            people: ["first", "second", "none"].map {
                Member($0, department: "LEAD", roles: [.applicant])
            }
        )
        func cases(of login: String) throws -> CasesClient {
            CasesClient(try office.office.channel(as: login))
        }
        var own: [String: [String]] = ["none": []]
        for login in ["first", "second", "first", "first"] {
            let request = SubmitCaseRequest(item: office.item, applicant: login)
            let submitted = try await cases(of: login).submit(request)
            own[login, default: []].append(submitted.case)
        }
        for (login, serials) in own {
            let all = try await cases(of: login).list(ListCasesRequest(limit: 10))
            #expect(all.cases.map(\.case) == serials.sorted() && !all.more, "\(login)")
        }
        let serials = own["first", default: []].sorted()
        let page = try await cases(of: "first").list(ListCasesRequest(limit: 2))
        #expect(page.cases.map(\.case) == Array(serials.prefix(2)) && page.more)
        let rest = try await cases(of: "first")
            .list(ListCasesRequest(limit: 2, after: serials[1]))
        #expect(rest.cases.map(\.case) == Array(serials.dropFirst(2)) && !rest.more)

        let first = try cases(of: "first")
        do throws(CallError) {
            _ = try await first.list(ListCasesRequest(department: "LEAD", limit: 10))
            Issue.record("an applicant listed a department's cases")
        } catch {
            #expect(error.reason == Reason.wrongDepartment.rawValue)
        }
    }

    @Test func unknownMethodsAreRefused() async throws {
        let office = try await TestOffice()
        let services = BanjieProtocolSchema.services
        var numbers: [UInt32] = [0, 1, 0xFFFF, 0x0001_FFFF, 0xFFFF_0001, .max]
        for service in services {
            numbers.append(UInt32(service.number) << 16)
            numbers.append(UInt32(service.number) << 16 | UInt32(service.methods.count + 100))
        }
        numbers.append(UInt32(services.map(\.number).max() ?? 0) + 1 << 16 | 1)
        for login in [nil, TestOffice.everybody] {
            let connection = try office.frames(as: login)
            for number in numbers {
                guard case .failure(let failure) = try connection.call(number, []) else {
                    Issue.record("method \(number) was answered")
                    continue
                }
                #expect(failure.reason == Reason.unknownMethod.rawValue)
                #expect(failure.status == .unimplemented && failure.outcome == .notProcessed)
            }
        }
    }

    @Test func wrongSecretsOpenNothing() async throws {
        let office = try await TestOffice()
        let right = try office.office.credentials(of: TestOffice.everybody)
        let wrong = [
            Credentials(login: right.login, secret: ""),
            Credentials(login: right.login, secret: right.secret + "0"),
            Credentials(login: "", secret: right.secret),
            Credentials(login: "nobody", secret: right.secret),
            Credentials(login: right.login, secret: String(repeating: "f", count: 60_000)),
        ]
        for credentials in wrong {
            let connection = try FrameConnection(to: office.server.address)
            #expect(throws: ServerProcessError.self) { try connection.open(as: credentials) }
        }
        #expect(try office.frames(as: right.login).status().writable)
    }
}

extension FrameConnection {
    /// What the server says of itself.
    func status() throws -> StatusReply {
        switch try call(DiagnosticsMethods.status.id, []) {
        case .reply(let bytes, _): return try StatusReply(decoding: bytes)
        case .failure(let failure): throw failure
        }
    }
}
