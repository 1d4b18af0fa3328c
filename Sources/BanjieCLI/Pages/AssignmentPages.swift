import BanjieProtocol

extension Page {
    mutating func show(_ view: AssignmentView) {
        line("\(view.assignment) \(view.title)", .strong)
        entries([
            Entry(Label.state, language.label(view.state)),
            Entry(Label.version, "\(view.version)"),
            Entry(Label.department, view.department),
            Entry(Text("to do", "内容"), view.content),
            Entry(Text("issued by", "下达人"), view.issuer),
            Entry(Text("issued", "下达日"), date(view.issued)),
            Entry(Label.due, date(view.due)),
            Entry(
                Text("overdue", "逾期"),
                view.overdueDays > 0
                    ? language.text("\(view.overdueDays) days", "\(view.overdueDays) 日") : nil
            ),
            Entry(Text("extended", "已延期"), view.extended ? yesNo(true) : nil),
            Entry(Text("report", "报告"), view.report),
            Entry(Text("because", "理由"), view.reason),
        ])
    }

    mutating func show(_ reply: ListAssignmentsReply) {
        guard !reply.assignments.isEmpty else { return none() }
        let columns = [
            Column(Text("number", "编号")), Column(Label.state), Column(Text("about", "事由")),
            Column(Label.due),
        ]
        let rows = reply.assignments.map { view in
            [
                Cell(view.assignment), Cell(language.label(view.state)), Cell(view.title),
                Cell(date(view.due), view.overdueDays > 0 ? .red : .plain),
            ]
        }
        table(columns, rows)
        if let last = reply.assignments.last, reply.more { more("--after \(last.assignment)") }
    }
}
