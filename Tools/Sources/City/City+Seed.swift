import CivilTime
import Office
import SeededRandom

extension City {
    /// The city of a seed: equal for equal seeds and sizes.
    package init(seed: UInt64, size: Size = Size()) {
        var makers = CityMaker(seed: seed)
        let agencies = Array(Agency.all.prefix(size.departments))
        var departments: [Department] = []
        for (index, agency) in agencies.enumerated() {
            let code = makers.creditCode(kind: "11", number: index)
            departments.append(
                Department(code: agency.code, name: agency.name, creditCode: code)
            )
        }
        self.departments = departments
        posts = agencies.flatMap(Self.posts)
        items = makers.items(size.items, of: agencies, departments)
        staff = makers.staff(size.staff, of: agencies)
        applicants = (0..<size.applicants).map { makers.applicant($0) }
    }

    private static func posts(of agency: Agency) -> [Post] {
        let head = Post(
            code: "\(agency.code)-0",
            name: "\(agency.name)主要负责人",
            department: agency.code,
            rank: agency.code == Agency.government.code ? 20 : 10
        )
        return [head]
            + Agency.posts.enumerated().map { index, post in
                Post(
                    code: "\(agency.code)-\(index + 1)",
                    name: post.name,
                    department: agency.code,
                    rank: post.rank
                )
            }
    }
}

/// Makes what a city is made of, one thing after the other from one seed.
private struct CityMaker {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[number(0...elements.count - 1)]
    }

    // MARK: Codes

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// - Parameter kind: who registers it, and what it is, as GB 32100 numbers them.
    mutating func creditCode(kind: String, number index: Int) -> String {
        let body = kind + "440300" + "MB" + Self.digits(number(0...999), 3) + Self.digits(index, 4)
        do {
            return body + String(try CreditCode.checkCharacter(for: body))
        } catch {
            preconditionFailure("the body of a credit code is of its alphabet: \(error)")
        }
    }

    private mutating func citizenID() -> String {
        let born = CivilDate(daysSinceEpoch: Int32(number(-3_650...12_775)))
        let body =
            pick(["440303", "440304", "440305", "110101", "310104", "420106"])
            + CaseSerial.compact(born) + Self.digits(number(0...999), 3)
        guard let check = CitizenID.checkCharacter(for: Array(body.utf8)) else {
            preconditionFailure("the body of a citizen ID is made of digits")
        }
        return body + String(UnicodeScalar(check))
    }

    private mutating func phone() -> String {
        pick(["138", "139", "150", "186", "199"]) + Self.digits(number(0...99_999_999), 8)
    }

    private mutating func name() -> String { pick(Names.family) + pick(Names.given) }

    // MARK: Items

    mutating func items(
        _ count: Int,
        of agencies: [Agency],
        _ departments: [City.Department]
    ) -> [City.Item] {
        let deciding = agencies.indices.filter { !agencies[$0].subjects.isEmpty }
        guard !deciding.isEmpty else { return [] }
        return (0..<count).map { index in
            let department = deciding[index % deciding.count]
            let agency = agencies[department]
            let turn = index / deciding.count
            let place = turn % agency.subjects.count
            let round = turn / agency.subjects.count
            // Every subject begins with another action, and has had all of them before one comes again.
            let action = Agency.actions[(round + place) % Agency.actions.count]
            let isInstant = action.statutoryDays == 1
            let isJoint = !isInstant && action.statutoryDays == 20 && index % 5 == 0
            let statutory = isJoint ? 45 : action.statutoryDays
            let others = deciding.filter { $0 != department }.map { agencies[$0].code }
            return City.Item(
                code: departments[department].creditCode + "1"
                    + Self.digits(100_000_000 + index, 12),
                name: Self.name(agency.subjects[place], action.name, round / Agency.actions.count),
                department: agency.code,
                statutoryDays: statutory,
                promisedDays: isInstant
                    ? 1
                    : Int32(number(max(1, Int(statutory) / 4)...max(1, Int(statutory) * 2 / 3))),
                isInstant: isInstant,
                coHandlers: isJoint ? someOf(others, number(1...3)) : []
            )
        }
    }

    private static func name(_ subject: String, _ action: String, _ series: Int) -> String {
        subject + action + (series > 0 ? "（\(series + 1)）" : "")
    }

    private mutating func someOf(_ codes: [String], _ count: Int) -> [String] {
        Array(codes.shuffled(using: &generator).prefix(count))
    }

    // MARK: People

    /// In every department a head, a daemon and clerks; the mayor, the coordinating office and supervision.
    mutating func staff(_ count: Int, of agencies: [Agency]) -> [City.Member] {
        var members: [City.Member] = []
        for agency in agencies {
            members.append(
                City.Member(
                    login: "daemon-\(agency.code)",
                    name: "\(agency.name)联审程序",
                    department: agency.code,
                    post: "",
                    roles: [.daemon],
                    citizenID: "",
                    phone: ""
                )
            )
            members.append(member(agency, 0, roles: Self.leadingRoles(in: agency)))
        }
        for index in 0..<max(agencies.count, count - members.count) {
            let agency = agencies[index % agencies.count]
            let number = index / agencies.count + 1
            members.append(member(agency, number, roles: Self.roles(in: agency)))
        }
        return members
    }

    private static func leadingRoles(in agency: Agency) -> [City.Member.Role] {
        agency.code == Agency.government.code ? [.governmentHead] : [.staff, .head]
    }

    private static func roles(in agency: Agency) -> [City.Member.Role] {
        switch agency.code {
        case Agency.office.code: [.staff, .office]
        case Agency.supervision.code: [.supervisor]
        default: [.staff]
        }
    }

    private mutating func member(
        _ agency: Agency,
        _ number: Int,
        roles: [City.Member.Role]
    ) -> City.Member {
        let post = number == 0 ? 0 : 1 + (number - 1) % Agency.posts.count
        return City.Member(
            login: "\(agency.code.lowercased())-\(number)",
            name: name(),
            department: agency.code,
            post: "\(agency.code)-\(post)",
            roles: roles,
            citizenID: citizenID(),
            phone: phone()
        )
    }

    mutating func applicant(_ index: Int) -> City.Applicant {
        let isFirm = index % 3 == 2
        return City.Applicant(
            login: "applicant-\(index + 1)",
            name: name(),
            citizenID: citizenID(),
            phone: phone(),
            firm: isFirm ? pick(Names.places) + pick(Names.trades) + "有限公司" : "",
            creditCode: isFirm ? creditCode(kind: "91", number: index) : ""
        )
    }
}
