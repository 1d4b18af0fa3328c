import BanjieProtocol
package import City

extension CityPeople {
    /// Those of a sample city who bring and handle matters.
    package init(_ city: City) {
        let heads = city.staff.filter {
            $0.roles.contains(.head) || $0.roles.contains(.governmentHead)
        }
        let departments = city.departments.compactMap { department -> Department? in
            let clerks = city.staff.filter {
                $0.department == department.code && $0.roles.contains(.staff)
                    && !$0.roles.contains(.head)
            }
            guard let head = heads.first(where: { $0.department == department.code }),
                !clerks.isEmpty
            else { return nil }
            return Department(
                code: department.code,
                name: department.name,
                clerks: clerks.map(\.login),
                head: head.login,
                daemon: "daemon-\(department.code)"
            )
        }
        func one(_ role: City.Member.Role) -> String {
            guard let found = city.staff.first(where: { $0.roles.contains(role) }) else {
                preconditionFailure("a city has somebody as \(role)")
            }
            return found.login
        }
        self.init(
            departments: departments,
            items: city.items.map { item in
                Item(
                    PublishItemRequest(
                        code: item.code,
                        name: item.name,
                        department: item.department,
                        limits: ItemLimits(
                            statutory: item.statutoryDays,
                            promised: item.promisedDays
                        ),
                        instant: item.isInstant,
                        joint: !item.coHandlers.isEmpty
                    ),
                    coHandlers: item.coHandlers
                )
            },
            people: city.staff.map(Self.person) + city.applicants.map(Self.person),
            posts: city.posts.map { post in
                Post(
                    code: post.code,
                    name: post.name,
                    department: post.department,
                    rank: post.rank
                )
            },
            places: city.departments.map {
                BanjieProtocol.Department(code: $0.code, name: $0.name)
            },
            applicants: city.applicants.map(\.login),
            mayor: one(.governmentHead),
            office: one(.office),
            supervisor: one(.supervisor)
        )
    }

    private static func person(_ member: City.Member) -> Person {
        Person(
            login: member.login,
            name: member.name,
            department: member.department,
            post: member.post,
            roles: member.roles.map { role in
                switch role {
                case .staff: .staff
                case .head: .head
                case .governmentHead: .governmentHead
                case .office: .office
                case .supervisor: .supervisor
                case .daemon: .daemon
                }
            },
            citizenId: member.citizenID,
            phone: member.phone
        )
    }

    private static func person(_ applicant: City.Applicant) -> Person {
        Person(
            login: applicant.login,
            name: applicant.name,
            roles: [.applicant],
            citizenId: applicant.citizenID,
            phone: applicant.phone,
            firm: applicant.firm,
            creditCode: applicant.creditCode
        )
    }
}
