import BanjieProtocol
import CivilTime
import Testing

@testable import BanjieCLI

@Suite struct PublishTests {
    @Test func textsAreNeverMarkup() {
        let name = "<b title=\"x\">&\u{07}\n"
        let piece: HTML = "<p>\(name)</p>"
        #expect(piece.source == "<p>&lt;b title=&quot;x&quot;&gt;&amp; <br></p>")
        let twice: HTML = "\(piece)"
        #expect(twice == piece)
        #expect(HTML.list([]) == nil && HTML.table("", [""], []) == nil)
        #expect(HTML.terms([("空", "")]) == nil)
    }

    @Test(arguments: [
        ("PLAN-1_a", "PLAN-1_a"), ("../etc", "~2e~2e~2fetc"), ("规", "~e8~a7~84"), ("a~b", "a~7eb"),
        (".", "~2e"), ("\u{01}", "~01"),
    ])
    func codesAreNamesOfFiles(code: String, name: String) { #expect(Site.fileName(code) == name) }

    private static let records = PublicRecords(
        day: CivilDate(daysSinceEpoch: 20_514),
        units: [
            PublicRecords.Unit(
                department: Department(code: "PLAN", name: "规划局"),
                posts: [],
                plates: [],
                powers: [],
                reviews: ReviewStats(invited: 3, rated: 3, satisfied: 2, satisfactionPpm: 666_666)
            )
        ],
        items: [
            PublicRecords.Item(
                view: ItemView(code: "I", version: 1, name: "许可", department: "PLAN"),
                guide: nil
            )
        ],
        publications: [
            PublicationView(publication: 7, kind: .modelCase, title: "一次办成", text: "甲\n乙")
        ],
        announcements: [Announcement(number: 1, certificate: "C1", what: "CERTIFICATE_REVOKED")],
        reviews: ReviewStats()
    )

    private func page(_ path: String, of records: PublicRecords = records) throws -> String {
        try #require(Site(records).files.first { $0.path == path }).content
    }

    @Test func everyPageHasItsPlace() throws {
        #expect(
            Site(Self.records).files.map(\.path) == [
                "announcements.html", "departments/PLAN.html", "index.html", "items/I.html",
                "powers.html", "publications/7.html", "reviews.html", "style.css",
            ]
        )
        #expect(try page("index.html").contains("数据截至 2026 年 3 月 2 日"))
        #expect(try page("items/I.html").contains("办事指南尚未公布"))
        #expect(try page("publications/7.html").contains("<p>甲<br>乙</p>"))
        #expect(try page("announcements.html").contains("吊销"))
    }

    /// A figure is cut off, not rounded up; silence is no figure.
    @Test func figuresAreNotFlattered() throws {
        #expect(try page("reviews.html").contains("<td>66.66%</td>"))
        #expect(try page("reviews.html").contains("<th scope=\"row\">全市</th><td>0</td>"))
        #expect(try page("reviews.html").contains("<td>—</td>"))
    }

    @Test func aFolderThatCannotBeWrittenIsTold() async {
        let outcome = await run(["publish", "full"])
        #expect(outcome.status == .outputLost && outcome.errors.contains("disk full"))
        let written = await run(["publish", "site", "--json"])
        #expect(written.status == .success && written.site["index.html"] != nil)
    }
}
