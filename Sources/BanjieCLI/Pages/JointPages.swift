import BanjieProtocol

extension Page {
    mutating func show(_ view: JointView) {
        line("\(language.text(Text("joint approval", "联审"))) \(view.case)", .strong)
        entries([
            Entry(Label.state, language.label(view.state)),
            Entry(Label.version, "\(view.version)"),
            Entry(Text("lead", "牵头部门"), view.lead),
            Entry(
                Text("days for an opinion", "反馈期限"),
                language.text("\(view.opinionDays) working days", "\(view.opinionDays) 个工作日")
            ),
            Entry(Text("awaiting", "待反馈"), view.awaiting.joined(separator: ", ")),
            Entry(Text("outcome", "结论"), view.outcome.map { language.label($0) }),
        ])
        if !view.co.isEmpty {
            heading(Text("co-handlers", "协办部门"))
            table(Self.coHandlerColumns, view.co.map(row))
        }
        if !view.corrections.isEmpty {
            heading(Text("the applicant is to correct", "申请人待补正"))
            for item in view.corrections { line("  - \(item)") }
        }
        if let visit = view.visit {
            heading(Text("visit to the site", "联合踏勘"))
            entries([
                Entry(Label.at, moment(visit.at)),
                Entry(Text("place", "地点"), visit.place),
                Entry(
                    Text("departments", "参加部门"),
                    visit.departments.joined(separator: ", ")
                ),
                Entry(Text("findings", "踏勘情况"), visit.findings),
                Entry(Text("attended", "到场部门"), visit.attended.joined(separator: ", ")),
            ])
        }
    }

    mutating func show(_ reply: ListJointTasksReply) {
        guard !reply.tasks.isEmpty else { return none() }
        let columns = [
            Column(Label.case), Column(Label.item), Column(Text("lead", "牵头部门")),
            Column(Text("role", "方式")), Column(Label.state), Column(Label.due),
            Column(Text("asked", "次数"), isNumber: true),
        ]
        let rows = reply.tasks.map { task in
            [
                Cell(task.case), Cell(task.item), Cell(task.lead),
                Cell(language.label(task.role)), Cell(language.label(task.state)),
                Cell(task.due.map { date($0) } ?? ""), Cell("\(task.round)"),
            ]
        }
        table(columns, rows)
    }

    private static let coHandlerColumns = [
        Column(Label.department), Column(Text("role", "方式")), Column(Label.state),
        Column(Label.due), Column(Text("signed", "签收")), Column(Text("answered", "反馈")),
        Column(Text("says", "说明")),
    ]

    private func row(_ view: CoHandlerView) -> [Cell] {
        let overridden = language.text("overridden", "不采纳")
        let says =
            [view.reason] + view.items
            + (view.overridden.isEmpty ? [] : ["\(overridden): \(view.overridden)"])
        return [
            Cell(view.department), Cell(language.label(view.role)),
            Cell(language.label(view.state)), Cell(view.due.map { date($0) } ?? ""),
            Cell(view.signed.map { moment($0) } ?? ""),
            Cell(view.answered.map { moment($0) } ?? ""),
            Cell(says.filter { !$0.isEmpty }.joined(separator: language.text("; ", "；"))),
        ]
    }
}
