package import CivilTime
package import Store

/// An inquiry as it lies in the store, without its clock.
package struct InquiryRecord: Hashable, Sendable {
    /// How far it has come.
    package enum Progress: Hashable, Sendable {
        /// 已登记
        case registered
        /// 延期答复
        case deferred(reason: String, until: CivilDate)
        /// 移交中: to this person, who hasn't taken it.
        case offered(to: Person)
        /// 已移交
        case handedOver
        /// 职责不清: before the coordinating office.
        case unclear(reason: String)
        /// 已指定, by the coordinating office.
        case assigned
        /// 已答复
        case answered(String)
        /// 已指引
        case referredOut(agency: String, route: String)
        /// 已办结, with what was said.
        case closed(String)
    }

    /// Somebody of a department.
    package struct Person: Hashable, Sendable {
        package let login: String
        package let department: String

        package init(login: String, department: String) {
            self.login = login
            self.department = department
        }
    }

    /// Its number in text.
    package let key: String
    package var trail = FileTrail()
    package let question: String
    package let inquirer: String
    /// 收到日.
    package let received: CivilDate
    /// Who answers for it.
    package internal(set) var owner: Person
    /// The logins of all who have answered for it, in order, the present one last.
    package internal(set) var owners: [String]
    package internal(set) var progress = Progress.registered

    init(
        number: Int64,
        question: String,
        inquirer: String,
        owner: Person,
        received: CivilDate
    ) {
        key = String(number)
        self.question = question
        self.inquirer = inquirer
        self.owner = owner
        owners = [owner.login]
        self.received = received
    }

    /// Whether an answer is still owed.
    package var isOpen: Bool {
        switch progress {
        case .registered, .deferred, .offered, .handedOver, .unclear, .assigned: true
        case .answered, .referredOut, .closed: false
        }
    }
}

extension InquiryRecord: FiledRecord {
    /// A department's inquiries to which an answer is owed, in the order in which they were received.
    package static let byOpen = Index("inquiry_by_open", on: ["open_department", "received"])

    package static let table = Table(
        "inquiry",
        key: [Column("number", .text)],
        columns: FileTrail.columns + [
            Column("open_department", .text, optional: true),
            Column("received", .day),
            Column("question", .text, personal: true),
            Column("inquirer", .text, personal: true),
            Column("owner", .text),
            Column("owner_department", .text),
            Column("owners", .list(of: .text)),
            Column("progress", .choice(StoredProgress.numbers)),
            Column("said", .text, optional: true, personal: true),
            Column("route", .text, optional: true, personal: true),
            Column("until", .day, optional: true),
            Column("offered_to", .text, optional: true),
            Column("offered_department", .text, optional: true),
        ],
        indexes: [byOpen]
    )

    package func write(to row: inout RowWriter) {
        trail.write(to: &row)
        row.text(isOpen ? owner.department : nil)
        row.day(received)
        row.text(question)
        row.text(inquirer)
        row.text(owner.login)
        row.text(owner.department)
        row.texts(owners)
        let stored = StoredProgress(progress)
        row.choice(stored.number)
        row.text(stored.said)
        row.text(stored.route)
        row.day(stored.until)
        row.text(stored.offered?.login)
        row.text(stored.offered?.department)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        trail = try FileTrail(row: &row)
        _ = try row.optionalText()
        received = try row.day()
        question = try row.text()
        inquirer = try row.text()
        owner = Person(login: try row.text(), department: try row.text())
        owners = try row.texts()
        progress = try StoredProgress(row: &row).progress(row)
    }
}

/// A progress laid out in columns: its number, and what belongs to it.
private struct StoredProgress {
    static let numbers = Column.Choices(
        [
            1: "REGISTERED", 2: "DEFERRED", 3: "OFFERED", 4: "HANDED_OVER", 5: "UNCLEAR",
            6: "ASSIGNED", 7: "ANSWERED", 8: "REFERRED_OUT", 9: "CLOSED",
        ]
    )

    var number: Int64
    var said: String?
    var route: String?
    var until: CivilDate?
    var offered: InquiryRecord.Person?

    init(_ progress: InquiryRecord.Progress) {
        switch progress {
        case .registered: number = 1
        case .deferred(let reason, let day):
            number = 2
            (said, until) = (reason, day)
        case .offered(let person):
            number = 3
            offered = person
        case .handedOver: number = 4
        case .unclear(let reason):
            number = 5
            said = reason
        case .assigned: number = 6
        case .answered(let answer):
            number = 7
            said = answer
        case .referredOut(let agency, let way):
            number = 8
            (said, route) = (agency, way)
        case .closed(let answer):
            number = 9
            said = answer
        }
    }

    init(row: inout RowReader) throws(StoreError) {
        number = try row.integer()
        said = try row.optionalText()
        route = try row.optionalText()
        until = try row.optionalDay()
        let (login, department) = (try row.optionalText(), try row.optionalText())
        if let login, let department {
            offered = InquiryRecord.Person(login: login, department: department)
        }
    }

    func progress(_ row: RowReader) throws(StoreError) -> InquiryRecord.Progress {
        switch number {
        case 1: return .registered
        case 2: if let said, let until { return .deferred(reason: said, until: until) }
        case 3: if let offered { return .offered(to: offered) }
        case 4: return .handedOver
        case 5: if let said { return .unclear(reason: said) }
        case 6: return .assigned
        case 7: if let said { return .answered(said) }
        case 8: if let said, let route { return .referredOut(agency: said, route: route) }
        case 9: if let said { return .closed(said) }
        default: break
        }
        throw row.mismatch("how far an inquiry has come", .integer(number))
    }
}
