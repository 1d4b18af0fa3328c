import CivilTime
import RuleTesting
import Testing

@testable import Office

@Suite struct DisclosureTests {
    private static let posts = [
        PostRecord(code: "clerk", name: "业务科员", department: "LEAD", rank: 1),
        PostRecord(code: "chief", name: "科长", department: "LEAD", rank: 5),
        PostRecord(code: "deputy", name: "副科长", department: "LEAD", rank: 4),
    ]

    private static func duty(
        _ post: String,
        from: CivilDate = "2026-01-01",
        _ holder: String,
        _ cover: String? = nil
    ) throws -> PostDutyRecord {
        try PostDutyRecord(.init(post, from: from), holder: holder, cover: cover)
    }

    private static func away(
        _ login: String,
        _ from: CivilDate,
        _ until: CivilDate
    ) throws -> AbsenceRecord {
        try AbsenceRecord(.init(login, from: from), until: until, reason: "培训")
    }

    @Test func theNextHigherPostAnswersFirst() throws {
        let roster = Roster(
            posts: Self.posts,
            duties: [
                try Self.duty("clerk", "wang", "li"), try Self.duty("deputy", "zhao", "qian"),
                try Self.duty("chief", "sun"),
            ],
            absences: [
                try Self.away("wang", "2026-03-02", "2026-03-06"),
                try Self.away("li", "2026-03-04", "2026-03-10"),
                try Self.away("zhao", "2026-03-05", "2026-03-05"),
                try Self.away("qian", "2026-03-05", "2026-03-05"),
            ]
        )
        let expected: [(CivilDate, String, Roster.Standing, CivilDate?)] = [
            ("2026-03-01", "wang", .holder, "2026-03-01"),
            ("2026-03-02", "li", .cover, "2026-03-03"),
            ("2026-03-04", "zhao", .superior, "2026-03-04"),
            ("2026-03-05", "sun", .superior, "2026-03-05"),
            ("2026-03-06", "zhao", .superior, "2026-03-06"),
            ("2026-03-07", "wang", .holder, nil),
        ]
        for (day, login, standing, until) in expected {
            let answer = Roster.Answer(login: login, standing: standing, until: until)
            #expect(roster.answer(for: "clerk", on: day) == answer, "\(day)")
        }
        #expect(roster.posts.map(\.key) == ["chief", "deputy", "clerk"])
        #expect(roster.answer(for: "nobody", on: "2026-03-02") == nil)
    }

    @Test func aDutyLastsUntilTheNextOfThePost() throws {
        let roster = Roster(
            posts: Self.posts,
            duties: [
                try Self.duty("clerk", from: "2026-03-09", "li"),
                try Self.duty("clerk", from: "2026-03-02", "wang"),
            ],
            absences: []
        )
        #expect(roster.answer(for: "clerk", on: "2026-03-01") == nil)
        #expect(roster.answer(for: "clerk", on: "2026-03-02")?.until == "2026-03-08")
        #expect(roster.answer(for: "clerk", on: "2026-03-08")?.login == "wang")
        #expect(roster.answer(for: "clerk", on: "2026-03-09")?.login == "li")
        // A post that nobody has is answered for by nobody above it either, unless somebody is there.
        #expect(roster.answer(for: "chief", on: "2026-03-09") == nil)
    }

    @Test func absencesThatTouchAreOne() throws {
        let roster = Roster(
            posts: Self.posts,
            duties: [try Self.duty("clerk", "wang", "li")],
            absences: [
                try Self.away("wang", "2026-03-02", "2026-03-03"),
                try Self.away("wang", "2026-03-04", "2026-03-06"),
            ]
        )
        #expect(roster.answer(for: "clerk", on: "2026-03-02")?.until == "2026-03-06")
    }
}
