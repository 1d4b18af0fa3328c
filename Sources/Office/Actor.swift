/// A role that a signed-in person has. The raw values are stored and sent.
package enum Role: Int32, Hashable, Sendable, CaseIterable {
    /// 申请人
    case applicant = 1
    /// 工作人员
    case staff = 2
    /// 行政机关负责人
    case head = 3
    /// 政府负责人
    case governmentHead = 4
    /// 统筹办公室
    case office = 5
    /// 督查
    case supervisor = 6
    /// A department's daemon.
    case daemon = 7
    /// Runs the system.
    case `operator` = 8
    /// 短信网关: sends applicants what they are told.
    case gateway = 9
}

/// Who acts: taken from the session, never from a request.
package struct Actor: Hashable, Sendable {
    package let login: String
    package let roles: Set<Role>
    /// The department's code; empty for applicants.
    package let department: String

    package init(login: String, roles: Set<Role>, department: String) {
        self.login = login
        self.roles = roles
        self.department = department
    }

    /// Who acts when time does.
    package static let system = Actor(login: "system", roles: [], department: "")

    /// Whoever hasn't signed in: may use what is open to everybody.
    package static let anonymous = Actor(login: "anonymous", roles: [], department: "")

    package func has(_ role: Role) -> Bool { roles.contains(role) }

    /// Whether somebody brings matters, and none is given them to look after.
    package var isMerelyApplicant: Bool {
        has(.applicant) && roles.isDisjoint(with: [.staff, .head, .office, .supervisor])
    }
}
