import BanjieProtocol
import CivilTime
import Testing

@testable import BanjieCLI

struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("办件", 4), ("a办", 3), ("，", 2), ("…", 1), ("é", 1), ("e\u{301}", 1),
        ("한", 2), ("ｶ", 1), ("Ａ", 2), ("𠀀", 2), ("\u{7}", 0),
    ])
    func columns(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test func padding() {
        #expect(DisplayWidth.padded("办", to: 4) == "办  ")
        #expect(DisplayWidth.padded("7", to: 3, isTrailing: true) == "  7")
        #expect(DisplayWidth.padded("办件", to: 3) == "办件")
    }
}

struct PageTests {
    private let columns = [
        Column(Text("name", "名称")), Column(Text("used", "已用"), isNumber: true),
        Column(Text("state", "状态")),
    ]

    @Test func columnsLineUpWhateverTheWidthOfTheirLetters() {
        var page = Page(language: .chinese, style: .plain)
        page.table(
            columns,
            [
                [Cell("法定时限"), Cell("9"), Cell("计时中")],
                [Cell("PROMISED"), Cell("10"), Cell("x")],
                [Cell("a"), Cell("1234"), Cell("")],
            ]
        )
        #expect(
            page.text == """
                  名称      已用  状态
                  法定时限     9  计时中
                  PROMISED    10  x
                  a         1234

                """
        )
    }

    @Test func aTableWithoutRowsIsntThere() {
        var page = Page(language: .english, style: .plain)
        page.table(columns, [])
        #expect(page.text.isEmpty)
    }

    @Test func coloursDontCountAsColumns() {
        var page = Page(language: .english, style: .coloured)
        page.table([columns[0], columns[2]], [[Cell("a", .red), Cell("b")]])
        let row = page.text.split(separator: "\n")[1]
        #expect(row == "  \u{1B}[1;31ma\u{1B}[0m     b")
    }

    @Test func emptyEntriesAreLeftOut() {
        var page = Page(language: .english, style: .plain)
        page.entries([
            Entry(Text("long name", "长"), "1"), Entry(Text("none", "无"), nil),
            Entry(Text("b", "乙"), "2"),
        ])
        #expect(page.text == "  long name  1\n  b          2\n")
    }

    @Test func whatAServerSendsDoesntSteerATerminal() {
        var page = Page(language: .english, style: .plain)
        page.line("a\u{1B}[2Jb\nc\u{9B}d\u{202E}e")
        #expect(page.text == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}e\n")
        page = Page(language: .english, style: .plain)
        page.entries([Entry(Text("a", "甲"), "\u{1B}c")])
        page.table([columns[0]], [[Cell("\r")]])
        #expect(!page.text.contains("\u{1B}"))
        #expect(!page.text.contains("\r"))
    }
}

struct CasePageTests {
    private var view: CaseView {
        CaseView(
            case: "S1",
            version: 3,
            state: .inReview,
            item: "I1",
            itemVersion: 2,
            department: "LEAD",
            applicant: "zhang",
            channel: .window,
            submitted: instant("2026-03-02T10:00:00"),
            effectiveReceipt: date("2026-03-02"),
            acceptanceDate: date("2026-03-03"),
            clocks: [
                ClockView(
                    clock: .promised,
                    deadline: 3,
                    due: date("2026-03-17"),
                    running: true,
                    used: 11,
                    remaining: 0,
                    result: .overdue,
                    overdueDays: 1
                ),
                ClockView(clock: .statutory, deadline: 2, due: date("2026-03-31"), paused: true),
            ],
            cards: [
                CardView(
                    clock: .promised,
                    kind: .red,
                    at: instant("2026-03-18T00:00:00"),
                    department: "LEAD",
                    case: "S1"
                )
            ],
            missing: ["签字页"],
            lastAudit: "CARD_ISSUED",
            provisional: true
        )
    }

    @Test func aCaseInChinese() {
        var page = Page(language: .chinese, style: .plain)
        page.show(view)
        #expect(
            page.text == """
                办件 S1
                  状态      审查
                  版本      3
                  事项      I1，版本 2
                  部门      LEAD
                  申请人    zhang
                  渠道      窗口
                  提交      2026-03-02 周一 10:00:00
                  收件日    2026-03-02 周一
                  受理日    2026-03-03 周二
                  最近变更  CARD_ISSUED

                仍缺
                  - 签字页

                时钟（工作日）
                  时钟      时限编号  状态    已用  剩余  届满日           结果
                  承诺时限         3  计时中    11     0  2026-03-17 周二  逾期 1 日
                  法定时限         2  已中止     0     0  2026-03-31 周二

                催办与红黄牌
                  时间                      牌    时钟      部门
                  2026-03-18 周三 00:00:00  红牌  承诺时限  LEAD

                暂定：涉及放假安排尚未公布的年份

                """
        )
    }

    @Test func cardsBearTheirColours() {
        var page = Page(language: .english, style: .coloured)
        page.show(view)
        #expect(page.text.contains("\u{1B}[1;31mRED\u{1B}[0m"))
        var plain = Page(language: .english, style: .plain)
        plain.show(view)
        #expect(!plain.text.contains("\u{1B}"))
    }

    private func date(_ text: String) -> CivilDate { CivilDate(text) ?? .earliest }
    private func instant(_ text: String) -> Instant { Instant(text) ?? .earliest }
}
