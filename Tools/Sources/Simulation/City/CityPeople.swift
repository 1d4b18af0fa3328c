package import BanjieProtocol

/// Who lives and works in a simulated city, and what its offices do.
package struct CityPeople: Sendable {
    package struct Department: Sendable {
        package let code: String
        package let name: String
        /// At least one.
        package let clerks: [String]
        package let head: String
        /// The login of its daemon for joint approvals.
        package let daemon: String

        package init(code: String, name: String, clerks: [String], head: String, daemon: String) {
            precondition(!clerks.isEmpty, "a department has a clerk")
            self.code = code
            self.name = name
            self.clerks = clerks
            self.head = head
            self.daemon = daemon
        }
    }

    package struct Item: Sendable {
        package let request: PublishItemRequest
        /// The departments that are asked when it is a joint one.
        package let coHandlers: [String]

        package init(_ request: PublishItemRequest, coHandlers: [String] = []) {
            self.request = request
            self.coHandlers = coHandlers
        }
    }

    /// Those that have clerks.
    package let departments: [Department]
    package let items: [Item]
    /// All who sign in: staff, heads, daemons, applicants, the office, supervision.
    package let people: [Person]
    package let posts: [Post]
    /// All departments as they are made known.
    package let places: [BanjieProtocol.Department]
    package let applicants: [String]
    package let mayor: String
    package let office: String
    package let supervisor: String

    static let `operator` = "operator"
    static let gateway = "gateway"

    package init(
        departments: [Department],
        items: [Item],
        people: [Person],
        posts: [Post],
        places: [BanjieProtocol.Department],
        applicants: [String],
        mayor: String,
        office: String,
        supervisor: String
    ) {
        self.departments = departments
        self.items = items
        // Not one of the city's.
        let gateway = Person(login: Self.gateway, name: "短信网关", roles: [.gateway])
        self.people = people + [gateway]
        self.posts = posts
        self.places = places
        self.applicants = applicants
        self.mayor = mayor
        self.office = office
        self.supervisor = supervisor
    }

    func department(_ code: String) -> Department? { departments.first { $0.code == code } }

    /// The post that somebody has; nil for none.
    func post(of login: String) -> String? {
        people.first { $0.login == login }.map(\.post).flatMap { $0.isEmpty ? nil : $0 }
    }

    func name(of login: String) -> String { people.first { $0.login == login }?.name ?? login }
}
