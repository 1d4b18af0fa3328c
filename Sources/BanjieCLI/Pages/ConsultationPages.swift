import BanjieProtocol

extension Page {
    mutating func show(_ view: ConsultationView) {
        entries([
            Entry(Text("number", "编号"), "\(view.consultation)"),
            Entry(Label.state, language.label(view.state)),
            Entry(Label.department, view.department),
            Entry(Label.item, view.item),
            Entry(Text("question", "问题"), view.question),
            Entry(Text("received", "收到"), date(view.received)),
            Entry(Text("answer by", "答复时限"), date(view.replyDue)),
            Entry(Text("answer", "答复"), view.answer),
            Entry(Text("answered", "答复时间"), view.answered.map(moment)),
            Entry(Text("referred because", "转办原因"), view.referral),
        ])
    }

    mutating func show(_ reply: ListConsultationsReply) {
        guard !reply.consultations.isEmpty else { return none() }
        table(
            [
                Column(Text("number", "编号"), isNumber: true), Column(Label.state),
                Column(Label.department), Column(Text("answer by", "答复时限")),
                Column(Text("question", "问题")), Column(Text("answer", "答复")),
            ],
            reply.consultations.map { view in
                [
                    Cell("\(view.consultation)"), Cell(language.label(view.state)),
                    Cell(view.department), Cell(date(view.replyDue)), Cell(view.question),
                    Cell(view.answer),
                ]
            }
        )
        if let last = reply.consultations.last, reply.more { more("--after \(last.consultation)") }
    }
}
