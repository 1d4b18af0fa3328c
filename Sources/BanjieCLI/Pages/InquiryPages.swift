import BanjieProtocol

extension Page {
    mutating func show(_ view: InquiryView) {
        line("\(language.text(Text("inquiry", "询问"))) \(view.inquiry)", .strong)
        entries([
            Entry(Label.state, language.label(view.state)),
            Entry(Label.version, "\(view.version)"),
            Entry(Text("answers for it", "责任人"), view.owner),
            Entry(Text("offered to", "移交给"), view.offeredTo),
            Entry(Text("received", "收到日"), date(view.received)),
            Entry(Text("reply due", "答复期限"), view.replyDue.map(date)),
            Entry(Text("put off until", "延至"), view.deferredUntil.map(date)),
            Entry(Text("question", "问题"), view.question),
            Entry(Text("answer", "答复"), view.answer),
            Entry(
                Text("was with", "经手人"),
                view.owners.joined(separator: language.text(", ", "、"))
            ),
        ])
    }

    mutating func show(_ reply: ListInquiriesReply) {
        guard !reply.inquiries.isEmpty else { return none() }
        let columns = [
            Column(Text("inquiry", "询问")), Column(Label.state),
            Column(Text("answers for it", "责任人")),
            Column(Text("received", "收到日")), Column(Text("reply due", "答复期限")),
        ]
        let rows = reply.inquiries.map { view in
            [
                Cell(view.inquiry), Cell(language.label(view.state)), Cell(view.owner),
                Cell(date(view.received)), Cell(view.replyDue.map { date($0) } ?? ""),
            ]
        }
        table(columns, rows)
        if let last = reply.inquiries.last, reply.more { more("--after \(last.inquiry)") }
    }
}
