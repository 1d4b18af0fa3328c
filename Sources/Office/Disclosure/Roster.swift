package import CivilTime
package import Store

/// Who has a post from a day on: A岗 holds it, B岗 stands in (AB岗制).
package struct PostDutyRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let post: String
        package let from: CivilDate

        package init(_ post: String, from: CivilDate) {
            self.post = post
            self.from = from
        }

        package func write(to row: inout RowWriter) {
            row.text(post)
            row.day(from)
        }

        package init(row: inout RowReader) throws(StoreError) {
            post = try row.text()
            from = try row.day()
        }
    }

    package let key: Key
    /// A岗: the login of who has it.
    package let holder: String
    /// B岗: the login of who stands in; nil for nobody.
    package let cover: String?

    /// - Throws: `outOfRange` when somebody is to stand in for himself.
    package init(_ key: Key, holder: String, cover: String?) throws(Refusal) {
        guard cover != holder else {
            throw .outOfRange(field: "cover", allowed: "somebody else than the holder")
        }
        self.key = key
        self.holder = holder
        self.cover = cover
    }

    package static let table = Table(
        "post_duty",
        key: [Column("post", .text), Column("first", .day)],
        columns: [Column("holder", .text), Column("cover", .text, optional: true)]
    )

    package func write(to row: inout RowWriter) {
        row.text(holder)
        row.text(cover)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        holder = try row.text()
        cover = try row.optionalText()
    }
}

/// Somebody's days away.
package struct AbsenceRecord: Record, Hashable {
    package struct Key: RecordKey {
        package let login: String
        package let from: CivilDate

        package init(_ login: String, from: CivilDate) {
            self.login = login
            self.from = from
        }

        package func write(to row: inout RowWriter) {
            row.text(login)
            row.day(from)
        }

        package init(row: inout RowReader) throws(StoreError) {
            login = try row.text()
            from = try row.day()
        }
    }

    package let key: Key
    /// The last day.
    package let until: CivilDate
    package let reason: String

    /// - Throws: `outOfRange` when it ends before it begins.
    package init(_ key: Key, until: CivilDate, reason: String) throws(Refusal) {
        guard until >= key.from else {
            throw .outOfRange(field: "until", allowed: "\(key.from) or later")
        }
        self.key = key
        self.until = until
        self.reason = reason
    }

    package func covers(_ day: CivilDate) -> Bool { key.from <= day && day <= until }

    package static let table = Table(
        "absence",
        key: [Column("login", .text), Column("first", .day)],
        columns: [Column("last", .day), Column("reason", .text)]
    )

    package func write(to row: inout RowWriter) {
        row.day(until)
        row.text(reason)
    }

    package init(key: Key, row: inout RowReader) throws(StoreError) {
        self.key = key
        until = try row.day()
        reason = try row.text()
    }
}

/// 值班表: who answers for the posts of a department, from who has them and who is away.
package struct Roster: Sendable {
    /// Why somebody is the one who answers.
    package enum Standing: Int32, Hashable, Sendable {
        /// A岗
        case holder = 1
        /// B岗
        case cover = 2
        /// Both are away: whoever answers for the next higher post.
        case superior = 3
    }

    package struct Answer: Hashable, Sendable {
        package let login: String
        package let standing: Standing
        /// The last day on which it is so by what is known; nil while no end is.
        package let until: CivilDate?
    }

    /// The highest first; equal ranks by code.
    package let posts: [PostRecord]
    /// By post, in the order of their days.
    private let duties: [String: [PostDutyRecord]]
    /// By login.
    private let absences: [String: [AbsenceRecord]]

    package init(posts: [PostRecord], duties: [PostDutyRecord], absences: [AbsenceRecord]) {
        self.posts = posts.sorted(by: PostRecord.isHigher(_:than:))
        self.duties = Dictionary(grouping: duties, by: \.key.post)
            .mapValues { $0.sorted { $0.key.from < $1.key.from } }
        self.absences = Dictionary(grouping: absences, by: \.key.login)
    }

    /// Who has a post on a day; nil while nobody does.
    package func duty(of post: String, on day: CivilDate) -> PostDutyRecord? {
        duties[post]?.last { $0.key.from <= day }
    }

    /// Who answers for a post on a day; nil when everybody is away.
    ///
    /// Days off make nobody absent: whoever answers on the last working day does so until the next.
    package func answer(for post: String, on day: CivilDate) -> Answer? {
        guard let (login, standing) = present(for: post, on: day) else { return nil }
        // The next day on which anything that this hangs on changes.
        let last = days(after: day).first { next in
            present(for: post, on: next).map { $0 != (login, standing) } ?? true
        }
        return Answer(login: login, standing: standing, until: last?.adding(days: -1))
    }

    private func present(for post: String, on day: CivilDate) -> (String, Standing)? {
        if let (login, standing) = own(post, on: day) { return (login, standing) }
        guard let rank = posts.first(where: { $0.key == post })?.rank else { return nil }
        for higher in posts.reversed() where higher.rank > rank {
            if let (login, _) = own(higher.key, on: day) { return (login, .superior) }
        }
        return nil
    }

    /// Which of the post's own two is there.
    private func own(_ post: String, on day: CivilDate) -> (String, Standing)? {
        guard let duty = duty(of: post, on: day) else { return nil }
        if !isAway(duty.holder, on: day) { return (duty.holder, .holder) }
        if let cover = duty.cover, !isAway(cover, on: day) { return (cover, .cover) }
        return nil
    }

    private func isAway(_ login: String, on day: CivilDate) -> Bool {
        absences[login]?.contains { $0.covers(day) } ?? false
    }

    /// The days after one on which a duty or an absence begins, or an absence is over, in order.
    private func days(after day: CivilDate) -> [CivilDate] {
        var days = Set(duties.values.joined().map(\.key.from))
        for absence in absences.values.joined() {
            days.insert(absence.key.from)
            days.insert(absence.until.adding(days: 1))
        }
        return days.filter { $0 > day }.sorted()
    }
}
