extension City {
    /// The city as files that `banjie import` takes, in this order: the name without its ending is the kind.
    package var files: [(name: String, content: String)] {
        [
            ("departments.csv", departmentRows),
            ("posts.csv", postRows),
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
            (
                "powers.csv",
                Self.csv(
                    [
                        "code", "department", "kind", "name", "basis", "duties", "post",
                        "accountability",
                    ],
                    powers
                )
            ),
            ("guides.jsonl", guides),
            ("duties.csv", Self.csv(["post", "holder", "cover"], duties)),
        ]
    }

    private var departmentRows: String {
        Self.csv(
            ["code", "name", "duties", "address", "office_phone", "complaint_phone"],
            departments.enumerated().map { index, department in
                [
                    department.code, department.name,
                    Self.duties(of: department).joined(separator: ";"), Self.address(of: index),
                    Self.phone(of: index, complaints: false),
                    Self.phone(of: index, complaints: true),
                ]
            }
        )
    }

    private var postRows: String {
        Self.csv(
            ["code", "name", "department", "rank", "duties", "counter"],
            posts.map { post in
                let index = departments.firstIndex { $0.code == post.department } ?? 0
                return [
                    post.code, post.name, post.department, "\(post.rank)",
                    Self.duties(of: post).joined(separator: ";"),
                    Self.counter(of: post, in: index),
                ]
            }
        )
    }

    private var people: String {
        let members = staff.map { member in
            [
                member.login, member.name, member.department, member.post,
                member.roles.map { $0.rawValue.uppercased() }.joined(separator: ";"),
                member.citizenID, member.phone, "", "", member.login.uppercased(),
            ]
        }
        let others = applicants.map { applicant in
            [
                applicant.login, applicant.name, "", "", "APPLICANT", applicant.citizenID,
                applicant.phone, applicant.firm, applicant.creditCode, "",
            ]
        }
        return Self.csv(
            [
                "login", "name", "department", "post", "roles", "citizen_id", "phone", "firm",
                "credit_code", "badge",
            ],
            members + others
        )
    }

    /// Nothing in a city holds a comma, a quote or an end of line.
    private static func csv(_ names: [String], _ rows: [[String]]) -> String {
        ([names] + rows).map { $0.joined(separator: ",") + "\r\n" }.joined()
    }
}
