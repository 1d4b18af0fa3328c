import BanjieProtocol
import CivilTime

extension Page {
    mutating func show(_ view: BodyView) {
        let body = view.body ?? Body()
        line("\(body.code) \(body.name)", .strong)
        entries([Entry(Label.department, body.department)])
        guard !view.members.isEmpty else { return none() }
        let columns = [
            Column(Text("member", "成员")), Column(Text("function", "职务")),
            Column(Text("from", "起")), Column(Text("until", "止")),
        ]
        let rows = view.members.map { member in
            [
                Cell(member.login), Cell(member.function), Cell(date(member.from)),
                Cell(member.until.map { date($0) } ?? ""),
            ]
        }
        table(columns, rows)
    }

    mutating func show(_ view: PublicationView) {
        line("\(view.publication) \(view.title)", .strong)
        entries([
            Entry(Text("kind", "种类"), language.label(view.kind)),
            Entry(Label.state, language.label(view.state)),
            Entry(Label.department, view.department),
            Entry(Text("published", "发布"), view.published.map(moment)),
            Entry(
                Text("through", "渠道"),
                view.channels.joined(separator: language.text(", ", "、"))
            ),
            Entry(Text("taken down because", "撤下理由"), view.reason),
            Entry(Text("text", "正文"), view.text),
        ])
    }

    mutating func show(_ reply: ListPublicationsReply) {
        if reply.publications.isEmpty { none() }
        let columns = [
            Column(Text("number", "编号"), isNumber: true), Column(Text("kind", "种类")),
            Column(Text("title", "标题")), Column(Label.department), Column(Text("published", "发布")),
        ]
        let rows = reply.publications.map { view in
            [
                Cell("\(view.publication)"), Cell(language.label(view.kind)), Cell(view.title),
                Cell(view.department), Cell(view.published.map { moment($0) } ?? ""),
            ]
        }
        table(columns, rows)
        if reply.more { more("--after \(reply.through)") }
    }

    mutating func show(_ view: LessonView) {
        line("\(language.text(Text("lesson", "经验"))) \(view.lesson)", .strong)
        entries([
            Entry(Label.department, view.department),
            Entry(Text("from", "来源"), language.label(view.source)),
            Entry(Text("problem", "问题"), view.problem),
            Entry(Text("cause", "原因"), view.cause),
            Entry(Text("measure", "措施"), view.measure),
            Entry(Label.at, moment(view.at)),
        ])
        let columns = [
            Column(Label.department), Column(Text("adopted", "采纳")), Column(Text("who", "何人")),
            Column(Text("how", "说明")),
        ]
        let rows = view.answers.map { answer in
            [
                Cell(answer.department), Cell(answer.adopted.map { yesNo($0) } ?? ""),
                Cell(answer.by), Cell(answer.text),
            ]
        }
        table(columns, rows)
    }

    mutating func show(_ reply: ListLessonsReply) {
        guard !reply.lessons.isEmpty else { return none() }
        let columns = [
            Column(Text("lesson", "经验"), isNumber: true), Column(Label.department),
            Column(Text("problem", "问题")), Column(Text("adopted", "采纳"), isNumber: true),
        ]
        let rows = reply.lessons.map { view in
            [
                Cell("\(view.lesson)"), Cell(view.department), Cell(view.problem),
                Cell("\(view.answers.count { $0.adopted == true })"),
            ]
        }
        table(columns, rows)
        if let last = reply.lessons.last, reply.more { more("--after \(last.lesson)") }
    }

    mutating func show(_ summary: YearSummary) {
        line("\(language.text(Text("the year", "年度"))) \(summary.year)", .strong)
        let columns = [
            Column(Label.department), Column(Text("received", "收件"), isNumber: true),
            Column(Text("accepted", "受理"), isNumber: true),
            Column(Text("decided", "办结"), isNumber: true),
            Column(Text("early", "提前"), isNumber: true), Column(Text("late", "逾期"), isNumber: true),
            Column(Text("reminders", "催办"), isNumber: true),
            Column(Text("yellow", "黄牌"), isNumber: true), Column(Text("red", "红牌"), isNumber: true),
        ]
        let rows = summary.departments.map { year in
            [Cell(year.department)]
                + [
                    year.received, year.accepted, year.completed, year.early, year.late,
                    year.reminders, year.yellow, year.red,
                ].map { Cell("\($0)") }
        }
        table(columns, rows)
        entries([
            Entry(Text("joint approvals", "联审"), "\(summary.joint)"),
            Entry(Text("reviews", "评价"), "\(summary.rated) / \(summary.invited)"),
            Entry(
                Text("satisfaction", "满意率"),
                summary.satisfactionPpm.map { "\($0 / 10_000).\($0 / 1000 % 10) %" }
            ),
            Entry(Text("inquiries", "首问"), "\(summary.inquiries)"),
            Entry(Text("inspections", "检查"), "\(summary.inspections)"),
            Entry(Text("certificates changed", "证件变动"), "\(summary.announcements)"),
            Entry(Text("orders", "整改"), "\(summary.orders)"),
            Entry(Text("tasks", "任务"), "\(summary.tasks)"),
            Entry(Text("of these accomplished", "其中完成"), "\(summary.accomplished)"),
            Entry(Text("published", "宣传"), "\(summary.published)"),
            Entry(Text("lessons", "经验"), "\(summary.lessons)"),
            Entry(Text("adopted", "采纳"), "\(summary.adoptions)"),
        ])
    }
}
