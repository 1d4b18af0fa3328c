package import CivilTime
package import Store

/// What an applicant says of a service (评价).
package struct Rating: Hashable, Sendable {
    /// 1 非常满意 … 5 非常不满意.
    package let grade: Int32
    package let text: String
    package let isAnonymous: Bool
    /// 收到日: the day from which its limits count.
    package let received: CivilDate
    /// What was added, once; nil before.
    package internal(set) var supplement: String?

    package static let grades: ClosedRange<Int32> = 1...5

    /// Whether it is one of the last two grades (差评).
    package var isNegative: Bool { grade >= 4 }
}

/// A review as it lies in the store, without its clocks.
package struct ReviewRecord: Hashable, Sendable {
    /// How far a bad review has come.
    package enum Handling: Hashable, Sendable {
        /// 待核实
        case reported
        /// 整改中
        case rectifying(isComplex: Bool, isSecond: Bool)
        /// 待回访: measures were taken, or it was explained why none are.
        case answered(String, isExplanation: Bool, isComplex: Bool, isSecond: Bool)
        /// 已回访: the applicant is satisfied.
        case satisfied(String)
        /// 已办结; without a follow-up, where nobody could be asked.
        case closed(String, followedUp: Bool)
        /// 转督查: the applicant was dissatisfied twice.
        case supervised(String)
    }

    package enum Progress: Hashable, Sendable {
        /// 待评价
        case invited
        /// 未评价: the window has closed.
        case unrated
        /// 已评价
        case satisfied(Rating)
        case negative(Rating, Handling)
        /// 申诉中, with where it goes on when the appeal is dismissed.
        case appealed(Rating, Handling, reason: String)
        /// 不计入
        case excluded(Rating)
    }

    /// The case serial.
    package let key: String
    package var trail = FileTrail()
    /// The department that is reviewed.
    package let department: String
    package let item: String
    /// Who delivered.
    package let handler: String
    /// The post (岗位) from which they did.
    package let post: String
    /// The applicant's login.
    package let applicant: String
    package let delivered: CivilDate
    package internal(set) var progress = Progress.invited

    init(
        of matter: CaseRecord,
        deliveredBy handler: String,
        from post: String,
        on day: CivilDate
    ) {
        key = matter.key
        department = matter.department
        item = matter.item.code
        self.handler = handler
        self.post = post
        applicant = matter.applicant
        delivered = day
    }

    /// What was said; nil before.
    package var rating: Rating? {
        switch progress {
        case .invited, .unrated: nil
        case .satisfied(let rating), .negative(let rating, _), .appealed(let rating, _, _),
            .excluded(let rating):
            rating
        }
    }

    /// Whether it is a bad one that isn't done with.
    package var isOpen: Bool {
        switch progress {
        case .negative(_, .closed), .negative(_, .supervised): false
        case .negative, .appealed: true
        case .invited, .unrated, .satisfied, .excluded: false
        }
    }
}

extension ReviewRecord: FiledRecord {
    /// A department's bad reviews that aren't done with.
    package static let byOpen = Index("review_by_open", on: ["open_department"])

    private static let steps = Column.Choices(
        [
            1: "INVITED", 2: "UNRATED", 3: "SATISFIED", 4: "NEGATIVE", 5: "APPEALED",
            6: "EXCLUDED",
        ]
    )

    package static let table = Table(
        "review",
        key: [Column("case_serial", .text)],
        columns: FileTrail.columns + [
            Column("open_department", .text, optional: true),
            Column("department", .text),
            Column("item", .text),
            Column("handler", .text),
            Column("post", .text),
            Column("applicant", .text),
            Column("delivered", .day),
            Column("progress", .choice(steps)),
            Column("grade", .integer, optional: true),
            Column("text", .text, optional: true, personal: true),
            Column("anonymous", .flag, optional: true),
            Column("received", .day, optional: true),
            Column("supplement", .text, optional: true, personal: true),
            Column("handling", .choice(StoredHandling.numbers), optional: true),
            Column("measures", .text, optional: true, personal: true),
            Column("explained", .flag, optional: true),
            Column("complex", .flag, optional: true),
            Column("second", .flag, optional: true),
            Column("followed_up", .flag, optional: true),
            Column("appeal", .text, optional: true, personal: true),
        ],
        indexes: [byOpen]
    )

    package func write(to row: inout RowWriter) {
        trail.write(to: &row)
        row.text(isOpen ? department : nil)
        row.text(department)
        row.text(item)
        row.text(handler)
        row.text(post)
        row.text(applicant)
        row.day(delivered)
        let (number, handling, appeal): (Int64, Handling?, String?) =
            switch progress {
            case .invited: (1, nil, nil)
            case .unrated: (2, nil, nil)
            case .satisfied: (3, nil, nil)
            case .negative(_, let handling): (4, handling, nil)
            case .appealed(_, let handling, let reason): (5, handling, reason)
            case .excluded: (6, nil, nil)
            }
        row.choice(number)
        row.integer(rating.map { Int64($0.grade) })
        row.text(rating?.text)
        row.flag(rating?.isAnonymous)
        row.day(rating?.received)
        row.text(rating?.supplement)
        StoredHandling(handling).write(to: &row)
        row.text(appeal)
    }

    package init(key: String, row: inout RowReader) throws(StoreError) {
        self.key = key
        trail = try FileTrail(row: &row)
        _ = try row.optionalText()
        department = try row.text()
        item = try row.text()
        handler = try row.text()
        post = try row.text()
        applicant = try row.text()
        delivered = try row.day()
        let number = try row.integer()
        let grade = try row.optionalInteger().flatMap { Int32(exactly: $0) }
        let text = try row.optionalText()
        let isAnonymous = try row.optionalInteger()
        let received = try row.optionalDay()
        let supplement = try row.optionalText()
        var rating: Rating?
        if let grade, Rating.grades.contains(grade), let text, let isAnonymous, let received {
            rating = Rating(
                grade: grade,
                text: text,
                isAnonymous: isAnonymous != 0,
                received: received,
                supplement: supplement
            )
        }
        let handling = try StoredHandling(row: &row).handling(row)
        let appeal = try row.optionalText()
        switch (number, rating, handling, appeal) {
        case (1, nil, nil, nil): progress = .invited
        case (2, nil, nil, nil): progress = .unrated
        case (3, let rating?, nil, nil): progress = .satisfied(rating)
        case (4, let rating?, let handling?, nil): progress = .negative(rating, handling)
        case (5, let rating?, let handling?, let reason?):
            progress = .appealed(rating, handling, reason: reason)
        case (6, let rating?, nil, nil): progress = .excluded(rating)
        default: throw row.mismatch("the progress of a review", .integer(number))
        }
    }
}

/// A handling laid out in columns: its number, and what belongs to it.
private struct StoredHandling {
    static let numbers = Column.Choices(
        [
            1: "REPORTED", 2: "RECTIFYING", 3: "ANSWERED", 4: "SATISFIED", 5: "CLOSED",
            6: "SUPERVISED",
        ]
    )

    var number: Int64?
    var measures: String?
    var isExplanation: Bool?
    var isComplex: Bool?
    var isSecond: Bool?
    var isFollowedUp: Bool?

    init(_ handling: ReviewRecord.Handling?) {
        switch handling {
        case nil: break
        case .reported: number = 1
        case .rectifying(let complex, let second):
            number = 2
            (isComplex, isSecond) = (complex, second)
        case .answered(let text, let explanation, let complex, let second):
            number = 3
            measures = text
            (isExplanation, isComplex, isSecond) = (explanation, complex, second)
        case .satisfied(let text):
            number = 4
            measures = text
        case .closed(let text, let followedUp):
            number = 5
            measures = text
            isFollowedUp = followedUp
        case .supervised(let text):
            number = 6
            measures = text
        }
    }

    func write(to row: inout RowWriter) {
        row.choice(number)
        row.text(measures)
        for flag in [isExplanation, isComplex, isSecond, isFollowedUp] { row.flag(flag) }
    }

    init(row: inout RowReader) throws(StoreError) {
        number = try row.optionalInteger()
        measures = try row.optionalText()
        isExplanation = try row.optionalInteger().map { $0 != 0 }
        isComplex = try row.optionalInteger().map { $0 != 0 }
        isSecond = try row.optionalInteger().map { $0 != 0 }
        isFollowedUp = try row.optionalInteger().map { $0 != 0 }
    }

    func handling(_ row: RowReader) throws(StoreError) -> ReviewRecord.Handling? {
        guard let number else { return nil }
        switch number {
        case 1: return .reported
        case 2:
            if let isComplex, let isSecond {
                return .rectifying(isComplex: isComplex, isSecond: isSecond)
            }
        case 3:
            if let measures, let isExplanation, let isComplex, let isSecond {
                return .answered(
                    measures,
                    isExplanation: isExplanation,
                    isComplex: isComplex,
                    isSecond: isSecond
                )
            }
        case 4: if let measures { return .satisfied(measures) }
        case 5:
            if let measures, let isFollowedUp {
                return .closed(measures, followedUp: isFollowedUp)
            }
        case 6: if let measures { return .supervised(measures) }
        default: break
        }
        throw row.mismatch("how far a bad review has come", .integer(number))
    }
}
