import BanjieProtocol

extension Page {
    mutating func show(_ view: TrainingPlanView) {
        line("\(view.plan) \(view.title)", .strong)
        entries([
            Entry(Label.department, view.department),
            Entry(Text("enrol by", "报名截止"), date(view.enrolBy)),
            Entry(Text("enrolled", "已报名"), "\(view.enrolled) / \(view.places)"),
            Entry(Text("pass mark", "合格分"), view.passMark > 0 ? "\(view.passMark)" : nil),
            Entry(Text("qualifies", "资格考试"), view.qualifying ? yesNo(true) : nil),
        ])
        let columns = [
            Column(Text("session", "课次"), isNumber: true), Column(Text("day", "日期")),
            Column(Text("hours", "学时"), isNumber: true),
        ]
        let rows = view.sessions.enumerated().map { index, session in
            [Cell("\(index + 1)"), Cell(date(session.day)), Cell("\(session.hours)")]
        }
        table(columns, rows)
    }

    mutating func show(_ reply: ListTrainingPlansReply) {
        guard !reply.plans.isEmpty else { return none() }
        let columns = [
            Column(Text("plan", "计划"), isNumber: true), Column(Label.name),
            Column(Label.department),
            Column(Text("enrol by", "报名截止")), Column(Text("enrolled", "已报名"), isNumber: true),
        ]
        let rows = reply.plans.map { plan in
            [
                Cell("\(plan.plan)"), Cell(plan.title), Cell(plan.department),
                Cell(date(plan.enrolBy)), Cell("\(plan.enrolled)"),
            ]
        }
        table(columns, rows)
        if let last = reply.plans.last, reply.more { more("--before \(last.plan)") }
    }

    mutating func show(_ view: EnrolmentView) { show([view]) }

    mutating func show(_ view: TrainingRecordView) {
        line("\(view.login) \(view.year)", .strong)
        entries([
            Entry(
                Text("hours", "学时"),
                "\(view.hours) / \(view.required)",
                view.hours < view.required ? .yellow : .plain
            )
        ])
        show(view.enrolments)
    }

    private mutating func show(_ enrolments: [EnrolmentView]) {
        let columns = [
            Column(Text("plan", "计划"), isNumber: true), Column(Text("who", "人员")),
            Column(Text("hours", "学时")), Column(Text("marks", "成绩")), Column(Text("passed", "合格")),
        ]
        let rows = enrolments.map { view in
            [
                Cell("\(view.plan)"), Cell(view.login),
                Cell(view.hours.map(String.init).joined(separator: " ")),
                Cell(view.marks.map(String.init).joined(separator: " ")),
                Cell(view.passed.map { yesNo($0) } ?? ""),
            ]
        }
        table(columns, rows)
    }

    mutating func show(_ reply: ListShortReply) {
        if reply.people.isEmpty { none() }
        let columns = [
            Column(Text("who", "人员")), Column(Text("hours", "学时"), isNumber: true),
        ]
        table(columns, reply.people.map { [Cell($0.login), Cell("\($0.hours)")] })
        if reply.more { more("--after \(reply.through)") }
    }
}
