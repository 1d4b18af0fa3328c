import BanjieProtocol

extension Page {
    /// A case: its state, dates, clocks and cards.
    /// One line; a mark is nothing to look at.
    mutating func show(_ event: CaseEvent) {
        guard let change = event.change else { return }
        let parts = [
            "\(event.sequence)", moment(change.at), change.case, change.what,
            language.label(change.state), change.department,
        ]
        line(parts.joined(separator: "  "))
    }

    mutating func show(_ view: ApplicantView) {
        line("\(language.text(Label.case)) \(view.case)", .strong)
        entries([
            Entry(Text("login", "登录名"), view.login),
            Entry(Text("name", "姓名"), view.details?.name),
            Entry(Label.citizenID, view.details?.citizenId),
            Entry(Label.phone, view.details?.phone),
            Entry(Label.firm, view.details?.firm),
            Entry(Label.creditCode, view.details?.creditCode),
            Entry(Text("erased", "已删除"), view.erased.map(date)),
        ])
    }

    mutating func show(_ reply: FindCasesReply) {
        for found in reply.cases {
            let parts = [
                found.case, language.label(found.state), found.department,
                moment(found.submitted),
            ]
            line(parts.joined(separator: "  "))
        }
    }

    mutating func show(_ view: CaseView) {
        line("\(language.text(Label.case)) \(view.case)", .strong)
        entries([
            Entry(Label.state, language.label(view.state), view.state.ink),
            Entry(Label.version, "\(view.version)"),
            Entry(
                Label.item,
                language.text(
                    "\(view.item), version \(view.itemVersion)",
                    "\(view.item)，版本 \(view.itemVersion)"
                )
            ),
            Entry(Label.department, view.department),
            Entry(Text("applicant", "申请人"), view.applicant),
            Entry(Text("channel", "渠道"), language.label(view.channel)),
            Entry(Text("submitted", "提交"), moment(view.submitted)),
            Entry(Text("received", "收件日"), date(view.effectiveReceipt)),
            Entry(Text("accepted", "受理日"), view.acceptanceDate.map(date)),
            Entry(Text("instant target", "即办目标"), view.instantTarget.map(moment)),
            Entry(Text("decision", "决定"), view.decision.map { language.label($0) }),
            Entry(Text("query code", "查询码"), view.queryCode),
            Entry(
                Text("applicant told of extension", "延期已告知"),
                view.applicantNotified ? yesNo(true) : nil
            ),
            Entry(Text("last change", "最近变更"), view.lastAudit),
        ])
        if !view.missing.isEmpty {
            heading(Text("still missing", "仍缺"))
            for item in view.missing { line("  - \(item)") }
        }
        if !view.clocks.isEmpty {
            heading(Text("clocks (in working days)", "时钟（工作日）"))
            table(Self.clockColumns, view.clocks.map(row))
        }
        if !view.cards.isEmpty {
            heading(Text("cards", "催办与红黄牌"))
            show(view.cards, withCase: false)
        }
        if view.provisional {
            line()
            line(CalendarCommand.provisionalNote(in: language), .yellow)
        }
    }

    private static let clockColumns = [
        Column(Label.clock),
        Column(Label.deadline, isNumber: true),
        Column(Label.state),
        Column(Label.used, isNumber: true),
        Column(Text("left", "剩余"), isNumber: true),
        Column(Label.due),
        Column(Label.result),
    ]

    private func row(_ clock: ClockView) -> [Cell] {
        let state: Cell =
            switch (clock.running, clock.paused) {
            case (_, true): Cell(language.text("paused", "已中止"), .yellow)
            case (true, false): Cell(language.text("running", "计时中"), .green)
            case (false, false): Cell(language.text("stopped", "已停止"), .faint)
            }
        let isOverdue = clock.result == .overdue
        var result = clock.result.map { language.label($0) } ?? ""
        if clock.overdueDays > 0 {
            result += language.text(" \(clock.overdueDays)", " \(clock.overdueDays) 日")
        }
        return [
            Cell(language.label(clock.clock)),
            Cell("\(clock.deadline)"),
            state,
            Cell("\(clock.used)"),
            Cell("\(clock.remaining)", isOverdue ? .red : .plain),
            Cell(date(clock.due) + (clock.provisional ? " *" : "")),
            Cell(result, isOverdue ? .red : .green),
        ]
    }

    /// Cards, one a line.
    mutating func show(_ cards: [CardView], withCase: Bool) {
        let columns = [
            Column(Label.at), Column(Label.card), Column(Label.clock), Column(Label.department),
        ]
        let caseColumn = withCase ? [Column(Label.case)] : []
        let revokedColumn =
            cards.contains { $0.revoked != nil }
            ? [Column(Text("revoked because", "撤销理由"))] : []
        let rows = cards.map { card in
            [
                Cell(moment(card.at)),
                Cell(language.label(card.kind), card.revoked == nil ? card.kind.ink : .faint),
                Cell(language.label(card.clock)),
                Cell(card.department),
            ] + (withCase ? [Cell(card.case)] : []) + [Cell(card.revoked ?? "", .faint)]
        }
        table(columns + caseColumn + revokedColumn, rows)
    }

    /// Cases, one a line.
    mutating func show(_ reply: ListCasesReply) {
        guard !reply.cases.isEmpty else { return none() }
        let columns = [
            Column(Label.case), Column(Label.state), Column(Text("received", "收件日")),
            Column(Text("next due", "最近届满")), Column(Label.clock),
        ]
        let rows = reply.cases.map { view -> [Cell] in
            let next = view.clocks.filter { $0.running || $0.paused }
                .min { ($0.due, $0.clock.rawValue) < ($1.due, $1.clock.rawValue) }
            return [
                Cell(view.case),
                Cell(language.label(view.state), view.state.ink),
                Cell(date(view.effectiveReceipt)),
                Cell(next.map { date($0.due) } ?? "", next?.result == .overdue ? .red : .plain),
                Cell(next.map { language.label($0.clock) } ?? ""),
            ]
        }
        table(columns, rows)
        if reply.more, let last = reply.cases.last { more("--after \(last.case)") }
    }

    mutating func show(_ reply: DepartmentCards) {
        guard !reply.cards.isEmpty else { return none() }
        show(reply.cards, withCase: true)
        if reply.more { more("--offset") }
    }
}

extension CaseState {
    /// How the state stands out: good ends green, bad ones red, waiting yellow.
    var ink: Ink {
        switch self {
        case .decided, .delivered, .archived: .green
        case .waitCorrection, .suspended: .yellow
        case .notAccepted, .lapsed, .terminated, .withdrawn: .red
        default: .strong
        }
    }
}
