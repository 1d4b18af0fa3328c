import BanjieProtocol
import CivilTime

extension Page {
    mutating func show(_ reply: ScoreReply) {
        table(Self.scoreColumns, rows(of: reply.lines))
        line("\(language.text(Text("score", "总分"))) \(reply.score)", .strong)
    }

    private static let scoreColumns = [
        Column(Text("item", "项目")), Column(Text("count", "数量"), isNumber: true),
        Column(Text("each", "每项"), isNumber: true),
        Column(Text("points", "得分"), isNumber: true),
    ]

    private func rows(of lines: [ScoreLine]) -> [[Cell]] {
        lines.map { line in
            [
                Cell(language.label(line.item)), Cell("\(line.count)"), Cell("\(line.each)"),
                Cell("\(line.points)"),
            ]
        }
    }

    /// A worklist in the order in which it is given, its cards in their colours.
    mutating func show(_ items: [WorkItem]) {
        guard !items.isEmpty else { return none() }
        let columns = [
            Column(Label.due), Column(Text("left", "剩余"), isNumber: true), Column(Label.card),
            Column(Label.clock), Column(Text("what", "事项")), Column(Text("who", "责任人")),
            Column(Label.deadline, isNumber: true),
        ]
        let rows = items.map { item in
            [
                Cell(date(item.due), item.ink), Cell("\(item.daysLeft)", item.ink),
                Cell(item.card.map { language.label($0) } ?? "", item.ink),
                Cell(language.label(item.clock)),
                Cell(
                    item.paused
                        ? "\(item.subject) \(language.text("(paused)", "（中止）"))" : item.subject
                ),
                Cell(item.person), Cell("\(item.deadline)"),
            ]
        }
        table(columns, rows)
    }

    mutating func show(_ event: WorkEvent) {
        guard let change = event.change else {
            return line(language.text("through \(event.sequence)", "至 \(event.sequence)"), .faint)
        }
        let what = change.ended ? language.text("ended", "已结束") : language.text("is due", "待办")
        line("\(event.sequence)  \(change.department)  \(change.deadline)  \(what)")
    }

    mutating func show(_ figures: DepartmentFigures) {
        let (year, month, _) = figures.month.fields
        entries([
            Entry(Label.department, figures.department),
            Entry(Text("open", "待办"), "\(figures.open)"),
            Entry(Text("due today", "今日届满"), "\(figures.dueToday)"),
            Entry(Text("overdue", "已逾期"), "\(figures.overdue)"),
            Entry(Text("month", "月份"), "\(year)-\(month)"),
            Entry(Text("received", "收件"), "\(figures.received)"),
            Entry(Text("accepted", "受理"), "\(figures.accepted)"),
            Entry(Text("decided", "办结"), "\(figures.completed)"),
            Entry(Text("early", "提前办结"), "\(figures.early)"),
            Entry(Text("late", "逾期办结"), "\(figures.late)"),
            Entry(Text("reminders", "催办"), "\(figures.reminders)"),
            Entry(Text("yellow cards", "黄牌"), "\(figures.yellow)"),
            Entry(Text("red cards", "红牌"), "\(figures.red)"),
        ])
    }

    mutating func show(_ card: CardView) {
        entries([
            Entry(Label.card, language.label(card.kind)),
            Entry(Label.clock, language.label(card.clock)),
            Entry(Label.at, moment(card.at)),
            Entry(Label.department, card.department),
            Entry(Label.case, card.case),
            Entry(Text("revoked", "撤销"), card.revoked),
        ])
    }

    mutating func show(_ round: RoundView) {
        line("\(language.text(Text("round", "考核"))) \(round.round) \(round.title)", .strong)
        entries([
            Entry(Text("from", "起"), date(round.from)),
            Entry(Text("until", "止"), date(round.until)),
            Entry(Text("frozen", "定案"), round.frozen.map(moment)),
        ])
        for score in round.scores {
            line("\(score.department)  \(score.score)", .strong)
            table(Self.scoreColumns, rows(of: score.lines))
            if !score.comment.isEmpty { line(score.comment, .faint) }
        }
    }

    mutating func show(_ reply: ListRoundsReply) {
        guard !reply.rounds.isEmpty else { return none() }
        let columns = [
            Column(Text("round", "考核"), isNumber: true), Column(Label.name),
            Column(Text("from", "起")),
            Column(Text("until", "止")), Column(Text("frozen", "定案")),
        ]
        let rows = reply.rounds.map { round in
            [
                Cell("\(round.round)"), Cell(round.title), Cell(date(round.from)),
                Cell(date(round.until)), Cell(round.frozen.map(moment) ?? ""),
            ]
        }
        table(columns, rows)
        if let last = reply.rounds.last, reply.more { more("--before \(last.round)") }
    }

    mutating func show(_ notices: [NoticeView]) {
        guard !notices.isEmpty else { return none() }
        let columns = [
            Column(Text("number", "编号"), isNumber: true), Column(Label.at),
            Column(Text("kind", "种类")),
            Column(Label.department), Column(Text("for", "事由")),
        ]
        let rows = notices.map { notice in
            [
                Cell("\(notice.number)"), Cell(moment(notice.at)),
                Cell(language.label(notice.kind)), Cell(notice.department), Cell(notice.reason),
            ]
        }
        table(columns, rows)
    }

    mutating func show(_ reply: WarningsReply) {
        guard !reply.warnings.isEmpty else { return none() }
        let columns = [
            Column(Text("warning", "警示")), Column(Text("what", "事项")), Column(Text("since", "自")),
        ]
        let rows = reply.warnings.map { warning in
            [
                Cell(language.label(warning.kind), .yellow), Cell(warning.subject),
                Cell(warning.since.map { date($0) } ?? ""),
            ]
        }
        table(columns, rows)
    }
}

extension WorkItem {
    /// The colour of the last card; of what is paused none stands out.
    var ink: Ink { paused ? .faint : daysLeft < 0 ? .red : card?.ink ?? .plain }
}
