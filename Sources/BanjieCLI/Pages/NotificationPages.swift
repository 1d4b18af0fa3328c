import BanjieProtocol

extension Page {
    mutating func show(_ reply: ListNotificationsReply) {
        guard !reply.notifications.isEmpty else { return none() }
        for notification in reply.notifications { show(notification) }
        if let last = reply.notifications.last, reply.more { more("--after \(last.number)") }
    }

    mutating func show(_ event: NotificationEvent) {
        guard let notification = event.notification else { return }
        show(notification)
    }

    private mutating func show(_ notification: Notification) {
        line("\(notification.number)  \(moment(notification.at))  \(notification.text)")
    }

    mutating func show(_ reply: TakeNotificationsReply) {
        guard !reply.messages.isEmpty else { return none() }
        table(
            [
                Column(Text("number", "编号"), isNumber: true), Column(Label.phone),
                Column(Text("text", "内容")),
            ],
            reply.messages.map { [Cell("\($0.number)"), Cell($0.phone), Cell($0.text)] }
        )
        if let last = reply.messages.last, reply.more { more("--after \(last.number)") }
    }

    mutating func show(_ view: TrackView) {
        line("\(language.text(Label.case)) \(view.case)", .strong)
        entries([
            Entry(Label.state, language.label(view.state), view.state.ink),
            Entry(Label.item, view.item),
            Entry(Label.department, view.department),
            Entry(Text("submitted", "提交"), moment(view.submitted)),
            Entry(Text("received", "收件日"), date(view.effectiveReceipt)),
            Entry(Text("accepted", "受理日"), view.acceptanceDate.map(date)),
            Entry(Text("promised by", "承诺时限"), view.promisedDue.map(date)),
            Entry(Text("by law", "法定时限"), view.statutoryDue.map(date)),
            Entry(Text("decision", "决定"), view.decision.map { language.label($0) }),
            Entry(Text("next", "下一步"), language.label(view.next)),
            Entry(Text("by", "至"), view.nextBy.map(date)),
        ])
        list(Text("missing", "尚缺材料"), view.missing)
    }
}
