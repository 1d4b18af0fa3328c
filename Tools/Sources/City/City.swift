/// A sample city: its departments, posts, staff, items and applicants, all of whose codes are valid and none
/// of whose people exist.
package struct City: Equatable, Sendable {
    package struct Department: Equatable, Sendable {
        package let code: String
        package let name: String
        /// 统一社会信用代码 (GB 32100).
        package let creditCode: String
    }

    package struct Post: Equatable, Sendable {
        package let code: String
        package let name: String
        package let department: String
        package let rank: Int32
    }

    package struct Member: Equatable, Sendable {
        package enum Role: String, Sendable {
            case staff, head
            case governmentHead = "government_head"
            case office, supervisor, daemon
        }

        package let login: String
        package let name: String
        package let department: String
        /// Empty for a daemon.
        package let post: String
        package let roles: [Role]
        package let citizenID: String
        package let phone: String
    }

    package struct Item: Equatable, Sendable {
        package let code: String
        package let name: String
        package let department: String
        /// In working days.
        package let statutoryDays: Int32
        package let promisedDays: Int32
        package let isInstant: Bool
        /// The departments that are asked, the licensor first; empty unless it is a joint item.
        package let coHandlers: [String]
    }

    package struct Applicant: Equatable, Sendable {
        package let login: String
        package let name: String
        package let citizenID: String
        package let phone: String
        /// Empty for somebody who applies for himself.
        package let firm: String
        package let creditCode: String
    }

    /// How large a city is.
    package struct Size: Equatable, Sendable {
        package let departments: Int
        package var items: Int
        package var staff: Int
        package var applicants: Int

        /// - Parameter departments: from 4, the coordinating office, the government and supervision among
        ///   them, to as many as there are names for.
        package init(
            departments: Int = 38,
            items: Int = 300,
            staff: Int = 2000,
            applicants: Int = 1000
        ) {
            self.departments = min(max(4, departments), Agency.all.count)
            self.items = items
            self.staff = staff
            self.applicants = applicants
        }

        /// The same with another number of departments.
        package func with(departments: Int) -> Size {
            Size(departments: departments, items: items, staff: staff, applicants: applicants)
        }
    }

    package let departments: [Department]
    package let posts: [Post]
    package let staff: [Member]
    package let items: [Item]
    package let applicants: [Applicant]
}
