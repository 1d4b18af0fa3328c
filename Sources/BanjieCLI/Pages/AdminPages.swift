import BanjieProtocol
import CivilTime
import Digest

extension Page {
    /// The server's health.
    mutating func show(_ status: StatusReply) {
        let clock =
            status.virtualClock
            ? language.text("virtual", "虚拟") : language.text("the machine's", "系统时钟")
        entries([
            Entry(Label.version, status.version),
            Entry(Label.now, moment(status.now)),
            Entry(Label.clock, clock),
            health(Text("store takes writes", "存储可写"), isWell: status.writable),
            health(Text("deadlines fire", "时限触发"), isWell: status.firing),
            Entry(
                Text("draining", "正在停止"),
                yesNo(status.draining),
                status.draining ? .yellow : .plain
            ),
            Entry(Text("armed deadlines", "已设定时限"), "\(status.armed)"),
            Entry(
                Text("behind with firing", "触发有积压"),
                yesNo(status.behind),
                status.behind ? .yellow : .plain
            ),
            Entry(Text("last commit", "最近提交"), "\(status.commit)"),
            Entry(Label.calendarVersion, "\(status.calendarVersion)"),
            Entry(Text("connections", "连接数"), "\(status.connections)"),
        ])
        if !status.firing {
            line()
            line(
                language.text(
                    "the clock leapt: check the machine's time, then run banjie clock confirm",
                    "时钟发生跳变：请核对系统时间，再执行 banjie clock confirm"
                ),
                .red
            )
        }
    }

    private func health(_ name: Text, isWell: Bool) -> Entry {
        Entry(name, yesNo(isWell), isWell ? .green : .red)
    }

    mutating func show(_ moved: ClockMoved) {
        entries([
            Entry(Label.now, moment(moved.now)),
            Entry(Text("rungs fired", "触发节点"), "\(moved.fired)"),
        ])
    }

    /// The head as `audit verify --head` takes it.
    mutating func show(_ head: AuditHead) {
        line("\(head.sequence):\(Hexadecimal.text(of: head.hash))")
    }

    mutating func show(_ reply: ReadAuditReply) {
        guard !reply.entries.isEmpty else { return none() }
        let columns = [
            Column(Text("sequence", "序号"), isNumber: true), Column(Label.at),
            Column(Text("actor", "操作人")), Column(Text("kind", "种类")),
            Column(Text("subject", "对象")), Column(Text("detail", "详情")),
        ]
        let rows = reply.entries.map { entry in
            [
                Cell("\(entry.sequence)"), Cell(moment(entry.at)), Cell(entry.actor),
                Cell(entry.kind), Cell(entry.subject), Cell(entry.detail),
            ]
        }
        table(columns, rows)
    }

    mutating func show(_ view: CalendarVersionView) {
        let years = view.knownYears.map(String.init).joined(separator: " ")
        // The built-in calendar has always been in force.
        let since = view.since > .earliest ? moment(view.since) : nil
        entries([
            Entry(Label.calendarVersion, "\(view.version)"),
            Entry(Text("in force since", "生效"), since),
            Entry(Text("reason", "理由"), view.reason),
            Entry(Text("all clocks re-planned", "时钟已全部重排"), yesNo(view.replanned)),
            Entry(Text("clocks re-planned", "已重排时钟"), "\(view.clocks)"),
            Entry(Text("cases with moved dates", "日期变动的办件"), "\(view.movedCases)"),
            Entry(Text("known years", "已知年份"), years),
        ])
    }
}
