import BanjieProtocol

extension Page {
    /// A deadline: its budget, dates, and what has fired.
    mutating func show(_ view: DeadlineView) {
        line("\(language.text(Label.deadline)) \(view.deadline)", .strong)
        entries([
            Entry(Label.state, language.label(view.state), view.state.ink),
            Entry(Label.clock, language.label(view.clock)),
            Entry(Label.label, view.label),
            Entry(Label.owner, view.owner),
            Entry(Text("start", "起算"), moment(view.start)),
            Entry(
                Text("budget", "期限"),
                language.text(
                    "\(view.limit) \(view.unit.words), \(view.used) used",
                    "\(view.limit) \(language.label(view.unit))，已用 \(view.used)"
                )
            ),
            Entry(Label.due, date(view.due)),
            Entry(Text("overdue at", "逾期时刻"), view.overdueAt.map(moment)),
            Entry(Text("fires next", "下次触发"), view.next.map(moment)),
            Entry(Label.calendarVersion, "\(view.calendarVersion)"),
        ])
        if !view.fired.isEmpty {
            heading(Text("fired", "已触发"))
            table(
                [Column(Label.at), Column(Label.rung)],
                view.fired.map { fired in
                    [Cell(moment(fired.at)), Cell(language.label(fired.rung), fired.rung.ink)]
                }
            )
        }
        if view.provisional {
            line()
            line(CalendarCommand.provisionalNote(in: language), .yellow)
        }
    }

    /// A deadline's dates, day by day.
    mutating func show(_ explanation: DeadlineExplanation) {
        if let deadline = explanation.deadline { show(deadline) }
        if !explanation.ledger.isEmpty {
            heading(Text("pauses and extensions", "中止与延长"))
            for entry in explanation.ledger { line("  - \(entry)") }
        }
        guard !explanation.days.isEmpty else { return }
        heading(Text("day by day", "逐日说明"))
        for day in explanation.days {
            let number = day.number.map { "\($0)" } ?? ""
            var row = "\(DisplayWidth.padded(number, to: 5, isTrailing: true))  \(date(day.day))"
            let what = language.text(Self.what[day.what] ?? Text(same: day.what))
            if !what.isEmpty { row += "  \(what)" }
            line(row, day.number == nil ? .faint : .plain)
        }
    }

    /// What the server calls the days of an explanation.
    private static let what = [
        "charged": Text("", ""),
        "weekend": Text("weekend", "周末"),
        "holiday": Text("holiday", "放假"),
        "paused": Text("paused", "中止"),
        "moved": Text("moved to the next working day", "顺延至下一工作日"),
        "start": Text("the day it runs from", "起算日，不计入"),
    ]

    /// Deadlines, one a line.
    mutating func show(_ reply: ListDueReply) {
        guard !reply.deadlines.isEmpty else { return none() }
        let columns = [
            Column(Label.deadline, isNumber: true), Column(Label.due), Column(Label.state),
            Column(Label.clock), Column(Label.owner), Column(Label.label),
        ]
        let rows = reply.deadlines.map { view in
            [
                Cell("\(view.deadline)"),
                Cell(date(view.due) + (view.provisional ? " *" : "")),
                Cell(language.label(view.state), view.state.ink),
                Cell(language.label(view.clock)),
                Cell(view.owner),
                Cell(view.label),
            ]
        }
        table(columns, rows)
        if reply.more, let last = reply.deadlines.last { more("--after \(last.deadline)") }
    }

    /// What has fired, one a line.
    mutating func show(_ reply: ReadFiredReply) {
        guard !reply.firings.isEmpty else { return none() }
        let columns = [
            Column(Text("sequence", "序号"), isNumber: true), Column(Label.at), Column(Label.rung),
            Column(Label.deadline, isNumber: true), Column(Label.clock), Column(Label.owner),
            Column(Label.label),
        ]
        let rows = reply.firings.map { firing in
            [
                Cell("\(firing.sequence)"),
                Cell(moment(firing.at)),
                Cell(language.label(firing.rung), firing.rung.ink),
                Cell("\(firing.deadline)"),
                Cell(language.label(firing.clock)),
                Cell(firing.owner),
                Cell(firing.label),
            ]
        }
        table(columns, rows)
        line(language.text("next: --after \(reply.next)", "接续：--after \(reply.next)"), .faint)
    }

    /// One line; a mark is nothing to look at.
    mutating func show(_ event: FiredEvent) {
        guard let firing = event.firing else { return }
        let parts = [
            "\(event.sequence)", moment(firing.at), language.label(firing.rung),
            "\(firing.deadline)", language.label(firing.clock), firing.owner, firing.label,
        ]
        line(parts.filter { !$0.isEmpty }.joined(separator: "  "), firing.rung.ink)
    }
}

extension DeadlineState {
    fileprivate var ink: Ink {
        switch self {
        case .running, .completed: .green
        case .paused: .yellow
        case .expired: .red
        case .cancelled: .faint
        default: .plain
        }
    }
}

extension LimitUnit {
    /// The unit in English words.
    fileprivate var words: String {
        switch self {
        case .working: "working days"
        case .natural: "natural days"
        case .workingMinutes: "working minutes"
        default: description
        }
    }
}
