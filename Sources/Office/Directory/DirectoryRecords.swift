package import Store

/// 部门.
package struct DepartmentRecord: Record, Hashable {
    /// Its code.
    package let key: String
    package var name: String
    /// 主要职责
    package var duties: [String]
    package var address: String
    package var phone: String
    /// 监督投诉电话
    package var complaintPhone: String

    package init(
        code: String,
        name: String,
        duties: [String] = [],
        address: String = "",
        phone: String = "",
        complaintPhone: String = ""
    ) {
        key = code
        self.name = name
        self.duties = duties
        self.address = address
        self.phone = phone
        self.complaintPhone = complaintPhone
    }

    package static let table = Table(
        "department",
        key: [Column("code", .text)],
        columns: [
            Column("name", .text), Column("duties", .list(of: .text), optional: true),
            Column("address", .text, optional: true), Column("phone", .text, optional: true),
            Column("complaint_phone", .text, optional: true),
        ]
    )

    package func write(to row: inout RowWriter) {
        row.text(name)
        row.texts(duties)
        row.text(address)
        row.text(phone)
        row.text(complaintPhone)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        name = try row.text()
        duties = try row.optionalTexts() ?? []
        address = try row.optionalText() ?? ""
        phone = try row.optionalText() ?? ""
        complaintPhone = try row.optionalText() ?? ""
    }
}

/// 岗位.
package struct PostRecord: Record, Hashable {
    /// Its code.
    package let key: String
    package var name: String
    package var department: String
    /// A larger number is higher.
    package var rank: Int32
    /// 岗位职责
    package var duties: [String]
    /// Its counter or room; empty where none is given.
    package var counter: String

    package init(
        code: String,
        name: String,
        department: String,
        rank: Int32,
        duties: [String] = [],
        counter: String = ""
    ) {
        key = code
        self.name = name
        self.department = department
        self.rank = rank
        self.duties = duties
        self.counter = counter
    }

    /// The order in which posts are shown: the highest first; equal ranks by code.
    package static func isHigher(_ one: PostRecord, than other: PostRecord) -> Bool {
        (other.rank, one.key) < (one.rank, other.key)
    }

    package static let table = Table(
        "post",
        key: [Column("code", .text)],
        columns: [
            Column("name", .text), Column("department", .text), Column("rank", .integer),
            Column("duties", .list(of: .text), optional: true),
            Column("counter", .text, optional: true),
        ],
        indexes: [byDepartment]
    )

    /// The posts of a department, by code.
    package static let byDepartment = Index("post_by_department", on: ["department"])

    package func write(to row: inout RowWriter) {
        row.text(name)
        row.text(department)
        row.integer(Int64(rank))
        row.texts(duties)
        row.text(counter)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        name = try row.text()
        department = try row.text()
        rank = try row.integer(as: Int32.self)
        duties = try row.optionalTexts() ?? []
        counter = try row.optionalText() ?? ""
    }
}

/// A person who can sign in.
package struct PersonRecord: Record, Hashable {
    /// The login.
    package let key: String
    package var details: PersonDetails
    /// Empty for applicants.
    package var department: String
    /// Empty for applicants.
    package var post: String
    package var roles: Set<Role>
    /// 工号: the number on the badge; nil when there is none.
    package var badge: String?
    /// Whether the person may not sign in.
    package var isDisabled: Bool

    package init(
        login: String,
        details: PersonDetails,
        department: String,
        post: String,
        roles: Set<Role>,
        badge: String? = nil,
        isDisabled: Bool = false
    ) {
        key = login
        self.details = details
        self.department = department
        self.post = post
        self.roles = roles
        self.badge = badge
        self.isDisabled = isDisabled
    }

    /// Whether the person can run the system.
    package var isWorkingOperator: Bool { roles.contains(.operator) && !isDisabled }

    /// The person as who acts.
    package var actor: Actor { Actor(login: key, roles: roles, department: department) }

    /// Whether a login can be one: it stands in the open, so it may not say who somebody is.
    package static func isLogin(_ login: String) -> Bool {
        CitizenID(login) == nil && PhoneNumber(login) == nil
    }

    package static let table = Table(
        "person",
        key: [Column("login", .text)],
        columns: PersonDetails.columns + [
            Column("department", .text), Column("post", .text),
            Column("roles", .set(of: Role.self)),
            Column("disabled", .flag, optional: true), Column("badge", .text, optional: true),
        ],
        indexes: [byDepartment]
    )

    /// The people of a department, by login.
    package static let byDepartment = Index("person_by_department", on: ["department"])

    package func write(to row: inout RowWriter) {
        details.write(to: &row)
        row.text(department)
        row.text(post)
        row.set(roles)
        row.flag(isDisabled ? true : nil)
        row.text(badge)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        details = try PersonDetails(row: &row)
        department = try row.text()
        post = try row.text()
        roles = try row.set(of: Role.self)
        isDisabled = try row.optionalInteger().map { $0 != 0 } ?? false
        badge = try row.optionalText()
    }
}
