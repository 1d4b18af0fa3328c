extension City {
    /// The city as files of comma-separated values, by name: what `banjie import` takes, in this order.
    package var files: [(name: String, content: String)] {
        [
            (
                "departments.csv",
                Self.csv(["code", "name"], departments.map { [$0.code, $0.name] })
            ),
            (
                "posts.csv",
                Self.csv(
                    ["code", "name", "department", "rank"],
                    posts.map { [$0.code, $0.name, $0.department, "\($0.rank)"] }
                )
            ),
            ("people.csv", people),
            (
                "items.csv",
                Self.csv(
                    ["code", "name", "department", "statutory", "promised", "instant", "joint"],
                    items.map { item in
                        [
                            item.code, item.name, item.department, "\(item.statutoryDays)",
                            "\(item.promisedDays)", "\(item.isInstant)",
                            "\(!item.coHandlers.isEmpty)",
                        ]
                    }
                )
            ),
        ]
    }

    private var people: String {
        let members = staff.map { member in
            [
                member.login, member.name, member.department, member.post,
                member.roles.map { $0.rawValue.uppercased() }.joined(separator: ";"),
                member.citizenID, member.phone, "", "",
            ]
        }
        let others = applicants.map { applicant in
            [
                applicant.login, applicant.name, "", "", "APPLICANT", applicant.citizenID,
                applicant.phone, applicant.firm, applicant.creditCode,
            ]
        }
        return Self.csv(
            [
                "login", "name", "department", "post", "roles", "citizen_id", "phone", "firm",
                "credit_code",
            ],
            members + others
        )
    }

    /// Nothing in a city holds a comma, a quote or an end of line.
    private static func csv(_ names: [String], _ rows: [[String]]) -> String {
        ([names] + rows).map { $0.joined(separator: ",") + "\r\n" }.joined()
    }
}
